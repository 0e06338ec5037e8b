"""How uneven the labels are, and what is done about it: weights in the loss, draws of texts.

Owns the numbers that --class_weights and --weighted_sampling stand for. The loss that takes them is
losses.py, the order of the texts training/data/batches.py. None of them decides anything:
thresholds are chosen on validation, which keeps its real shares.

Try: python -m training.train --train_file tweets.csv --class_weights sqrt
"""

import numpy as np
from numpy.typing import NDArray

from inference.data.problem_types import MULTI, SINGLE
from training.settings.trainer_config import ClassifierTrainerConfig

# N examples, C labels


def class_weights(
    matrix: NDArray[np.bool_], kind: str, problem_type: str
) -> NDArray[np.float32] | None:
    """(C,) float32: what an example of each label counts in the loss; None where all count 1.

    `matrix` is (N, C) bool, the training labels. `balanced`, one label each: N / (C n_c), as
    scikit-learn's class_weight, so that the mean over examples is 1. Several labels: negatives /
    positives of each, for its positive cases. `sqrt`: the square root of these, again of mean 1 for
    one label each. A label that no example has, or all have, weighs 1.
    """
    assert problem_type in (SINGLE, MULTI), problem_type
    if kind == "none":
        return None
    positives = matrix.sum(axis=0).astype(np.float64)  # (C,)
    count = len(matrix)
    if problem_type == MULTI:
        is_usable = (positives > 0) & (positives < count)
        ratios = (count - positives) / np.maximum(positives, 1)
    else:
        is_usable = positives > 0
        ratios = count / (is_usable.sum() * np.maximum(positives, 1))
    weights = np.where(is_usable, np.sqrt(ratios) if kind == "sqrt" else ratios, 1.0)
    if problem_type == SINGLE:
        weights *= np.where(is_usable, count / (weights * positives).sum(), 1.0)
    return weights.astype(np.float32)


def sampling_weights(matrix: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(N,) float64 of mean 1: how often each text is drawn in an epoch, on average.

    In inverse proportion to the number of texts with its rarest label. Having no label counts as
    one more label, so that a rare insult is met as often as a peaceful text.
    """
    has_none = ~matrix.any(axis=1, keepdims=True)
    cases = np.hstack([matrix, has_none])  # (N, C + 1)
    counts = cases.sum(axis=0)
    rarest = np.where(cases, counts, len(matrix) + 1).min(axis=1)  # (N,)
    return len(matrix) / rarest / (1.0 / rarest).sum()


def shares_met(
    config: ClassifierTrainerConfig, matrix: NDArray[np.bool_], problem_type: str
) -> NDArray[np.float64]:
    """(C,) float64 in (0, 1): each label's share as training meets it, drawn and weighted.

    With one example more, half of it positive: a label that no text has gets a finite logit.
    """
    drawn = sampling_weights(matrix) if config.weighted_sampling else np.ones(len(matrix))
    shares: NDArray[np.float64] = (drawn @ matrix + 0.5) / (len(matrix) + 1)
    weights = class_weights(matrix, config.class_weights, problem_type)
    if weights is None:
        return shares
    weighted = shares * weights
    return weighted / (weighted + 1 - shares if problem_type == MULTI else weighted.sum())
