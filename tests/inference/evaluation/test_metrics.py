import warnings

import numpy as np
import pytest
from sklearn import metrics as peer

from inference.core.errors import DataError
from inference.evaluation.metrics import Metrics, summarise
from tests.inference.evaluation.drawn_scores import close, multi, single


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("classes", [2, 4])
def test_single_label_figures_are_those_of_scikit_learn(seed: int, classes: int):
    targets, scores, decisions = single(seed, classes=classes)
    ours, chosen = summarise(targets, scores, decisions), scores.argmax(axis=1)
    close(ours.accuracy, peer.accuracy_score(targets, chosen))
    close(ours.mcc, peer.matthews_corrcoef(targets, chosen))
    close(ours.balanced_accuracy, peer.balanced_accuracy_score(targets, chosen))
    for average in ("macro", "micro", "weighted"):
        theirs = peer.f1_score(targets, chosen, average=average)
        close(getattr(ours, f"{average}_f1"), theirs)
    close(ours.macro_precision, peer.precision_score(targets, chosen, average="macro"))
    close(ours.macro_recall, peer.recall_score(targets, chosen, average="macro"))
    for label, (auc, precision) in enumerate(
        zip(ours.roc_auc_by_label, ours.pr_auc_by_label, strict=True)
    ):
        close(auc, peer.roc_auc_score(targets == label, scores[:, label]))
        close(precision, peer.average_precision_score(targets == label, scores[:, label]))
    normal = np.clip(scores, 0.001, 1) / np.clip(scores, 0.001, 1).sum(axis=1, keepdims=True)
    close(summarise(targets, normal, decisions).log_loss, peer.log_loss(targets, normal))


@pytest.mark.parametrize("seed", range(25))
def test_multi_label_figures_are_those_of_scikit_learn(seed: int):
    targets, scores, decisions = multi(seed)
    ours, columns = summarise(targets, scores, decisions), range(targets.shape[1])
    close(ours.accuracy, peer.accuracy_score(targets, decisions))
    pairs = [(targets[:, c], decisions[:, c]) for c in columns]
    close(ours.mcc, np.mean([peer.matthews_corrcoef(*pair) for pair in pairs]))
    balanced = [peer.balanced_accuracy_score(*pair) for pair in pairs]
    close(ours.balanced_accuracy, np.mean(balanced))
    for average in ("macro", "micro", "weighted"):
        theirs = peer.f1_score(targets, decisions, average=average, zero_division=np.nan)
        close(getattr(ours, f"{average}_f1"), theirs)
    for name, theirs in (("precision", peer.precision_score), ("recall", peer.recall_score)):
        close(getattr(ours, f"macro_{name}"), theirs(targets, decisions, average="macro"))
    close(ours.roc_auc, peer.roc_auc_score(targets, scores, average="macro"))
    close(ours.pr_auc, peer.average_precision_score(targets, scores, average="macro"))
    losses = [peer.log_loss(targets[:, c], scores[:, c], labels=[0, 1]) for c in columns]
    close(ours.log_loss, np.mean(losses))


@pytest.mark.parametrize("seed", range(10))
def test_calibration_error_is_that_of_the_plain_loop(seed: int):
    targets, scores, decisions = single(seed)
    confidence, hit = scores.max(axis=1), scores.argmax(axis=1) == targets
    expected = 0.0
    for low in range(15):
        inside = (np.minimum((confidence * 15).astype(int), 14)) == low
        if inside.any():
            gap = abs(confidence[inside].mean() - hit[inside].mean())
            expected += inside.mean() * gap
    close(summarise(targets, scores, decisions).ece, expected)


def quiet(*arrays: np.ndarray, labels: tuple[str, ...] = ()) -> Metrics:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return summarise(*arrays, labels=labels)


def test_one_class_alone_has_no_mcc_no_auc_and_says_so():
    targets = np.zeros(4, int)
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]])
    ours = quiet(targets, scores, scores > 0.5, labels=("no", "yes"))
    assert (ours.accuracy, ours.mcc, ours.balanced_accuracy, ours.roc_auc) == (
        0.75,
        None,
        None,
        None,
    )
    assert "MCC and balanced accuracy: all examples are of one class" in ours.undefined
    assert "ROC-AUC of no: every example has it" in ours.undefined
    assert "PR-AUC of yes: no example has it" in ours.undefined


def test_a_label_without_positives_is_left_out_of_the_means():
    targets, scores, decisions = multi(3)
    targets[:, 2], decisions[:, 2] = 0, False
    ours = quiet(targets, scores, decisions)
    rest = [0, 1, 3, 4]
    less = quiet(targets[:, rest], scores[:, rest], decisions[:, rest])
    assert ours.f1[2] is ours.roc_auc_by_label[2] is ours.pr_auc_by_label[2] is None
    close(ours.macro_f1, less.macro_f1)
    close(ours.roc_auc, less.roc_auc)
    close(ours.mcc, less.mcc)
    assert "F1 of 2: no example has it" in ours.undefined


def test_a_label_without_positives_that_was_decided_has_f1_zero():
    targets = np.array([[0, 1], [0, 1]])
    scores = np.array([[0.9, 0.9], [0.1, 0.9]])
    assert quiet(targets, scores, scores > 0.5).f1 == (0.0, 1.0)


def test_a_label_the_model_does_not_know_is_none_never_zero():
    targets, scores, decisions = multi(5)
    rest = [0, 2, 3, 4]
    less = quiet(targets[:, rest], scores[:, rest], decisions[:, rest])
    scores[:, 1], decisions[:, 1] = np.nan, False
    ours = quiet(targets, scores, decisions, labels=tuple("abcde"))
    assert (ours.f1[1], ours.roc_auc_by_label[1]) == (None, None)
    assert "b: the model does not know this label" in ours.undefined
    for name in ("macro_f1", "micro_f1", "mcc", "roc_auc", "pr_auc", "log_loss", "ece"):
        close(getattr(ours, name), getattr(less, name))


def test_a_single_label_model_that_lacks_a_label_has_no_log_loss():
    targets, scores, decisions = single(1)
    lacking = int(targets[0])
    scores[:, lacking], decisions[:, lacking] = np.nan, False
    ours = quiet(targets, scores, decisions)
    assert ours.log_loss is None
    assert ours.accuracy < 1


def test_nothing_known_at_all_gives_none_everywhere():
    scores = np.full((3, 2), np.nan)
    ours = quiet(np.array([0, 1, 0]), scores, np.zeros((3, 2), bool))
    assert (ours.accuracy, ours.macro_f1, ours.roc_auc, ours.ece) == (0.0, None, None, None)


def test_constant_decisions_have_mcc_zero_like_scikit_learn():
    targets, scores, _ = single(2)
    constant = np.tile([True, False, False, False], (len(targets), 1))
    assert quiet(targets, scores, constant).mcc == 0


def test_perfect_and_inverted_scores_have_auc_one_and_zero():
    targets = np.array([[1], [0], [1], [0]])
    scores = targets * 0.8 + 0.1
    assert quiet(targets, scores, scores > 0.5).roc_auc == 1
    assert quiet(targets, 1 - scores, scores > 0.5).roc_auc == 0


def test_a_score_of_zero_for_what_happened_costs_a_finite_loss():
    scores = np.array([[1.0, 0.0], [0.0, 1.0]])
    loss = quiet(np.array([1, 0]), scores, scores > 0.5).log_loss
    assert loss is not None and np.isfinite(loss)


def test_no_examples_is_an_error():
    with pytest.raises(DataError, match="no example"):
        summarise(np.empty(0, int), np.empty((0, 2)), np.empty((0, 2), bool))
