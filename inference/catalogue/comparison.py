"""Several models on the same texts, side by side: the results table, and how it is stored.

Nothing is judged of such texts, as they need no labels.

Letters: C labels of the task.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from inference.core.atomic_write import write_whole
from inference.core.errors import ModelError
from inference.core.json_record import load_record
from inference.models.classifier import Scorer, decide


@dataclass(frozen=True)
class Column:
    """A model on show; revision is the commit that answered.

    thresholds: (C,), of a multi-label task, () where the strongest label is taken or where
        a table that was stored long ago does not say; they follow from the revision, so that two
        columns are the same with them or without.
    """

    repo_id: str
    revision: str
    role: str
    title: str
    thresholds: tuple[float, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Cell:
    """What one model says about one text.

    scores: (C,) in [0, 1], None = the model has no such label.
    decided: the labels chosen, strongest first; () = none above its threshold.
    """

    scores: tuple[float | None, ...]
    decided: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """The results table: a row a text, a column a model; cells[text][column]."""

    labels: tuple[str, ...]
    problem_type: str
    columns: tuple[Column, ...]
    texts: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]

    def top(self, row: int, column: int, count: int = 2) -> tuple[tuple[str, float], ...]:
        """Return the strongest labels of a cell with their scores, n/a ones left out."""
        scores = zip(self.labels, self.cells[row][column].scores, strict=True)
        known = [(label, score) for label, score in scores if score is not None]
        return tuple(sorted(known, key=lambda pair: -pair[1])[:count])

    def disagree(self, row: int) -> bool:
        """Return whether two models decide differently on a label that both of them know."""
        cells = self.cells[row]
        for index, label in enumerate(self.labels):
            votes = {label in cell.decided for cell in cells if cell.scores[index] is not None}
            if len(votes) > 1:
                return True
        return False


def compare_models(
    models: Sequence[tuple[Column, Scorer]],
    labels: Sequence[str],
    problem_type: str,
    texts: Sequence[str],
) -> Comparison:
    """Return what every model says about every text.

    Raises:
        TextError: a text cannot be scored. ModelError: a model does not answer in these labels.
    """
    columns = []
    for column, scorer in models:
        if scorer.bundle.labels != tuple(labels):
            raise ModelError(
                f"{column.repo_id} answers in {', '.join(scorer.bundle.labels)}, the task asks for "
                f"{', '.join(labels)}; align it first"
            )
        columns.append(_cells(scorer, texts))
    return Comparison(
        labels=tuple(labels),
        problem_type=problem_type,
        columns=tuple(column for column, _ in models),
        texts=tuple(texts),
        cells=tuple(zip(*columns, strict=True)) if columns else ((),) * len(texts),
    )


def _cells(scorer: Scorer, texts: Sequence[str]) -> list[Cell]:
    scores = scorer.score(texts)
    cells = []
    for row, chosen in zip(scores, decide(scorer.bundle, scores), strict=True):
        ranked = sorted(np.nonzero(chosen)[0], key=lambda label: -row[label])
        cells.append(
            Cell(
                scores=tuple(None if np.isnan(score) else float(score) for score in row),
                decided=tuple(scorer.bundle.labels[label] for label in ranked),
            )
        )
    return cells


def save_comparison(comparison: Comparison, path: Path) -> None:
    """Write a results table as JSON, whole or not at all."""
    text = json.dumps(asdict(comparison), indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, text + "\n")


def load_comparison(path: Path) -> Comparison:
    """Read a results table.

    Raises:
        DataError: the file is missing or is no results table.
    """
    remedy = "measure the models and store it again"
    return load_record(Comparison, path, what="no stored results table", remedy=remedy)
