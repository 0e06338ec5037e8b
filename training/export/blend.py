"""Whether a model answers better together with counted words, and how much these count then.

Owns the choice, made on validation alone, as thresholds.py's is: logits of the weights and of the
TF-IDF baseline, both fitted to the training part, are added, each times a number (stacking: Wolpert
1992, "Stacked generalization"). How a model answers so is inference/models/classifier.py's.

Letters: N validation examples, C labels, K folds.

Try: grep tfidf_weight RUN_DIR/decision.json
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.model_selection import KFold

from inference.data.problem_types import MULTI
from inference.models.classifier import activate

Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]

_FOLDS = 5
# Of the logarithm of what the model's logits are multiplied by, and of what the words' are.
_BOUNDS = ((-3.0, 3.0), (0.0, 5.0))


@dataclass(frozen=True)
class Blend:
    """How two models are added.

    temperature: the weights' logits are divided by it. tfidf_weight: those of the counted words are
    multiplied by it.
    """

    temperature: float
    tfidf_weight: float


def fit_blend(logits: Floats, words: Floats, targets: Bools, problem_type: str) -> Blend:
    """How much counted words count beside a model, by least log-loss.

    logits, words: (N, C), of the weights before any temperature and of the TF-IDF baseline.
    targets: (N, C) bool.
    """
    both = np.stack([logits, words]).astype(np.float64)  # (2, N, C)
    scale, weight = _fit(both, targets, problem_type == MULTI, has_words=True)
    return Blend(round(float(np.exp(-scale)), 6), round(float(weight), 6))


def held_out_scores(
    logits: Floats, words: Floats, targets: Bools, problem_type: str
) -> tuple[Floats, Floats]:
    """Scores, (N, C) each, of the weights alone and of both, by folds that neither was fitted to.

    The arguments are those of fit_blend().
    """
    is_multilabel = problem_type == MULTI
    both = np.stack([logits, words]).astype(np.float64)  # (2, N, C)
    alone, together = np.empty_like(both[0]), np.empty_like(both[0])
    for fitted, held_out in KFold(_FOLDS, shuffle=True, random_state=0).split(logits):
        for added, has_words in ((alone, False), (together, True)):
            found = _fit(both[:, fitted], targets[fitted], is_multilabel, has_words=has_words)
            added[held_out] = _add(found, both[:, held_out])
    return activate(alone, is_multilabel), activate(together, is_multilabel)


def _fit(both: Floats, targets: Bools, is_multilabel: bool, *, has_words: bool) -> Floats:
    """The two numbers, (2,), of least log-loss, which is convex in what multiplies the logits."""
    bounds = _BOUNDS if has_words else (_BOUNDS[0], (0.0, 0.0))

    def loss(numbers: Floats) -> float:
        return float(_losses(numbers, both, targets, is_multilabel).mean())

    found = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=bounds)
    result: Floats = found.x
    return result


def _losses(numbers: Floats, both: Floats, targets: Bools, is_multilabel: bool) -> Floats:
    """(N,): the log-loss of each example, for a multi-label one the mean over its labels."""
    added = _add(numbers, both)
    losses: Floats
    if is_multilabel:
        losses = np.logaddexp(0, np.where(targets, -added, added)).mean(axis=1)
    else:
        losses = -log_softmax(added, axis=1)[targets]  # one label of a row is true
    return losses


def _add(numbers: Floats, both: Floats) -> Floats:
    """(2,) and (2, N, C) -> (N, C)."""
    added: Floats = np.exp(numbers[0]) * both[0] + numbers[1] * both[1]
    return added
