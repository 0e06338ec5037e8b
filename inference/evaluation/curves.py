"""Curves: what stored scores say beyond the single figures of the verdict table.

Confusions, precision against recall, thresholds, reliability: of one model, from what it said about
every test row (predictions.py). Owns the numbers and draws nothing; in NumPy, so that a
served page need not load scikit-learn.

Letters: N examples, C labels, K points of a curve.

Try: python -c "import numpy as np; from inference.evaluation.curves import precision_recall; \
print(precision_recall(np.array([.9, .4, .2]), np.array([True, False, True])))"
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.data.problem_types import MULTI
from inference.evaluation import proportions
from inference.evaluation.leaderboard import Interval
from inference.evaluation.predictions import Predictions, Targets

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST_LABELS = 24  # of a confusion matrix that can still be read
OTHERS = "(another)"
NOTHING = "(nothing)"
BINS = 10
_POINTS = 200
_THRESHOLDS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Confusion:
    """How often each truth met each decision: counts is (rows, columns) of int."""

    true: tuple[str, ...]
    decided: tuple[str, ...]
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class Curve:
    """What deciding "yes" from each of K scores on would bring, from the highest score down.

    precision is NaN where nothing is decided; mcc is 0 where all decisions are alike, as
    scikit-learn has it.
    """

    thresholds: Floats
    precision: Floats
    recall: Floats
    mcc: Floats


@dataclass(frozen=True)
class Bin:
    """Scores of one height: their mean, how many, and the share of them that was right."""

    score: float
    count: int
    share: float
    interval: Interval | None


def confusion(targets: Targets, predictions: Predictions) -> Confusion:
    """Return true labels against decided ones, of a single-label task.

    Of more than 24 labels the most frequent ones have a row; the rest are left out of the rows and
    stand together in the columns.
    """
    assert targets.problem_type != MULTI, "a row of several labels is no cell of one matrix"
    rows = _most_frequent(targets.matrix)
    decided = predictions.decided.astype(bool)
    columns = [decided[:, row] for row in rows]
    names = [targets.labels[row] for row in rows]
    undecided = ~decided.any(axis=1)
    elsewhere = ~undecided & ~decided[:, rows].any(axis=1)  # (N,)
    for name, column in ((OTHERS, elsewhere), (NOTHING, undecided)):
        if column.any():
            names.append(name)
            columns.append(np.asarray(column))
    table = np.stack(columns, axis=1).astype(np.int64)  # (N, columns)
    # in int64, as the int8 of the matrix counts to 127
    counts = targets.matrix[:, rows].T.astype(np.int64) @ table  # -> (rows, columns)
    return Confusion(tuple(names[: len(rows)]), tuple(names), counts)


def confusion_of_label(targets: Targets, predictions: Predictions, label: int) -> Confusion:
    """Return yes and no against yes and no, for one label."""
    truth, decided = targets.matrix[:, label].astype(bool), predictions.decided[:, label]
    counts = [[(t & d).sum() for d in (decided, ~decided)] for t in (truth, ~truth)]
    return Confusion(("yes", "no"), ("yes", "no"), np.array(counts, np.int64))


def drawable(targets: Targets, predictions: Predictions) -> tuple[str, ...]:
    """Return the labels that have a curve: known to the model, true of some rows, not of all."""
    count = targets.matrix.sum(axis=0)
    known = ~np.isnan(predictions.scores).any(axis=0)
    is_drawable = (count > 0) & (count < len(targets.matrix)) & known
    return tuple(label for label, ok in zip(targets.labels, is_drawable, strict=True) if ok)


def precision_recall(scores: NDArray, truth: Bools) -> Curve:
    """Return the curve through every score that occurs, thinned to 200 points; (N,) each.

    The points are those of sklearn.metrics.precision_recall_curve, without its last one.
    """
    thresholds = np.unique(scores.astype(np.float64))[::-1]
    if len(thresholds) > _POINTS:
        indices = np.linspace(0, len(thresholds) - 1, _POINTS).round().astype(int)
        thresholds = thresholds[indices]
    return at_thresholds(scores, truth, thresholds)


def over_thresholds(scores: NDArray, truth: Bools) -> Curve:
    """Return the curve at the thresholds 1.00, 0.99, ... 0.00."""
    return at_thresholds(scores, truth, _THRESHOLDS[::-1])


def at_thresholds(scores: NDArray, truth: Bools, thresholds: Floats) -> Curve:
    """Return what each threshold would bring; scores and truth are (N,), thresholds is (K,)."""
    order = np.argsort(scores, kind="stable")
    ranked = scores[order].astype(np.float64)
    first = np.searchsorted(ranked, thresholds, side="left")  # (K,) first example at or above
    hits_from = np.append(truth[order][::-1].cumsum()[::-1], 0)  # (N + 1,): true ones from each on
    total, true = float(len(scores)), float(truth.sum())
    hits = hits_from[first].astype(np.float64)
    decided = total - first
    # MCC as in formulas.py, for K thresholds at once
    spread = np.sqrt(decided * (total - decided) * true * (total - true))
    covariance = hits * total - decided * true
    return Curve(
        thresholds=np.asarray(thresholds, np.float64),
        precision=np.divide(hits, decided, out=np.full(len(hits), np.nan), where=decided > 0),
        recall=hits / true if true else np.full(len(hits), np.nan),
        mcc=np.divide(covariance, spread, out=np.zeros(len(hits)), where=spread > 0),
    )


def reliability(targets: Targets, predictions: Predictions) -> tuple[Bin, ...]:
    """Return how often scores of a height turned out right, in 10 equal bins; empty ones left out.

    Single-label: the strongest label's score. Multi-label: the scores of all labels together.
    (Guo et al. 2017, arXiv:1706.04599, section 2; the intervals are ours.)
    """
    known = ~np.isnan(predictions.scores).any(axis=0)
    scores, truth = predictions.scores[:, known], targets.matrix[:, known].astype(bool)
    if not scores.size:
        return ()
    if targets.problem_type != MULTI:
        strongest = scores.argmax(axis=1)[:, None]  # (N, C) -> (N, 1)
        scores = np.take_along_axis(scores, strongest, axis=1)
        truth = np.take_along_axis(truth, strongest, axis=1)
    values, hits = scores.ravel().astype(np.float64), truth.ravel()  # (N, C or 1) -> flat
    # a score of 1 falls into the last bin
    bins = np.minimum((values * BINS).astype(np.int64), BINS - 1)
    return tuple(
        Bin(
            score=float(values[inside].mean()),
            count=int(inside.sum()),
            share=float(hits[inside].mean()),
            interval=proportions.interval(int(hits[inside].sum()), int(inside.sum())),
        )
        for inside in (bins == number for number in range(BINS))
        if inside.any()
    )


def _most_frequent(matrix: NDArray) -> list[int]:
    """At most 24 labels, the most frequent ones, in the order of the task."""
    # stable: of equally frequent labels the first
    return sorted(np.argsort(-matrix.sum(axis=0), kind="stable")[:MOST_LABELS].tolist())
