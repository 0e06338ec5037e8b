"""The verdict table as it is stored and said: models on one frozen test set, with intervals.

Owns the form of the table, its file, its first sentence and how tables of one test set join. What
stands in it is decided in verdict.py; a served page reads it here and computes nothing.

Letters: C labels.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from inference.core.atomic_write import write_whole
from inference.core.json_record import load_record

FINE_TUNED, BASELINE = "fine-tuned", "baseline"
BETTER, CANNOT_TELL, WORSE = "better", "cannot tell", "worse"
LEADERBOARD_PATH = Path("results") / "leaderboard.json"
"""Where the table lies in a run folder or repo."""
_FORMAT = 2

Interval = tuple[float, float]


@dataclass(frozen=True)
class Measured:
    """One model measured on the test set; name is unique in its table.

    role: "fine-tuned" is judged; any other ("baseline", "zero-shot", "pretrained") was to be had
        without training a transformer on this data, and is what the judged ones must beat.
    """

    name: str
    title: str
    role: str
    repo_id: str
    revision: str
    engine: str
    size_bytes: int
    latency_p50_ms: float
    latency_p95_ms: float


@dataclass(frozen=True)
class MccDifference:
    """MCC of a model less that of another, over the labels that both know.

    interval: 95 %, paired; None where it cannot be had.
    """

    mcc: float
    interval: Interval | None
    verdict: str


@dataclass(frozen=True)
class LeaderboardRow:
    """One model on the frozen test set.

    figures: single numbers by name, see inference.evaluation.metrics.Metrics; None = undefined.
    by_label: (C,) numbers by name. Both have intervals of the same shape.
    labels_known: over how many labels its means run.
    difference: to the best free baseline; None for a baseline, and where none was measured.
    """

    model: Measured
    figures: Mapping[str, float | None]
    intervals: Mapping[str, Interval | None]
    by_label: Mapping[str, tuple[float | None, ...]]
    by_label_intervals: Mapping[str, tuple[Interval | None, ...]]
    labels_known: int
    difference: MccDifference | None

    @property
    def is_fine_tuned(self) -> bool:
        return self.model.role == FINE_TUNED


@dataclass(frozen=True)
class Leaderboard:
    """The verdict table. best_free names the baseline with the highest MCC, if any was measured.

    test_sha256: of the truth it was measured on; tables of one test set can stand together.
    int8: MCC of the int8 copy of the fine-tuned model less that of its float32 original; None where
        not both were measured.
    """

    labels: tuple[str, ...]
    problem_type: str
    examples: int
    positives: tuple[int, ...]
    test_sha256: str
    best_free: str | None
    resamples: int
    rows: tuple[LeaderboardRow, ...]
    int8: MccDifference | None = None

    def row(self, name: str) -> LeaderboardRow:
        """The row of this name."""
        return next(row for row in self.rows if row.model.name == name)

    @property
    def judged(self) -> LeaderboardRow | None:
        """The row that the verdict is about: the first fine-tuned one, as it is what is served.

        The best of several on a test set would flatter.
        """
        return next((row for row in self.rows if row.is_fine_tuned), None)


def sentence(board: Leaderboard) -> str:
    """The verdict in plain words; says what was not measured where there is none."""
    ours = board.judged
    if ours is None:
        return "No fine-tuned model was measured."
    texts = f"{board.examples:,} test examples"
    mcc = ours.figures["mcc"]
    if mcc is None:
        return (
            f"Cannot tell: all {texts} have the same labels, so no model can be told from one that "
            "always says so (MCC is undefined)."
        )
    if board.best_free is None:
        return f"No verdict, as no baseline was measured: {_in_order(board)} on {texts}."
    if ours.difference is None:
        return (
            f"Cannot tell: {ours.model.title} and the best free one have no label in common whose "
            f"MCC is defined (MCC {mcc:.3f} on {texts})."
        )
    free, difference = board.row(board.best_free).model.title, ours.difference
    by = f"{abs(difference.mcc):.3f} MCC"
    if difference.interval is None:
        return f"Cannot tell: {texts} are too few to compare {ours.model.title} with {free}."
    chance = f"(95 % interval of the difference {difference.interval[0]:+.3f} to "
    chance += f"{difference.interval[1]:+.3f}, {texts})"
    if difference.verdict == BETTER:
        return f"Better: {ours.model.title} beats the best free one, {free}, by {by} {chance}."
    if difference.verdict == WORSE:
        return f"Worse: {ours.model.title} loses to the best free one, {free}, by {by} {chance}."
    return (
        f"Cannot tell: {ours.model.title} and the best free one, {free}, differ by {by}, which "
        f"chance alone can do {chance}."
    )


def _in_order(board: Leaderboard) -> str:
    """All models by MCC, the highest first."""
    rows = sorted(board.rows, key=lambda row: -(row.figures["mcc"] or 0))
    return ", ".join(
        f"{row.model.title} has MCC {row.figures['mcc']:.3f}"
        for row in rows
        if row.figures["mcc"] is not None
    )


def cost_of_int8(board: Leaderboard) -> str:
    """What the int8 copy costs, in plain words; empty where its original was not measured too."""
    if board.int8 is None or board.int8.interval is None:
        return ""
    low, high = board.int8.interval
    return (
        f"int8 against float32, on the same {board.examples:,} test examples: {board.int8.mcc:+.4f}"
        f" MCC (95 % interval of the difference {low:+.4f} to {high:+.4f})."
    )


def merge_leaderboards(boards: Sequence[Leaderboard]) -> Leaderboard | None:
    """One table of all rows that were measured on the first table's test set, each once."""
    if not boards:
        return None
    rows: dict[tuple[str, str], LeaderboardRow] = {}
    for board in boards:
        if board.test_sha256 == boards[0].test_sha256 and board.labels == boards[0].labels:
            for row in board.rows:
                rows.setdefault((row.model.name, row.model.repo_id), row)
    return replace(boards[0], rows=tuple(rows.values()))


def save_leaderboard(board: Leaderboard, path: Path) -> None:
    """Write the table as JSON, whole or not at all."""
    write_whole(path, as_json(board))


def as_json(board: Leaderboard) -> str:
    """The table as JSON, with its sentence."""
    content = {"format": _FORMAT, "sentence": sentence(board), **asdict(board)}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def load_leaderboard(path: Path) -> Leaderboard:
    """Read a table.

    Raises:
        DataError: the file is missing, damaged, or of another version of this program.
    """
    return load_record(
        Leaderboard, path, what="no verdict table", remedy="measure again", version=_FORMAT
    )
