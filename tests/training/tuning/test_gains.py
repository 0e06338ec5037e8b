"""What tuning gained: a paired interval, and how much chance alone moves a figure."""

import numpy as np
import pytest

from inference.evaluation.predictions import Predictions, Targets
from training.tuning.gains import gain, noise

LABELS = ("no", "yes")


def answers(right: float, count: int = 400, seed: int = 0) -> tuple[Predictions, Targets]:
    """What a model says that is right so often."""
    rng = np.random.default_rng(seed)
    truth = np.arange(count) % 2
    said = np.where(rng.random(count) < right, truth, 1 - truth)
    scores = np.eye(2, dtype=np.float32)[said] * 0.8 + 0.1
    decided = scores > 0.5
    matrix = np.eye(2, dtype=np.int8)[truth]
    targets = Targets(LABELS, "single_label_classification", matrix)
    return Predictions(LABELS, scores, decided), targets


def test_a_gain_has_an_interval_that_holds_it():
    (default, targets), (tuned, _) = answers(0.7), answers(0.9, seed=1)
    found = gain(default, tuned, targets, "mcc")
    low, high = found.interval
    assert 0 < low < found.difference < high
    assert found.examples == 400
    assert found.noise == pytest.approx((high - low) / 3.92, rel=0.1) and found.is_beyond_chance
    assert "MCC 0." in str(found) and "400 examples" in str(found)


def test_equal_answers_gain_nothing():
    said, targets = answers(0.8)
    found = gain(said, said, targets, "mcc")
    assert found.difference == 0 and found.interval == (0, 0)
    assert found.noise == 0 and not found.is_beyond_chance


def test_chance_moves_a_figure_less_on_more_examples():
    few, many = (noise(*answers(0.8, count=count), "mcc") for count in (100, 1600))
    assert few == pytest.approx(4 * many, rel=0.4)
