import numpy as np
import pytest
from sklearn.metrics import f1_score

from training.shipping.quality import paired_loss


def _one_hot(numbers: np.ndarray, count: int) -> np.ndarray:
    return np.eye(count, dtype=bool)[numbers]


def test_the_loss_is_the_difference_in_scikit_learns_macro_f1():
    draws = np.random.default_rng(0)
    truth, original, copy = (draws.integers(0, 4, 300) for _ in range(3))
    found = paired_loss(*(_one_hot(numbers, 4) for numbers in (truth, original, copy)))
    expected = f1_score(truth, original, average="macro") - f1_score(truth, copy, average="macro")
    assert found is not None
    assert found.loss == pytest.approx(expected)
    assert found.interval[0] < expected < found.interval[1]
    assert found.agreement == pytest.approx((original == copy).mean())


def test_an_equal_copy_loses_nothing_for_certain():
    decided = _one_hot(np.random.default_rng(0).integers(0, 3, 50), 3)
    found = paired_loss(_one_hot(np.arange(50) % 3, 3), decided, decided)
    assert found is not None
    assert (found.loss, found.interval, found.agreement) == (0.0, (0.0, 0.0), 1.0)


def test_a_copy_that_always_errs_has_an_interval_above_zero():
    truth = _one_hot(np.arange(60) % 2, 2)
    found = paired_loss(truth, truth, ~truth)
    assert found is not None
    assert found.interval[0] == pytest.approx(1.0), "in every resample"


def test_a_label_that_never_occurs_does_not_count():
    truth = np.array([[True, False], [False, False]] * 10)
    found = paired_loss(truth, truth, np.zeros_like(truth))
    assert found is not None
    assert found.loss == 1.0


def test_without_any_label_there_is_no_figure():
    nothing = np.zeros((20, 3), dtype=bool)
    assert paired_loss(nothing, nothing, nothing) is None
