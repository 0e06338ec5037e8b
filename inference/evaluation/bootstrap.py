"""How far chance alone moves a figure: bootstrap intervals, paired between models.

Owns the resampling: the examples of a test set are drawn again with replacement, the same draw for
every model, so that what is hard for all of them cancels out of a difference (the paired bootstrap
of Efron and Tibshirani 1993, chapter 16; percentile intervals, chapter 13). The drawing is
scipy.stats.bootstrap. Not covered: chance in the training itself (another seed), in the choice of
the test set's source, or in the labels.

Letters: N examples, C labels, R resamples, M models.
"""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.formulas import Floats, Sample, compute_figures
from inference.evaluation.leaderboard import Interval

CONFIDENCE = 0.95
RESAMPLES = 1000
_AT_ONCE = 50  # resamples in memory together: 50 x N counts and some dozen arrays of their size
# A figure that is undefined in more of the resamples than this has no interval.
_MOST_UNDEFINED = 0.05


def resample(
    samples: Sequence[Sample], *, resamples: int = RESAMPLES, seed: int = 0
) -> list[dict[str, Floats]]:
    """Return the figures of every model on the same R resamples: (R,) and (R, C) arrays, by name.

    All samples are of one set: row n of each is the same example.
    """
    # a served page shows stored intervals and needs no scipy
    from scipy.stats import DegenerateDataWarning, bootstrap

    sizes = {len(sample.truth) for sample in samples}
    assert len(sizes) == 1, f"models measured on sets of {sizes} examples cannot be paired"
    count = sizes.pop()
    shapes = [compute_figures(sample, np.ones((1, count))) for sample in samples]
    if count < 2:  # nothing varies, so nothing is known of what chance does
        return [{k: np.full_like(v, np.nan) for k, v in shape.items()} for shape in shapes]

    def measure(rows: NDArray[np.int64], axis: int) -> Floats:
        drawn = np.atleast_2d(rows)
        # (R, N) numbers of examples -> (R, N) how often each was drawn
        counts = np.stack([np.bincount(draw, minlength=count) for draw in drawn]).astype(float)
        flat = [
            table.reshape(len(counts), -1)  # (R,) -> (R, 1); (R, C) stays
            for sample in samples
            for table in compute_figures(sample, counts).values()
        ]
        return np.concatenate(flat, axis=1).T  # (figures of all models, R)

    with warnings.catch_warnings():
        # a figure that no resample moves (MCC of constant answers) is an answer, not a fault
        warnings.simplefilter("ignore", DegenerateDataWarning)
        result = bootstrap(
            (np.arange(count),),
            measure,
            vectorized=True,
            n_resamples=resamples,
            batch=_AT_ONCE,
            method="percentile",
            rng=seed,
        )
    return _apart(result.bootstrap_distribution.T, shapes)


def bootstrap_interval(values: Floats) -> Interval | None:
    """Return the 95 % percentile interval of one figure's resamples, (R,).

    None where the figure is undefined in more than 5 % of them, as that of a label that few
    examples have.
    """
    defined = values[~np.isnan(values)]
    if len(defined) < (1 - _MOST_UNDEFINED) * len(values):
        return None
    low, high = np.quantile(defined, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _apart(flat: Floats, shapes: Sequence[dict[str, Floats]]) -> list[dict[str, Floats]]:
    """Cut (R, figures of all models) into a dict a model, as figures() returns them."""
    models: list[dict[str, Floats]] = []
    start = 0
    for shape in shapes:
        tables: dict[str, Floats] = {}
        for name, table in shape.items():
            block = flat[:, start : start + table.size]
            tables[name] = block if table.ndim == 2 else block[:, 0]  # (R, 1) -> (R,)
            start += table.size
        models.append(tables)
    return models
