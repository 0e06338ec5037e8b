"""Drift: how far counts have moved from those of a reference, and how far chance alone moves them.

Owns the two distances and the chance limit; what is counted is the caller's.

Letters: K categories, R draws.

Try: python -c "from inference.analysis.drift import compare; print(compare([50, 50], [40, 60]))"
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_DRAWS = 1000
_CONFIDENCE = 0.95
_EMPTY = 0.5  # what a category without a row counts as, where its logarithm is asked for


@dataclass(frozen=True)
class Drift:
    """distance: Jensen-Shannon, the root of the divergence to base 2, in [0, 1].

    by_chance: the distance that 95 in 100 pairs of samples of these sizes stay below when nothing
        has moved. psi: population stability index; by a rule of thumb below 0.1 is little and
        above 0.25 much, whatever the sizes.
    """

    distance: float
    by_chance: float
    psi: float

    @property
    def is_more_than_chance(self) -> bool:
        return self.distance > self.by_chance


def compare(reference: Sequence[int], seen: Sequence[int], *, seed: int = 0) -> Drift | None:
    """Return the drift from reference counts to seen ones, (K,) each; None where either has none.

    Jensen-Shannon distance: Lin 1991, doi:10.1109/18.61115. Chance: both samples drawn anew, 1,000
    times, from the two put together (a parametric bootstrap). PSI: Yurdakul 2018, Statistical
    Properties of Population Stability Index, Western Michigan University; an empty category counts
    as half a row.
    """
    before, now = np.asarray(reference, np.int64), np.asarray(seen, np.int64)
    assert before.shape == now.shape, f"{before.shape} categories against {now.shape}"
    if not before.sum() or not now.sum():
        return None
    rng = np.random.default_rng(seed)
    together = (before + now) / (before + now).sum()
    drawn = _distance(
        rng.multinomial(before.sum(), together, _DRAWS),
        rng.multinomial(now.sum(), together, _DRAWS),
    )
    return Drift(
        distance=float(_distance(before[None], now[None])[0]),
        by_chance=float(np.quantile(drawn, _CONFIDENCE)),
        psi=_psi(before, now),
    )


def _distance(old: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[np.float64]:
    """(R, K) counts -> (R,) distances."""
    from scipy.spatial.distance import jensenshannon  # the first page needs no scipy

    distances = jensenshannon(old, new, base=2, axis=1)
    return np.nan_to_num(np.asarray(distances, np.float64))  # rounding below 0 of equal counts


def _psi(before: NDArray[np.int64], now: NDArray[np.int64]) -> float:
    occurring = (before + now) > 0
    p, q = (np.maximum(table[occurring], _EMPTY) for table in (before, now))
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())
