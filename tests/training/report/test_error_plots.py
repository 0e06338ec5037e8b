import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn import metrics as peer

from inference.data.problem_types import MULTI, SINGLE
from inference.evaluation import metrics
from inference.evaluation.predictions import Predictions, Targets
from inference.models.bundle import Bundle
from inference.models.classifier import activate, decide
from training.report.canvas import png_bytes
from training.report.error_plots import (
    confusion_matrix,
    precision_recall,
    reliability,
    threshold_curve,
)

LABELS = ("calm", "angry", "glad")
both_types = pytest.mark.parametrize("problem_type", [SINGLE, MULTI])


def made(
    problem_type: str, labels: tuple[str, ...] = LABELS, count: int = 200, temperature: float = 2.0
) -> tuple[Targets, Predictions, Bundle, np.ndarray]:
    """A fair model's predictions, and the logits that they came from."""
    draws = np.random.default_rng(0)
    if problem_type == SINGLE:
        truth = np.eye(len(labels), dtype=np.int8)[draws.integers(0, len(labels), count)]
    else:
        truth = (draws.random((count, len(labels))) < 0.3).astype(np.int8)
    logits = (draws.normal(0, 2, truth.shape) + 4 * truth - 1).astype(np.float32)
    bundle = Bundle(labels, problem_type, temperature=temperature)
    scores = activate(logits / temperature, problem_type == MULTI)
    predictions = Predictions(labels, scores, decide(bundle, scores))
    return Targets(labels, problem_type, truth), predictions, bundle, logits


def line(figure: Figure | None, name: str, plot: int = 0) -> np.ndarray:
    """The points of a line, (K, 2)."""
    assert figure is not None
    (found,) = [one for one in figure.axes[plot].lines if one.get_label() == name]
    return np.column_stack(found.get_data())


def numbers(figure: Figure | None, plot: int = 0) -> list[int]:
    assert figure is not None
    return [int(text.get_text()) for text in figure.axes[plot].texts]


def test_the_confusion_of_a_single_label_model_is_that_of_scikit_learn():
    targets, predictions, _, _ = made(SINGLE)
    figure = confusion_matrix(targets, predictions)
    expected = peer.confusion_matrix(targets.values, predictions.scores.argmax(axis=1))
    assert numbers(figure) == expected.ravel().tolist()
    shares = np.asarray(figure.axes[0].images[0].get_array())
    assert shares == pytest.approx(expected / expected.sum(axis=1, keepdims=True))


def test_the_confusion_of_a_multi_label_model_is_one_of_yes_and_no_for_each():
    targets, predictions, _, _ = made(MULTI)
    figure = confusion_matrix(targets, predictions)
    expected = peer.multilabel_confusion_matrix(targets.matrix, predictions.decided)
    for label in range(3):
        assert numbers(figure, label) == expected[label].ravel().tolist()


def test_decisions_for_labels_that_are_not_drawn_count_as_another():
    targets, predictions, _, _ = made(SINGLE, tuple(f"genre {n}" for n in range(30)), 600)
    figure = confusion_matrix(targets, predictions)
    assert figure is not None and "24 of 30 labels" in figure.get_suptitle()
    names = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert len(names) == 25 and names[-1] == "another"
    shares = np.asarray(figure.axes[0].images[0].get_array())
    assert shares.sum(axis=1) == pytest.approx(np.ones(24))
    png_bytes(figure)


@both_types
def test_precision_and_recall_are_those_of_scikit_learn(problem_type: str):
    targets, predictions, _, _ = made(problem_type)
    figure = precision_recall(targets, predictions)
    for label in range(3):
        truth, scores = targets.matrix[:, label], predictions.scores[:, label]
        precision, recall, _ = peer.precision_recall_curve(truth, scores)
        assert line(figure, "model", label) == pytest.approx(np.column_stack([recall, precision]))
        assert line(figure, "random", label)[0, 1] == pytest.approx(truth.mean())


def test_the_threshold_curves_pass_through_the_figures_at_the_threshold():
    targets, predictions, bundle, _ = made(MULTI)
    figure = threshold_curve(targets, predictions, bundle)
    for label in range(3):
        truth, decided = targets.matrix[:, label], predictions.decided[:, label]
        for name, formula in (
            ("MCC", peer.matthews_corrcoef),
            ("precision", peer.precision_score),
            ("recall", peer.recall_score),
        ):
            points = line(figure, name, label)
            at_half = points[points[:, 0] == 0.5][0, 1]
            assert at_half == pytest.approx(formula(truth, decided)), name
        assert line(figure, "chosen on validation", label)[0, 0] == bundle.thresholds[label]


def test_no_threshold_is_marked_where_the_strongest_label_is_taken():
    targets, predictions, bundle, _ = made(SINGLE)
    figure = threshold_curve(targets, predictions, bundle)
    assert figure is not None
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "MCC",
        "precision",
        "recall",
    ]


@both_types
def test_reliability_is_what_the_calibration_error_sums_up(problem_type: str):
    targets, predictions, bundle, _ = made(problem_type)
    figure = reliability(targets, predictions, bundle.is_multilabel, bundle.temperature)
    points = line(figure, "as served")
    counts = np.array([bar.get_height() for bar in figure.axes[1].patches])
    error = (np.abs(points[:, 0] - points[:, 1]) * counts).sum() / counts.sum()
    if problem_type == MULTI:  # all labels together, as one label
        pooled = (targets.matrix.reshape(-1, 1), predictions.scores.reshape(-1, 1))
        expected = metrics.summarise(*pooled, predictions.decided.reshape(-1, 1)).ece
    else:
        expected = metrics.summarise(targets.values, predictions.scores, predictions.decided).ece
    assert error == pytest.approx(expected, abs=1e-6)


@both_types
def test_the_scores_before_temperature_are_found_again(problem_type: str):
    targets, predictions, bundle, logits = made(problem_type)
    plain = Predictions(LABELS, activate(logits, problem_type == MULTI), predictions.decided)
    as_if = reliability(targets, plain, bundle.is_multilabel, 1.0)
    figure = reliability(targets, predictions, bundle.is_multilabel, bundle.temperature)
    before = line(figure, "before temperature")
    assert before == pytest.approx(line(as_if, "as served"), abs=1e-4)


def test_without_temperature_there_is_one_curve():
    targets, predictions, bundle, _ = made(SINGLE, temperature=1.0)
    figure = reliability(targets, predictions, bundle.is_multilabel, bundle.temperature)
    assert figure is not None
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["perfect", "as served"]


@both_types
def test_labels_without_yes_or_no_and_unknown_ones_have_no_curve(problem_type: str):
    targets, predictions, bundle, _ = made(problem_type)
    targets.matrix[:, 0] = 0
    predictions.scores[:, 1] = np.nan
    for figure in (
        precision_recall(targets, predictions),
        threshold_curve(targets, predictions, bundle),
    ):
        assert figure is not None
        shown = [plot.get_title() for plot in figure.axes if plot.get_visible()]
        assert shown == ["glad"]
        assert figure.get_suptitle().endswith("(1 of 3 labels)")
