"""What a cheaper copy of a model costs: its paired loss against the original, with an interval.

Owns the comparison only; chance is inference/judging/intervals.py, who decides what is
inference/classifier.py.

Letters: N examples, C labels.

Try: python -m pytest -q tests/training/shipping/test_quality.py
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.judging import intervals
from inference.judging.formulas import figures, gather

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class PairedLoss:
    """Macro-F1 of the original minus that of the copy; interval: 95 % of the paired resamples."""

    loss: float
    interval: tuple[float, float]
    agreement: float
    examples: int


def paired_loss(truth: Bools, original: Bools, copy: Bools) -> PairedLoss | None:
    """Compare two deciders on the same examples, (N, C) bool each; None: too few have a label."""
    # decisions stand for scores too: macro-F1 looks at no score
    samples = [gather(truth, said.astype(np.float64), said) for said in (original, copy)]
    once = np.ones((1, len(truth)))
    point, loss = (
        tables[0]["macro_f1"] - tables[1]["macro_f1"]
        for tables in ([figures(one, once) for one in samples], intervals.resample(samples))
    )
    interval = intervals.interval(loss)
    if interval is None or np.isnan(point[0]):
        return None
    agreement = float((original == copy).all(axis=1).mean())
    return PairedLoss(float(point[0]), interval, agreement, len(truth))
