"""A share of some rows, and how far chance alone moves it.

Owns the interval of a single share; figures of whole models are bootstrap.py.

Try: python -c "from inference.evaluation.proportions import interval; print(interval(8, 10))"
"""

from inference.evaluation.leaderboard import Interval

CONFIDENCE = 0.95


def interval(hits: int, count: int) -> Interval | None:
    """Return the 95 % interval of hits / count; None for no row at all.

    Wilson's score interval (Wilson 1927, doi:10.1080/01621459.1927.10502953), which holds for few
    rows and for shares near 0 and 1 too.
    """
    if count == 0:
        return None
    from scipy.stats import binomtest  # the first page needs no scipy

    result = binomtest(hits, count).proportion_ci(CONFIDENCE, method="wilson")
    return float(result.low), float(result.high)
