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

Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]

LEAST_EXAMPLES = 100
"""With fewer validation examples a gain of the size to expect is not told from chance."""

_FOLDS = 5
# Of the logarithm of what the model's logits are multiplied by, and of what the words' are.
_BOUNDS = ((-3.0, 3.0), (0.0, 5.0))
_STANDARD_ERRORS = 1.96  # 95 %


@dataclass(frozen=True)
class Blend:
    """How two models are added, and what that gains on validation examples it was not fitted to.

    temperature: the weights' logits are divided by it. tfidf_weight: those of the counted words are
        multiplied by it; 0 leaves them out. log_loss_alone, log_loss: mean over the examples, of
        the weights alone and of both. interval: 95 %, of what they differ by; above 0 both are
        better.
    """

    temperature: float
    tfidf_weight: float
    log_loss_alone: float
    log_loss: float
    interval: tuple[float, float]

    @property
    def helps(self) -> bool:
        """Whether both are better than the weights alone, beyond chance."""
        return self.interval[0] > 0


def describe(blend: Blend) -> str:
    """What was found, in a line."""
    low, high = blend.interval
    chance = f"by {blend.log_loss_alone - blend.log_loss:+.4f} (95 % {low:+.4f} to {high:+.4f})"
    if blend.helps:
        return f"together with counted words the log-loss is better {chance}: both answer"
    return f"counted words beside the model change the log-loss {chance}: it answers alone"


def fit_blend(logits: Floats, words: Floats, targets: Bools, problem_type: str) -> Blend:
    """How much counted words should count beside a model, and whether they should.

    logits, words: (N, C), of the weights before any temperature and of the TF-IDF baseline.
    targets: (N, C) bool. N is at least LEAST_EXAMPLES.
    """
    is_multilabel = problem_type == MULTI
    both = np.stack([logits, words]).astype(np.float64)  # (2, N, C)
    alone_loss, blend_loss = np.empty(len(logits)), np.empty(len(logits))
    for fitted, held_out in KFold(_FOLDS, shuffle=True, random_state=0).split(logits):
        for losses, has_words in ((alone_loss, False), (blend_loss, True)):
            found = _fit(both[:, fitted], targets[fitted], is_multilabel, has_words=has_words)
            losses[held_out] = _losses(found, both[:, held_out], targets[held_out], is_multilabel)
    gain = alone_loss - blend_loss  # (N,)
    error = float(gain.std(ddof=1) / np.sqrt(len(gain)))
    scale, weight = _fit(both, targets, is_multilabel, has_words=True)
    return Blend(
        temperature=round(float(np.exp(-scale)), 6),
        tfidf_weight=round(float(weight), 6),
        log_loss_alone=float(alone_loss.mean()),
        log_loss=float(blend_loss.mean()),
        interval=(
            float(gain.mean()) - _STANDARD_ERRORS * error,
            float(gain.mean()) + _STANDARD_ERRORS * error,
        ),
    )


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
    added = np.exp(numbers[0]) * both[0] + numbers[1] * both[1]  # (N, C)
    losses: Floats
    if is_multilabel:
        losses = np.logaddexp(0, np.where(targets, -added, added)).mean(axis=1)
    else:
        losses = -log_softmax(added, axis=1)[targets]  # one label of a row is true
    return losses
