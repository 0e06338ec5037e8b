"""Validation figures through evaluate, held against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from inference.data.problem_types import MULTI, SINGLE
from training.trainer.evaluation import measure_logits

RNG = np.random.default_rng(0)


def test_one_label_each_agrees_with_scikit_learn():
    logits = RNG.normal(size=(90, 3)).astype(np.float32)
    targets = RNG.integers(0, 3, 90)
    figures = measure_logits(logits, targets, SINGLE)
    decided = logits.argmax(axis=1)
    assert figures["mcc"] == pytest.approx(metrics.matthews_corrcoef(targets, decided))
    assert figures["macro_f1"] == pytest.approx(metrics.f1_score(targets, decided, average="macro"))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert figures["log_loss"] == pytest.approx(metrics.log_loss(targets, probabilities), abs=1e-5)


def test_several_labels_agree_with_scikit_learn():
    logits = RNG.normal(size=(90, 4)).astype(np.float32)
    targets = RNG.integers(0, 2, (90, 4)).astype(np.float32)
    figures = measure_logits(logits, targets, MULTI)
    assert figures["roc_auc"] == pytest.approx(metrics.roc_auc_score(targets, logits))
    assert figures["macro_f1"] == pytest.approx(
        metrics.f1_score(targets, logits >= 0, average="macro")
    )


def test_what_is_undefined_is_none():
    logits = RNG.normal(size=(5, 2)).astype(np.float32)
    figures = measure_logits(logits, np.zeros((5, 2), dtype=np.float32), MULTI)
    assert figures["roc_auc"] is None
    assert figures["log_loss"] is not None
