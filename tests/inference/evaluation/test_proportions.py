import pytest

from inference.evaluation import proportions


@pytest.mark.parametrize(
    ("hits", "count", "expected"),
    [
        (8, 10, (0.4902, 0.9433)),  # Newcombe 1998, the example of method 3
        (0, 20, (0.0, 0.1611)),
        (20, 20, (0.8389, 1.0)),
    ],
)
def test_the_interval_is_wilsons(hits: int, count: int, expected: tuple[float, float]):
    assert proportions.interval(hits, count) == pytest.approx(expected, abs=1e-4)


def test_no_row_has_no_interval():
    assert proportions.interval(0, 0) is None
