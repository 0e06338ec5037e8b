"""Scores drawn at random with ties, as real ones have, and how near two figures must be."""

import numpy as np
import pytest


def single(seed: int, count: int = 120, classes: int = 4) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    uneven = rng.dirichlet(np.ones(classes))
    targets = rng.choice(classes, count, p=(uneven + 1 / classes) / 2)
    logits = rng.normal(size=(count, classes)) + 2 * np.eye(classes)[targets] * rng.random()
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    scores = scores.round(2)  # ties, as real scores have
    return targets, scores, np.eye(classes, dtype=bool)[scores.argmax(axis=1)]


def multi(seed: int, count: int = 120, labels: int = 5) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    targets = rng.random((count, labels)) < rng.uniform(0.05, 0.6, labels)
    scores = np.clip(targets * 0.3 + rng.random((count, labels)) * 0.7, 0.01, 0.99).round(2)
    return targets.astype(int), scores, scores >= 0.5


def close(ours: float | None, theirs: float) -> None:
    assert ours == pytest.approx(theirs, abs=1e-12)
