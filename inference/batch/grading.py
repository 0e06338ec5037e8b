"""Grading: a scored file held against the labels that it brought along.

Owns which of its rows can be judged, the figures with what chance does to them, and which mistakes
come first. What the figures mean is metrics.py. Not covered: whether the labels are right, and
whether the file is like what the model will be asked.

Letters: N judged rows, C labels, K distinct pairs of truth and decision, R resamples.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.batch import scored_file
from inference.batch.scored_file import ScoredFile
from inference.core.errors import DataError
from inference.data import label_sets
from inference.data.cells import Unusable
from inference.evaluation import metrics
from inference.evaluation.bootstrap import RESAMPLES, bootstrap_interval
from inference.evaluation.formulas import compute_figures, gather_sample
from inference.evaluation.leaderboard import Interval
from inference.evaluation.metrics import Metrics
from inference.evaluation.predictions import label_table

GRADED = ("mcc", "macro_f1", "accuracy")  # what follows from the decisions alone
_AT_ONCE = 50
_SHOWN_REASONS = 3


@dataclass(frozen=True)
class Grade:
    """What a model's decisions are worth on the labelled rows of a file.

    intervals: 95 %, of the figures in GRADED.
    rows: (N,) numbers of the judged rows in the file, from 0; truth: (N, C) bool.
    wrong: numbers of the rows that are not decided exactly right, those first where the model was
        surest of something false.
    unusable: row number -> why its label cannot be used; rows without scores are not among them.
    """

    metrics: Metrics
    intervals: Mapping[str, Interval | None]
    rows: NDArray[np.int64]
    truth: NDArray[np.bool_]
    wrong: tuple[int, ...]
    unusable: Mapping[int, str]


def grade(file: ScoredFile) -> Grade:
    """Hold the decisions against the file's label columns.

    Raises:
        DataError: the scored file is gone, or no row has both scores and a usable label.
    """
    assert file.label_fields, f"{file.name} has no label column"
    truths, unusable = truth_of(file)
    if not truths:
        first = "; ".join(
            f"row {row + 1}: {why}" for row, why in list(unusable.items())[:_SHOWN_REASONS]
        )
        raise DataError(
            f"No row of {file.name} has both a score and a usable label in "
            f"{', '.join(file.label_fields)}. {first}".strip()
        )
    rows = np.array(list(truths))
    truth = label_table(list(truths.values()), file.labels)
    scores, decided = scored_file.scores(file)[rows], scored_file.decided(file)[rows]
    expected = truth if file.is_multilabel else truth.argmax(axis=1)
    against = np.where(truth, 1 - scores, scores)
    # How sure the model was of something false; a label that it does not know says nothing.
    surest = np.max(np.where((truth != decided) & ~np.isnan(against), against, 0), axis=1)
    is_wrong = (truth != decided).any(axis=1)
    order = np.argsort(-surest, kind="stable")
    return Grade(
        metrics=metrics.summarise(expected, scores, decided, file.labels),
        intervals=_intervals(expected, scores, decided),
        rows=rows,
        truth=truth.astype(bool),
        wrong=tuple(int(rows[index]) for index in order if is_wrong[index]),
        unusable=unusable,
    )


def truth_of(file: ScoredFile) -> tuple[dict[int, tuple[str, ...]], dict[int, str]]:
    """The labels of the rows that can be judged, and why others with scores cannot."""
    fields = file.label_fields
    by_column = scored_file.values(file, [*fields, scored_file.REJECTED])
    delimiter = file.label_delimiter if file.is_multilabel and len(fields) == 1 else None
    truths: dict[int, tuple[str, ...]] = {}
    unusable: dict[int, str] = {}
    for row, why in enumerate(by_column[scored_file.REJECTED]):
        if why is not None:
            continue
        cells = {name: by_column[name][row] for name in fields}
        try:
            labels = label_sets.chosen(
                label_sets.target(cells, fields, delimiter, file.label_names), file.labels
            )
            if not file.is_multilabel and len(labels) != 1:
                raise Unusable(f"{len(labels)} labels, expected exactly one")
            truths[row] = labels
        except Unusable as reason:
            unusable[row] = str(reason)
    return truths, unusable


def _intervals(
    expected: NDArray, scores: NDArray[np.float32], decided: NDArray[np.bool_]
) -> dict[str, Interval | None]:
    """Percentile intervals of a bootstrap over the rows, as bootstrap.py gives, in less memory.

    Figures of decisions alone depend on the rows only by how often each pair of truth and decision
    occurs, and these counts in a resample are multinomial (Efron and Tibshirani 1993, section 5.4):
    so K pairs are drawn instead of N rows. Of 100,000 rows, K is some tens.
    """
    known = ~np.isnan(scores).all(axis=0)
    pairs = np.column_stack([expected, decided]).astype(np.int64)
    distinct, counts = np.unique(pairs, axis=0, return_counts=True)
    width = pairs.shape[1] - decided.shape[1]
    truth = distinct[:, 0] if width == 1 and expected.ndim == 1 else distinct[:, :width]
    # The areas under curves that come of these stand-ins for scores are not used.
    stand_in = np.where(known, distinct[:, width:], np.nan).astype(np.float32)
    sample = gather_sample(truth, stand_in, distinct[:, width:].astype(bool))
    drawn = np.random.default_rng(0).multinomial(
        len(pairs), counts / counts.sum(), size=RESAMPLES
    )  # (R, K)
    parts = [
        compute_figures(sample, drawn[start : start + _AT_ONCE].astype(float))
        for start in range(0, RESAMPLES, _AT_ONCE)
    ]
    return {
        name: bootstrap_interval(np.concatenate([part[name] for part in parts])) for name in GRADED
    }
