"""Two models on the same test rows, and the rows on which they decide differently.

Owns who was right where, and which rows come first. Whose answers these are is stored_results.py.

Letters: N examples, C labels, K rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.predictions import Predictions, Targets


@dataclass(frozen=True)
class PairwiseComparison:
    """Two models, first and second.

    both, only_first, only_second, neither: how many rows they decided right, in all their labels.
    rows: (K,) numbers of the rows that they decided differently, those first on which both were
        surest. first_right, second_right: (N,) bool.
    p_value: of the exact test of McNemar (1947, doi:10.1007/BF02295996): how often chance alone
        would tell the two apart at least so clearly.
    """

    both: int
    only_first: int
    only_second: int
    neither: int
    p_value: float
    rows: NDArray[np.int64]
    first_right: NDArray[np.bool_]
    second_right: NDArray[np.bool_]


def compare_pair(targets: Targets, first: Predictions, second: Predictions) -> PairwiseComparison:
    """Return how two models differ on the rows of one test set."""
    from scipy.stats import binomtest  # the first page needs no scipy

    truth = targets.matrix.astype(bool)
    first_right = (truth == first.decided).all(axis=1)
    second_right = (truth == second.decided).all(axis=1)
    differ = np.flatnonzero((first.decided != second.decided).any(axis=1))  # (N, C) -> (N,) -> (K,)
    sureness = _sureness(first)[differ] + _sureness(second)[differ]
    only_first = int((first_right & ~second_right).sum())
    only_second = int((second_right & ~first_right).sum())
    decisive = only_first + only_second
    return PairwiseComparison(
        both=int((first_right & second_right).sum()),
        only_first=only_first,
        only_second=only_second,
        neither=int((~first_right & ~second_right).sum()),
        p_value=float(binomtest(only_first, decisive).pvalue) if decisive else 1.0,
        rows=differ[np.argsort(-sureness, kind="stable")],
        first_right=first_right,
        second_right=second_right,
    )


def name_labels(matrix: NDArray, row: int, labels: Sequence[str]) -> str:
    """The labels of one row of an (N, C) table of yes and no, in words."""
    return ", ".join(labels[index] for index in np.flatnonzero(matrix[row]).tolist()) or "(nothing)"


def _sureness(predictions: Predictions) -> NDArray[np.float64]:
    """The strongest score of every row, (N,)."""
    scores = np.where(np.isnan(predictions.scores), 0.0, predictions.scores).astype(np.float64)
    return scores.max(axis=1)  # (N, C) -> (N,)
