"""The results of a model card, in Markdown, from the verdict table and run.json.

Owns the tables of figures and the pictures beside them; other paragraphs are card_text.py.

Try: cat RUN_DIR/README.md
"""

from collections.abc import Collection

from inference.evaluation.leaderboard import (
    Interval,
    Leaderboard,
    LeaderboardRow,
    cost_of_int8,
    sentence,
)
from inference.models.receipt import Receipt
from training.report.card_text import device_text, escape_markdown, format_figure, markdown_table

# What is drawn in results/plots/, in the order of the card: file, what it shows.
_PLOTS = {
    "confusion_matrix": "What was decided for each true label",
    "precision_recall": "Precision against recall, by label",
    "threshold_curve": "MCC, precision and recall for every threshold",
    "reliability": "Scores against the share that turned out right",
    "label_distribution": "Share of the texts that have each label",
    "loss_curve": "Loss in the course of training",
    "metric_curve": "Validation figures in the course of training",
}


def verdict(board: Leaderboard) -> str:
    """Whether the model is better than what was to be had for free, in bold."""
    return f"**{escape_markdown(sentence(board))}**"


def results(receipt: Receipt, board: Leaderboard, plots: Collection[str]) -> str:
    """All models with intervals, what int8 costs, the labels one by one, and the pictures.

    plots: names of the files in results/plots/, without their ending.
    """
    if not board.rows:
        return "No results were measured."
    parts = [
        f"On {board.examples:,} test examples that took no part in training or in any choice, "
        "measured on the files in this repo. In brackets: 95 % bootstrap intervals over these "
        f"examples ({board.resamples:,} resamples, the same for every model); another training "
        "seed can differ by more. A dash is undefined on this set; times are those of the machine "
        f"that trained ({device_text(receipt)}).",
        _all_models(board),
        "The difference is that in MCC to the best model that was to be had for free; the verdict "
        "is better or worse only where its interval lies on one side of 0.",
        _other_figures(board),
        _int8_cost(board),
        _by_label(board),
        *(escape_markdown(missing) for missing in receipt.not_compared),
        *(
            f"![{title}](results/plots/{name}.png)"
            for name, title in _PLOTS.items()
            if name in plots
        ),
    ]
    return "\n\n".join(part for part in parts if part)


def _all_models(board: Leaderboard) -> str:
    header = ("model", "", "MCC", "macro F1", "ROC AUC", "difference", "verdict", "size", "p50")
    rows = [
        (
            escape_markdown(row.model.title),
            escape_markdown(row.model.role),
            *(_with_interval(row, name) for name in ("mcc", "macro_f1", "roc_auc")),
            _difference(row),
            row.difference.verdict if row.difference else "",
            f"{row.model.size_bytes / 10**6:.3g} MB",
            f"{row.model.latency_p50_ms:.1f} ms",
        )
        for row in board.rows
    ]
    return markdown_table(header, rows)


def _other_figures(board: Leaderboard) -> str:
    names = {
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced accuracy",
        "weighted_f1": "weighted F1",
        "macro_precision": "precision",
        "macro_recall": "recall",
        "pr_auc": "PR AUC",
        "log_loss": "log-loss",
        "ece": "calibration error",
    }
    rows = [
        (
            escape_markdown(row.model.title),
            *(_with_interval(row, name) for name in names),
            f"{row.labels_known} of {len(board.labels)}",
            f"{row.model.latency_p95_ms:.1f} ms",
        )
        for row in board.rows
    ]
    return markdown_table(("model", *names.values(), "labels", "p95"), rows)


def _by_label(board: Leaderboard) -> str:
    """Every label's figures of the judged model, beside the F1 of the best free one."""
    ours, free = board.judged, _best_free(board)
    assert ours is not None, "a run measures its own model"
    names = {
        "precision": "precision",
        "recall": "recall",
        "f1": "F1",
        "roc_auc_by_label": "ROC AUC",
        "pr_auc_by_label": "PR AUC",
    }
    header = ["label", "in test", *names.values()]
    if free is not None:
        header.append(f"F1 of {escape_markdown(free.model.title)}")
    rows = []
    for index, label in enumerate(board.labels):
        columns = [(ours, name) for name in names] + ([(free, "f1")] if free else [])
        cells = [
            _spanned(row.by_label[name][index], row.by_label_intervals[name][index])
            for row, name in columns
        ]
        rows.append((escape_markdown(label), f"{board.positives[index]:,}", *cells))
    return f"{escape_markdown(ours.model.title)}, label by label:\n\n{markdown_table(header, rows)}"


def _best_free(board: Leaderboard) -> LeaderboardRow | None:
    return board.row(board.best_free) if board.best_free else None


def _int8_cost(board: Leaderboard) -> str:
    cost = cost_of_int8(board)
    return cost and (
        f"{cost} Measured one text at a time: int8 scales the activations of a whole batch alike, "
        "so beside other texts its scores move a little."
    )


def _with_interval(row: LeaderboardRow, name: str) -> str:
    return _spanned(row.figures[name], row.intervals[name])


def _spanned(value: float | None, interval: Interval | None) -> str:
    if value is None or interval is None:
        return format_figure(value)
    return f"{format_figure(value)} ({interval[0]:.3f} to {interval[1]:.3f})"


def _difference(row: LeaderboardRow) -> str:
    difference = row.difference
    if difference is None:
        return ""
    span = (
        f" ({difference.interval[0]:+.3f} to {difference.interval[1]:+.3f})"
        if difference.interval
        else ""
    )
    return f"{difference.mcc:+.3f}{span}"
