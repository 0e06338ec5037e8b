"""The verdict table as a command prints it: lines of text, columns aligned.

Owns the order and the form of what is printed; the numbers are leaderboard.py's.

Try: python -m inference.compare --help
"""

from collections.abc import Sequence

from inference.evaluation import formulas
from inference.evaluation.leaderboard import Interval, Leaderboard


def table(board: Leaderboard) -> str:
    """The table as lines of text, the judged model first, then by MCC; intervals of 95 %.

    First what is judged on and what it costs, then every other figure, then each label.
    """
    ranked = sorted(board.rows, key=lambda row: (not row.is_fine_tuned, -(row.figures["mcc"] or 0)))
    first = [["model", "role", "MCC", "difference", "", "p50 ms", "p95 ms", "MB", "revision"]]
    for row in ranked:
        model, difference = row.model, row.difference
        first.append(
            [
                model.title,
                model.role,
                _figure(row.figures["mcc"], row.intervals["mcc"]),
                _figure(difference.mcc, difference.interval, "+") if difference else "",
                difference.verdict if difference else "",
                f"{model.latency_p50_ms:.1f}",
                f"{model.latency_p95_ms:.1f}",
                f"{model.size_bytes / 1e6:.1f}",
                model.revision[:12],
            ]
        )
    titles = [row.model.title for row in ranked]
    second = [["", *titles]]
    second += [
        [
            name.replace("_", " "),
            *(_figure(row.figures[name], row.intervals[name]) for row in ranked),
        ]
        for name in formulas.OVERALL
        if name != "mcc"
    ]
    third = [["label", "", *titles]]
    third += [
        [
            label,
            name.removesuffix("_by_label").replace("_", " "),
            *(
                _figure(row.by_label[name][index], row.by_label_intervals[name][index])
                for row in ranked
            ),
        ]
        for index, label in enumerate(board.labels)
        for name in formulas.BY_LABEL
    ]
    return "\n\n".join(map(_aligned, (first, second, third)))


def _figure(value: float | None, interval: Interval | None, sign: str = "") -> str:
    if value is None:
        return "n/a"
    span = f" [{interval[0]:{sign}.3f}, {interval[1]:{sign}.3f}]" if interval else ""
    return f"{value:{sign}.3f}{span}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
