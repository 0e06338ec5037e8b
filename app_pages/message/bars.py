"""The score of every label as HTML: a row a label, a column a model, a line at the threshold.

Owns this one table; the summary of many messages is table.py's. Every text passes `escape`. The
threshold is said in signs too (0.31 < 0.50), so that neither colour nor length carries it alone.
"""

from html import escape

from inference.catalogue.comparison import Cell, Column, Comparison
from inference.data.problem_types import MULTI


def bars_html(comparison: Comparison, number: int) -> str:
    """All labels of one text of a comparison, by the scores of its first model."""
    cells = comparison.cells[number]
    head = "".join(
        f'<th role="columnheader" scope="col" data-role="{escape(column.role)}">'
        f'<span class="model">{escape(column.title)}</span></th>'
        for column in comparison.columns
    )
    body = "".join(_row(comparison, cells, index) for index in _order(cells, comparison.labels))
    return (
        '<table role="table" aria-label="Score of every label, by model">'
        f'<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Label</th>'
        f'{head}</tr></thead><tbody role="rowgroup">{body}</tbody></table>'
    )


def note(comparison: Comparison) -> str:
    """How a score becomes a decision in this table."""
    if comparison.problem_type != MULTI:
        return "Exactly one label is given, the strongest (✓)."
    if not any(column.thresholds for column in comparison.columns):
        return "The labels given have a ✓; their thresholds were not stored with this example."
    return (
        "The line across a bar is the label's threshold: a label is given (✓) where its score "
        "reaches it, so there may be several, or none."
    )


def thresholds(comparison: Comparison, column: Column) -> tuple[float | None, ...]:
    """The score from which a model gives each label; None where there is no such score.

    Of two labels that exclude each other, the strongest is the one with at least a half.
    """
    if comparison.problem_type == MULTI:
        return column.thresholds or (None,) * len(comparison.labels)
    return ((0.5,) if len(comparison.labels) == 2 else (None,)) * len(comparison.labels)


def _order(cells: tuple[Cell, ...], labels: tuple[str, ...]) -> list[int]:
    """Strongest first by the first model; what it does not know comes last."""
    first = cells[0].scores
    return sorted(range(len(labels)), key=lambda index: -(first[index] or 0.0))


def _row(comparison: Comparison, cells: tuple[Cell, ...], index: int) -> str:
    label = comparison.labels[index]
    bars = "".join(
        f'<td role="cell" data-title="{escape(column.title)}" data-role="{escape(column.role)}">'
        f"{_bar(cell.scores[index], thresholds(comparison, column)[index], label in cell.decided)}"
        "</td>"
        for column, cell in zip(comparison.columns, cells, strict=True)
    )
    name = escape(label).replace("_", "_<wbr>")
    return f'<tr role="row"><th role="rowheader" scope="row">{name}</th>{bars}</tr>'


def _bar(score: float | None, threshold: float | None, is_decided: bool) -> str:
    if score is None:
        return '<span class="note">n/a: the model has no such label</span>'
    kind = "bar decided" if is_decided else "bar"
    line = (
        ""
        if threshold is None
        else f'<span class="threshold" style="--at: {threshold:.3f}"></span>'
    )
    mark = ' <span class="given" aria-label="given">✓</span>' if is_decided else ""
    return (
        f'<span class="pair"><span class="{kind}" style="--share: {score:.3f}">{line}</span>'
        f'<span class="value">{_figures(score, threshold, is_decided)}{mark}</span></span>'
    )


def _figures(score: float, threshold: float | None, is_decided: bool) -> str:
    """The score, and on which side of its threshold it lies, with digits enough to see it."""
    if threshold is None:
        return f"<b>{score:.2f}</b>"
    digits = next((n for n in (2, 3, 4) if f"{score:.{n}f}" != f"{threshold:.{n}f}"), 2)
    sign = "≥" if is_decided else "&lt;"
    return f"<b>{score:.{digits}f}</b> {sign} {threshold:.{digits}f}"
