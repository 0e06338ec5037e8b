"""The baselines that were published with a model: what was free when it was trained.

Owns which of them are at hand. That is TF-IDF, whose tables lie in results/tfidf.json; a head over
the frozen encoder needs the pretrained model, which is not part of the repo.

Try: python -m inference.compare ./runs/a --file fresh.csv
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.leaderboard import LEADERBOARD_PATH, load_leaderboard
from inference.models.bundle import TFIDF_FILE, Bundle
from inference.models.tfidf import TFIDF_ROW, Tfidf, load_tfidf

FILES = (TFIDF_FILE, LEADERBOARD_PATH.as_posix())


class TfidfScorer:
    """TF-IDF as a model among others: it decides by the thresholds that were chosen for it."""

    engine_name = "scikit-learn"

    def __init__(self, tfidf: Tfidf, task: Bundle) -> None:
        """Take the tables, and what the model beside which they were published reads of a row."""
        self._tfidf = tfidf
        self.size_bytes = tfidf.size_bytes
        self.bundle = replace(
            task,
            labels=tfidf.labels,
            field_separator=tfidf.field_separator,
            thresholds=tfidf.thresholds,
            temperature=1.0,
            tfidf_weight=0.0,
            logit_offsets={},
        )

    def score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, C) float32 in [0, 1]."""
        return self._tfidf.score(texts).astype(np.float32)


def open_tfidf(folder: Path, task: Bundle) -> TfidfScorer | None:
    """The TF-IDF baseline of a run folder or repo; None where none of these labels was published.

    task: the bundle of the model in the folder.

    Raises:
        ModelError: its file is damaged.
    """
    if not (folder / TFIDF_FILE).is_file():
        return None
    tfidf = load_tfidf(folder)
    return TfidfScorer(tfidf, task) if set(tfidf.labels) == set(task.labels) else None


def describe_missing(folder: Path) -> str:
    """That the best baseline of the run itself is not at hand, if so; else nothing.

    Raises:
        DataError: the table of the run is damaged.
    """
    if not (folder / LEADERBOARD_PATH).is_file():
        return ""
    board = load_leaderboard(folder / LEADERBOARD_PATH)
    if board.best_free in (None, TFIDF_ROW):
        return ""
    best = board.row(board.best_free).model.title
    return (
        f"On its own test rows the best free one was {best}, which is not at hand here: hold the "
        "model against it by its card."
    )
