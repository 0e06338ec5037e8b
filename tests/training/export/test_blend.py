"""Counted words are added to a model where that helps beyond chance, and nowhere else."""

import numpy as np
import pytest
from scipy.special import log_softmax

from inference.data.problem_types import MULTI, SINGLE
from training.export.blend import describe, fit_blend

TEXTS, LABELS = 400, 4


def truth(is_multilabel: bool, rng: np.random.Generator) -> np.ndarray:
    if is_multilabel:
        return rng.random((TEXTS, LABELS)) < 0.3
    return np.eye(LABELS, dtype=bool)[rng.integers(0, LABELS, TEXTS)]


def seen(targets: np.ndarray, clarity: float, rng: np.random.Generator) -> np.ndarray:
    """Logits of a model that sees the truth through noise of its own."""
    return clarity * (targets - targets.mean(axis=0)) + rng.normal(0, 1, targets.shape)


@pytest.mark.parametrize("problem_type", [SINGLE, MULTI])
def test_words_that_know_something_of_their_own_help(problem_type):
    rng = np.random.default_rng(0)
    targets = truth(problem_type == MULTI, rng)
    blend = fit_blend(seen(targets, 2, rng), seen(targets, 2, rng), targets, problem_type)
    assert blend.helps and blend.tfidf_weight > 0.5
    assert blend.log_loss < blend.log_loss_alone
    assert "both answer" in describe(blend)


@pytest.mark.parametrize("problem_type", [SINGLE, MULTI])
def test_words_that_know_nothing_are_left_out(problem_type):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        targets = truth(problem_type == MULTI, rng)
        blend = fit_blend(seen(targets, 2, rng), seen(targets, 0, rng), targets, problem_type)
        assert not blend.helps, f"seed {seed}: {blend}"
    assert "alone" in describe(blend)


def test_a_model_that_is_too_sure_is_given_its_temperature():
    """What is gained is gained beside a temperature of the model's own."""
    rng = np.random.default_rng(0)
    targets = truth(False, rng)
    logits = log_softmax(2 * seen(targets, 2, rng), axis=1)
    known, sure = (
        fit_blend(scale * logits, seen(targets, 0, rng), targets, SINGLE) for scale in (1, 10)
    )
    assert sure.temperature == pytest.approx(10 * known.temperature, rel=0.05)
    assert sure.log_loss_alone == pytest.approx(known.log_loss_alone, abs=0.01)
