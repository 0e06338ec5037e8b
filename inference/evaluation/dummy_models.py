"""Models that do not read: always the most frequent label, or one at random as often as it occurs.

Owns what they decide, and the Scorer of a plain function that other baselines share.

Letters: N texts, C labels.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, softmax

from inference.models.bundle import Bundle

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class FittedScorer:
    """A Scorer whose numbers come from a function of the texts: N texts -> (N, C)."""

    bundle: Bundle
    size_bytes: int
    function: Callable[[Sequence[str]], Floats]
    engine_name: str = "scikit-learn"

    def score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, C) float32 in [0, 1], in the order of the texts."""
        if not texts:
            return np.empty((0, len(self.bundle.labels)), np.float32)
        return self.function(texts).astype(np.float32)


def majority(shares: Floats, bundle: Bundle) -> FittedScorer:
    """Score every text with the labels' shares in the known part, (C,)."""
    return FittedScorer(bundle, shares.nbytes, lambda texts: np.tile(shares, (len(texts), 1)))


def prior(shares: Floats, bundle: Bundle, seed: int) -> FittedScorer:
    """Decide for each label as often as the known part has it, (C,), whatever the text says.

    Noise is added to the logarithm of the share so that the greatest sum falls on a label, or the
    sum on the side of yes, with just that probability (the Gumbel-max trick: Maddison et al. 2014,
    arXiv:1411.0030). The noise follows from seed and text: a text scores alike in any batch.
    """
    is_multilabel = bundle.is_multilabel

    def draw(texts: Sequence[str]) -> Floats:
        noise = np.stack([_uniform(text, seed, len(shares)) for text in texts])  # (N, C)
        if is_multilabel:
            return expit(logit(shares) + logit(noise))
        with np.errstate(divide="ignore"):  # a label that the known part lacks: never
            return softmax(np.log(shares) - np.log(-np.log(noise)), axis=1)

    return FittedScorer(bundle, shares.nbytes, draw)


def _uniform(text: str, seed: int, count: int) -> Floats:
    """Numbers in (0, 1) that follow from the text and the seed, (count,) float64."""
    key = f"{seed}:{text}".encode("utf-8", "surrogatepass")
    digits = np.frombuffer(hashlib.shake_256(key).digest(8 * count), np.uint64)
    return ((digits >> np.uint64(12)) + 0.5) / 2**52  # so many bits that neither 0 nor 1 occurs
