"""Counted words are added to a model where that helps beyond chance, and nowhere else."""

import numpy as np
import pytest
from scipy.special import log_softmax

from inference.data.problem_types import MULTI, SINGLE
from training.export.blend import fit_blend, held_out_scores

TEXTS, LABELS = 400, 4


def truth(is_multilabel: bool, rng: np.random.Generator) -> np.ndarray:
    if is_multilabel:
        return rng.random((TEXTS, LABELS)) < 0.3
    return np.eye(LABELS, dtype=bool)[rng.integers(0, LABELS, TEXTS)]


def seen(targets: np.ndarray, clarity: float, rng: np.random.Generator) -> np.ndarray:
    """Logits of a model that sees the truth through noise of its own."""
    return clarity * (targets - targets.mean(axis=0)) + rng.normal(0, 1, targets.shape)


def log_loss(scores: np.ndarray, targets: np.ndarray) -> float:
    return float(-np.log(np.where(targets, scores, 1 - scores).clip(1e-9)).mean())


@pytest.mark.parametrize("problem_type", [SINGLE, MULTI])
def test_words_count_for_as_much_as_they_know(problem_type):
    rng = np.random.default_rng(0)
    targets = truth(problem_type == MULTI, rng)
    logits = seen(targets, 2, rng)
    knowing, guessing = seen(targets, 2, rng), seen(targets, 0, rng)
    assert fit_blend(logits, knowing, targets, problem_type).tfidf_weight > 0.5
    assert fit_blend(logits, guessing, targets, problem_type).tfidf_weight < 0.3
    alone, together = held_out_scores(logits, knowing, targets, problem_type)
    assert log_loss(together, targets) < 0.95 * log_loss(alone, targets)


def test_held_out_scores_are_fitted_to_others():
    """Of a label that noise tells only in its own rows, nothing is learned."""
    rng = np.random.default_rng(0)
    targets = truth(False, rng)
    logits = seen(targets, 2, rng)
    alone, together = held_out_scores(logits, seen(targets, 0, rng), targets, SINGLE)
    assert log_loss(together, targets) == pytest.approx(log_loss(alone, targets), rel=0.02)
    assert alone.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_a_model_that_is_too_sure_is_given_its_temperature():
    """What is gained is gained beside a temperature of the model's own."""
    rng = np.random.default_rng(0)
    targets = truth(False, rng)
    logits = log_softmax(2 * seen(targets, 2, rng), axis=1)
    words = seen(targets, 0, rng)
    known, sure = (fit_blend(scale * logits, words, targets, SINGLE) for scale in (1, 10))
    assert sure.temperature == pytest.approx(10 * known.temperature, rel=0.05)
    scores = [held_out_scores(scale * logits, words, targets, SINGLE)[0] for scale in (1, 10)]
    assert scores[0] == pytest.approx(scores[1], abs=0.01)
