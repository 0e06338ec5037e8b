import numpy as np
import pytest
from sklearn import metrics

from inference.data.problem_types import MULTI, SINGLE
from inference.evaluation import curves
from inference.evaluation.predictions import Predictions, Targets
from tests.results_files import answers


def told(problem_type: str, rows: int = 300, labels: int = 3, seed: int = 0):
    """Truth and what a fair model said of it."""
    rng = np.random.default_rng(seed)
    truth = np.eye(labels, dtype=bool)[rng.integers(0, labels, rows)]
    if problem_type == MULTI:
        truth = rng.random((rows, labels)) < 0.4
    names = tuple("abcdefghijklmnopqrstuvwxyzäöü"[:labels])
    said = Predictions(names, *answers(truth, problem_type, skill=1.5, rng=rng))
    return Targets(names, problem_type, truth.astype(np.int8)), said


def test_the_confusion_is_scikit_learns():
    targets, said = told(SINGLE)
    found = curves.confusion(targets, said)
    expected = metrics.confusion_matrix(targets.values, said.decided.argmax(axis=1))
    np.testing.assert_array_equal(found.counts, expected)
    assert found.true == found.decided == ("a", "b", "c")


def test_many_labels_leave_the_rarest_to_one_column():
    targets, said = told(SINGLE, labels=29)
    found = curves.confusion(targets, said)
    assert found.counts.shape == (24, 25) and found.decided[-1] == curves.OTHERS
    kept = [targets.labels.index(label) for label in found.true]
    assert found.counts.sum() == targets.matrix[:, kept].sum()


def test_rows_without_a_decision_have_a_column_of_their_own():
    targets, said = told(SINGLE)
    decided = said.decided.copy()
    decided[:10] = False
    found = curves.confusion(targets, Predictions(said.labels, said.scores, decided))
    assert found.decided[-1] == curves.NOTHING and found.counts[:, -1].sum() == 10


def test_the_confusion_of_one_label_is_scikit_learns():
    targets, said = told(MULTI)
    found = curves.confusion_of_label(targets, said, 1)
    matrix = metrics.confusion_matrix(targets.matrix[:, 1], said.decided[:, 1], labels=[1, 0])
    np.testing.assert_array_equal(found.counts, matrix)


def test_precision_and_recall_are_scikit_learns():
    targets, said = told(MULTI, rows=150)
    truth, scores = targets.matrix[:, 0].astype(bool), said.scores[:, 0]
    found = curves.precision_recall(scores, truth)
    precision, recall, thresholds = metrics.precision_recall_curve(truth, scores)
    np.testing.assert_allclose(found.thresholds[::-1], thresholds)
    np.testing.assert_allclose(found.precision[::-1], precision[:-1])
    np.testing.assert_allclose(found.recall[::-1], recall[:-1])


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    targets, said = told(MULTI, rows=3000)
    found = curves.precision_recall(said.scores[:, 0], targets.matrix[:, 0].astype(bool))
    assert len(found.recall) == 200 and found.recall[-1] == 1
    assert found.thresholds[0] == said.scores[:, 0].max()


def test_each_threshold_has_scikit_learns_correlation():
    targets, said = told(MULTI)
    truth, scores = targets.matrix[:, 2].astype(bool), said.scores[:, 2]
    found = curves.over_thresholds(scores, truth)
    expected = [metrics.matthews_corrcoef(truth, scores >= c) for c in found.thresholds]
    np.testing.assert_allclose(found.mcc, expected, atol=1e-12)


@pytest.mark.parametrize("problem_type", [SINGLE, MULTI])
def test_reliability_is_scikit_learns_with_an_interval(problem_type: str):
    from sklearn.calibration import calibration_curve

    targets, said = told(problem_type, rows=1000)
    found = curves.reliability(targets, said)
    hits, scores = targets.matrix.ravel(), said.scores.ravel()
    if problem_type == SINGLE:
        top = said.scores.argmax(axis=1)
        hits, scores = targets.values == top, said.scores.max(axis=1)
    share, score = calibration_curve(hits, scores, n_bins=curves.BINS)
    np.testing.assert_allclose([bin_.share for bin_ in found], share)
    np.testing.assert_allclose([bin_.score for bin_ in found], score, rtol=1e-6)
    assert sum(bin_.count for bin_ in found) == len(scores)
    assert all(bin_.interval[0] <= bin_.share <= bin_.interval[1] for bin_ in found)


def test_a_label_that_a_model_lacks_or_no_row_has_is_not_drawn():
    targets, said = told(MULTI)
    scores, matrix = said.scores.copy(), targets.matrix.copy()
    scores[:, 0], matrix[:, 1] = np.nan, 0
    unknown = Predictions(said.labels, scores, said.decided)
    assert curves.drawable(Targets(targets.labels, MULTI, matrix), unknown) == ("c",)
    nothing = Predictions(said.labels, np.full_like(scores, np.nan), said.decided)
    assert curves.reliability(targets, nothing) == ()
