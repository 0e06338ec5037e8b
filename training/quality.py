"""What a cheaper copy of a model costs: its paired loss against the original, with an interval.

Owns the counting only; who decides what is inference/classifier.py.

Letters: N examples, C labels, R resamples.

Try: python -m pytest -q tests/training/test_quality.py
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_RESAMPLES = 1000
_BLOCK = 100  # resamples at a time: (100, N) weights stay small for any N


@dataclass(frozen=True)
class PairedLoss:
    """Macro-F1 of the original minus that of the copy; interval: 95 % of the paired resamples."""

    loss: float
    interval: tuple[float, float]
    agreement: float
    examples: int


def paired_loss(truth: Bools, original: Bools, copy: Bools) -> PairedLoss | None:
    """Compare two deciders on the same examples, (N, C) bool each; None: no label ever occurs.

    The percentile bootstrap (Efron 1979) over examples, both deciders on the same resample, so that
    what they share cancels out.
    """
    count = len(truth)
    point = _macro_f1(np.ones((1, count)), truth, original, copy)[0]
    if np.isnan(point):
        return None
    draws = np.random.default_rng(0)
    share = np.full(count, 1 / count)
    losses = np.concatenate(
        [
            _macro_f1(draws.multinomial(count, share, _BLOCK).astype(float), truth, original, copy)
            for _ in range(_RESAMPLES // _BLOCK)
        ]
    )
    low, high = np.nanpercentile(losses, [2.5, 97.5])
    agreement = (original == copy).all(axis=1).mean()
    return PairedLoss(float(point), (float(low), float(high)), float(agreement), count)


def _macro_f1(weights: Floats, truth: Bools, original: Bools, copy: Bools) -> Floats:
    """The loss in macro-F1 under each row of weights, (R, N) -> (R,); NaN where undefined."""

    def of(decided: Bools) -> Floats:
        hits = weights @ (truth & decided)  # (R, N) @ (N, C) -> (R, C)
        ever = weights @ truth + weights @ decided
        f1 = np.divide(2 * hits, ever, out=np.zeros_like(hits), where=ever > 0)
        # as inference/metrics.py: a label that neither occurs nor is decided does not count
        defined = (ever > 0).sum(axis=1)
        means = np.full(len(weights), np.nan)
        return np.divide(f1.sum(axis=1), defined, out=means, where=defined > 0)

    return of(original) - of(copy)
