"""The columns of the verdict table: their headings, formats and meanings, and a row as one shows.

Owns no widget; the page is leaderboard.py.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from inference.evaluation.formulas import OVERALL
from inference.evaluation.leaderboard import Interval, Leaderboard, LeaderboardRow

# A column of the table: its heading, its number format (None: a text), what it means.
COLUMNS = {
    "title": ("Model", None, "The name it has on this Space."),
    "mcc": (
        "MCC",
        "%.3f",
        "Matthews correlation of decisions and truth. 0 is no better than chance, however common "
        "a label is; 1 is perfect. The verdict rests on it.",
    ),
    "mcc_interval": (
        "MCC, 95 %",
        None,
        "Where the MCC lies for 95 in 100 test sets drawn again from this one.",
    ),
    "verdict": (
        "Verdict",
        None,
        "Of a fine-tuned model against the best one that was to be had for free: better or worse "
        "only where the 95 % interval of the difference in MCC lies on one side of 0.",
    ),
    "difference": (
        "Less best free",
        None,
        "MCC less that of the best free baseline, with its 95 % interval on the same examples.",
    ),
    "role": (
        "Role",
        None,
        "fine-tuned: trained on this task. pretrained: trained by others, on a task like it. "
        "zero-shot: a bare encoder that only knows a description of each label. baseline: what "
        "takes no language model, or leaves it as it is.",
    ),
    "macro_f1": (
        "Macro-F1",
        "%.3f",
        "Precision and recall in one number, averaged over the labels, so that rare ones count "
        "as much as common ones. 1 is perfect.",
    ),
    "balanced_accuracy": (
        "Balanced",
        "%.3f",
        "Balanced accuracy: the share decided right, averaged over the classes.",
    ),
    "accuracy": ("Accuracy", "%.3f", "Share of the messages that were decided right."),
    "roc_auc": (
        "AUC",
        "%.3f",
        "How often a message that has a label scores higher on it than one that has not. 0.5 is "
        "chance. Empty where it is not defined.",
    ),
    "pr_auc": ("PR-AUC", "%.3f", "Average precision: as AUC, but sterner on rare labels."),
    "log_loss": ("Log-loss", "%.3f", "What wrong and unsure scores cost. 0 is perfect."),
    "ece": (
        "Calibration error",
        "%.3f",
        "How far scores are from the share that turns out right. 0: scores can be read as chances.",
    ),
    "size_mb": ("Size (MB)", "%.1f", "Megabytes of the model's weights."),
    "latency_p50_ms": ("Median ms", "%.1f", "Milliseconds for one message; half were faster."),
    "latency_p95_ms": ("95th ms", "%.1f", "Milliseconds for one message; 95 in 100 were faster."),
    "labels": ("Labels", "%d", "Over how many of the labels its means run."),
    "engine": ("Engine", None, "What computed the scores."),
    "repo_id": ("Repo", None, "Where the model lies on the Hub."),
    "revision": ("Revision", None, "The commit that was measured."),
}

# Pixels of the texts that would else be cut off.
WIDTHS = {"title": 270, "verdict": 95, "mcc_interval": 125, "difference": 210}

MEASURES = tuple(name for name in COLUMNS if name in OVERALL)
_LOWER_IS_BETTER = ("log_loss", "ece")


def column_title(name: str) -> str:
    """What a column is called."""
    return COLUMNS[name][0]


def rank_rows(rows: Sequence[LeaderboardRow], measure: str) -> list[LeaderboardRow]:
    """The rows, best first by one measure; those where it is not defined come last."""
    sign = 1 if measure in _LOWER_IS_BETTER else -1

    def rank(row: LeaderboardRow) -> float:
        value = row.figures[measure]
        return float("inf") if value is None else sign * value

    return sorted(rows, key=rank)


def rows_by_title(rows: Sequence[LeaderboardRow]) -> dict[str, LeaderboardRow]:
    """The rows by their titles; where two share one, the repo is added to it."""
    counts = Counter(row.model.title for row in rows)
    return {
        row.model.title
        if counts[row.model.title] == 1
        else f"{row.model.title} · {row.model.repo_id or row.model.name}": row
        for row in rows
    }


def results_frame(rows: Mapping[str, LeaderboardRow]) -> pd.DataFrame:
    """The verdict table."""
    lines = [{**_table_line(row), "title": title} for title, row in rows.items()]
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _table_line(row: LeaderboardRow) -> dict[str, object]:
    """A row as the table shows it."""
    model, difference = row.model, row.difference
    return {
        "title": model.title,
        "role": model.role,
        "verdict": difference.verdict if difference else "",
        **{name: row.figures[name] for name in MEASURES},
        "mcc_interval": format_interval(row.intervals["mcc"]),
        "difference": f"{difference.mcc:+.3f} ({format_interval(difference.interval, '+')})"
        if difference
        else "",
        "size_mb": model.size_bytes / 1e6,
        "latency_p50_ms": model.latency_p50_ms,
        "latency_p95_ms": model.latency_p95_ms,
        "labels": row.labels_known,
        "engine": model.engine,
        "repo_id": model.repo_id,
        "revision": model.revision[:8],
    }


def label_frame(row: LeaderboardRow, board: Leaderboard) -> pd.DataFrame:
    """The figures of one model for each label."""
    names = ("f1", "precision", "recall", "roc_auc_by_label", "pr_auc_by_label")
    headings = ("F1", "Precision", "Recall", "AUC", "PR-AUC")
    spans = row.by_label_intervals
    return pd.DataFrame(
        {
            "Label": board.labels,
            "In the test set": board.positives,
            **{shown: row.by_label[name] for name, shown in zip(names, headings, strict=True)},
            "F1, 95 %": [format_interval(interval) for interval in spans["f1"]],
            "AUC, 95 %": [format_interval(interval) for interval in spans["roc_auc_by_label"]],
        }
    )


def format_interval(interval: Interval | None, sign: str = "") -> str:
    """An interval in words."""
    return f"{interval[0]:{sign}.3f} to {interval[1]:{sign}.3f}" if interval else "none"
