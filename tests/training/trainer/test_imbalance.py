"""What class weights and weighted sampling stand for, in numbers."""

import numpy as np
import pytest

from inference.data.problem_types import MULTI, SINGLE
from tests.training.toy import toy_config
from training.trainer.imbalance import class_weights, sampling_weights, shares_met

ONE = np.repeat(np.eye(3, dtype=bool), (60, 30, 10), axis=0)
# 5 with both labels, 15 with the first alone, 80 with none
SEVERAL = np.repeat(np.array([[1, 1], [1, 0], [0, 0]], dtype=bool), (5, 15, 80), axis=0)


@pytest.mark.parametrize(
    ("kind", "problem", "matrix", "expected"),
    [
        ("none", SINGLE, ONE, None),
        ("balanced", SINGLE, ONE, [100 / 180, 100 / 90, 100 / 30]),
        ("balanced", MULTI, SEVERAL, [4, 19]),
        ("sqrt", MULTI, SEVERAL, [2, 19**0.5]),
        ("balanced", MULTI, np.array([[1, 0], [1, 0]], dtype=bool), [1, 1]),
        ("balanced", SINGLE, np.array([[1, 0], [1, 0]], dtype=bool), [1, 1]),
    ],
)
def test_weights_by_kind_of_task(kind, problem, matrix, expected):
    seen = class_weights(matrix, kind, problem)
    assert seen is None if expected is None else np.allclose(seen, expected), seen


@pytest.mark.parametrize("kind", ["balanced", "sqrt"])
def test_the_mean_weight_of_an_example_is_one_so_the_learning_rate_keeps_its_meaning(kind):
    weights = class_weights(ONE, kind, SINGLE)
    assert (ONE @ weights).mean() == pytest.approx(1)
    assert np.all(np.diff(weights) > 0)


def test_a_balanced_task_gets_equal_weights_and_draws():
    matrix = np.eye(3, dtype=bool)[np.arange(99) % 3]
    assert np.allclose(class_weights(matrix, "balanced", SINGLE), 1)
    assert np.allclose(class_weights(matrix, "sqrt", SINGLE), 1)
    assert np.allclose(sampling_weights(matrix), 1)


def test_draws_give_each_label_the_same_share_and_no_label_counts_as_one():
    assert sampling_weights(ONE).mean() == pytest.approx(1)
    assert np.allclose(sampling_weights(ONE) @ ONE, 100 / 3)
    by_row = sampling_weights(SEVERAL)
    assert by_row[0] / by_row[-1] == pytest.approx(80 / 5)  # by its rarest label
    assert by_row[5] / by_row[-1] == pytest.approx(80 / 20)


def test_the_shares_that_training_meets():
    assert shares_met(toy_config().trainer, ONE, SINGLE).tolist() == [
        60.5 / 101,
        30.5 / 101,
        10.5 / 101,
    ]
    for even in ({"weighted_sampling": True}, {"class_weights": "balanced"}):
        assert np.allclose(shares_met(toy_config(**even).trainer, ONE, SINGLE), 1 / 3, atol=0.01)
    halfway = shares_met(toy_config(class_weights="sqrt").trainer, ONE, SINGLE)
    assert 10.5 / 101 < halfway[2] < 1 / 3
    balanced = shares_met(toy_config(class_weights="balanced").trainer, SEVERAL, MULTI)
    assert np.allclose(balanced, 0.5, atol=0.03)
