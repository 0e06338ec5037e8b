"""The rows of a scored file as its page shows them: which ones, in which order, and what of each.

Draws nothing. The numbers are those of inference/batch/scored_file.py and
inference/batch/grading.py.

Letters: N rows, C labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inference.batch import scored_file
from inference.batch.grading import Grade
from inference.batch.scored_file import ScoredFile

ALL, MISTAKES, NOTHING, REJECTED = "all", "mistakes", "nothing", "rejected"
LABEL = "label:"


@dataclass(frozen=True)
class FileResult:
    """A scored file, loaded: scores (N, C) float32, NaN = none; decided (N, C) bool.

    grade is None where the file has no labels, or none that can be used: problem says why.
    """

    file: ScoredFile
    scores: NDArray[np.float32]
    decided: NDArray[np.bool_]
    grade: Grade | None
    problem: str = ""

    @property
    def is_scored(self) -> NDArray[np.bool_]:
        """(N,) bool, False in a rejected row."""
        mask: NDArray[np.bool_] = np.asarray(~np.isnan(self.scores).all(axis=1))
        return mask

    def views(self) -> dict[str, NDArray[np.int64]]:
        """Which rows each view shows, by the name of the view; labels are named label:NAME."""
        nothing = self.is_scored & ~self.decided.any(axis=1)
        views = {ALL: np.arange(len(self.scores))}
        if self.grade is not None:
            views[MISTAKES] = np.array(self.grade.wrong, np.int64)
        for column, label in enumerate(self.file.labels):
            views[f"{LABEL}{label}"] = np.flatnonzero(self.decided[:, column])
        if nothing.any():
            views[NOTHING] = np.flatnonzero(nothing)
        if not self.is_scored.all():
            views[REJECTED] = np.flatnonzero(~self.is_scored)
        return views

    def by_doubt(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows with those first whose closest call was closest to go the other way."""
        if not len(numbers):
            return numbers
        if self.file.is_multilabel:
            margins = np.abs(self.scores[numbers] - np.array(self.file.thresholds, np.float32))
            margin = np.nan_to_num(margins, nan=1.0).min(axis=1)
        else:
            two = np.sort(np.nan_to_num(self.scores[numbers], nan=0.0), axis=1)[:, -2:]
            margin = two[:, -1] - two[:, 0]
        margin[~self.is_scored[numbers]] = np.inf
        return numbers[np.argsort(margin, kind="stable")]


def rows_frame(result: FileResult, numbers: Sequence[int]) -> pd.DataFrame:
    """Some rows as the table shows them: what was read, what was decided and how sure."""
    file = result.file
    lines = []
    for number, row in zip(numbers, scored_file.rows_at(file, numbers), strict=True):
        lines.append(
            {
                "Row": number + 1,
                **{name: _shown(row[name]) for name in (*file.text_fields, *file.label_fields)},
                **_decision(result, number, row),
            }
        )
    return pd.DataFrame(lines)


def _decision(result: FileResult, number: int, row: Mapping[str, object]) -> dict[str, object]:
    if row[scored_file.REJECTED] is not None:
        return {"Decided": f"rejected: {row[scored_file.REJECTED]}", "Score": None, "Next": ""}
    scores, labels = result.scores[number], result.file.labels
    ranked = [int(index) for index in np.argsort(-scores, kind="stable")]
    ranked = [index for index in ranked if not np.isnan(scores[index])]
    chosen = [labels[index] for index in ranked if result.decided[number, index]]
    rest = [index for index in ranked if not result.decided[number, index]]
    if not chosen:
        top = labels[ranked[0]]
        return {
            "Decided": f"nothing; strongest: {top}",
            "Score": float(scores[ranked[0]]),
            "Next": "",
        }
    following = f"{labels[rest[0]]} {scores[rest[0]]:.2f}" if rest else ""
    return {"Decided": ", ".join(chosen), "Score": float(scores[ranked[0]]), "Next": following}


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def view_title(name: str, count: int) -> str:
    """What a view is called in the list of views."""
    titles = {
        ALL: "All rows",
        MISTAKES: "Mistakes, surest first",
        NOTHING: "Nothing above threshold",
        REJECTED: "Rejected",
    }
    title = titles.get(name) or f"Decided {name.removeprefix(LABEL)}"
    return f"{title} ({count:,})"
