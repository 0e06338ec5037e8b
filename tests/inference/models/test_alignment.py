import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from inference.core.errors import ModelError
from inference.data.problem_types import MULTI, SINGLE
from inference.models.alignment import SigmoidHeadReadAsSoftmax, align, warn_of_sigmoid_head
from inference.models.bundle import Bundle, load_bundle
from inference.models.classifier import TORCH, decide, load_classifier
from tests.inference.models.fixed_scores import Fixed
from tests.tiny import with_config


def five_stars(*row: float) -> Fixed:
    return Fixed(Bundle(("1", "2", "3", "4", "5"), SINGLE), row or (0.1, 0.2, 0.3, 0.15, 0.25))


STARS = {"1": "bad", "2": "bad", "3": "fair", "4": "good", "5": "good"}


def test_softmax_labels_of_one_meaning_are_summed():
    scores = align(five_stars(), ("good", "fair", "bad"), SINGLE, STARS).score(["t"])
    assert scores[0] == pytest.approx([0.4, 0.3, 0.3])


def test_sigmoid_labels_of_one_meaning_give_the_greatest():
    model = Fixed(Bundle(("threat", "insult", "spam"), MULTI), (0.3, 0.8, 0.9))
    label_map = {"threat": "toxic", "insult": "toxic"}
    assert align(model, ("toxic",), MULTI, label_map).score(["t"])[0] == pytest.approx([0.8])


def test_a_label_without_partner_is_nan_and_never_decided():
    aligned = align(five_stars(), ("good", "odd"), MULTI, {"4": "good", "5": "good"})
    scores = aligned.score(["t"])
    assert np.isnan(scores[0]).tolist() == [False, True]
    assert decide(aligned.bundle, np.array([[0.9, np.nan]], np.float32)).tolist() == [[True, False]]


def test_sums_of_rounded_shares_stay_within_one():
    row = np.full(5, np.float32(0.2)) + np.float32(1e-7)
    everything = {label: "good" for label in STARS}
    assert align(five_stars(*row), ("good", "bad"), SINGLE, everything).score(["t"])[0, 0] <= 1


def test_thresholds_follow_their_labels_and_the_lowest_of_merged_ones_holds():
    bundle = Bundle(("a", "b", "c"), MULTI, thresholds=(0.2, 0.6, 0.9), text_fields=("title",))
    label_map = {"c": "C", "a": "AB", "b": "AB"}
    aligned = align(Fixed(bundle, (0, 0, 0)), ("C", "AB", "none"), MULTI, label_map).bundle
    assert aligned.thresholds == (0.9, 0.2, 0.5)
    assert (aligned.labels, aligned.text_fields) == (("C", "AB", "none"), ("title",))


def test_the_same_labels_in_another_order_need_no_map():
    model = Fixed(Bundle(("b", "a"), SINGLE), (0.7, 0.3))
    assert align(model, ("a", "b"), SINGLE).score(["t"])[0] == pytest.approx([0.3, 0.7])


def test_a_model_of_the_task_is_returned_as_it_is():
    model = Fixed(Bundle(("a", "b"), SINGLE), (0.7, 0.3))
    assert align(model, ("a", "b"), SINGLE) is model
    assert align(model, ("a", "b"), SINGLE, {"a": "a", "b": "b"}) is model
    assert align(model, ("a", "b"), SINGLE, {"a": "b", "b": "a"}) is not model


def test_size_is_that_of_the_model():
    assert align(five_stars(), ("good",), MULTI, {"5": "good"}).size_bytes == 7


@pytest.mark.parametrize(
    "bundle, task, label_map, message",
    [
        (Bundle(("x", "y"), SINGLE), SINGLE, None, "has the labels x, y, the task a, b; add this"),
        (Bundle(("A", "b", "c"), SINGLE), SINGLE, None, "label_map: {A: a, b: b, c: null}$"),
        (Bundle(("1", "no"), SINGLE), SINGLE, None, "label_map: {'1': null, 'no': null}$"),
        (Bundle(("x", "y"), SINGLE), SINGLE, {"z": "a"}, "z, which the model does not have.*x, y"),
        (Bundle(("x", "y"), SINGLE), SINGLE, {"x": "q"}, "q, which the task does not have.*a, b"),
        (Bundle(("x", "y"), SINGLE), SINGLE, {}, "label_map is empty"),
        (
            Bundle(("x", "y"), MULTI),
            SINGLE,
            {"x": "a", "y": "b"},
            "exactly one.*problem_type: single",
        ),
    ],
)
def test_what_cannot_be_aligned_is_refused(bundle, task, label_map, message):
    with pytest.raises(ModelError, match=message):
        align(Fixed(bundle, (0, 0)), ("a", "b"), task, label_map)


def test_checkpoints_that_differ_in_the_order_of_their_labels_give_identical_rows(
    tiny_model, tmp_path
):
    texts = ["good day", "an awful movie", "ok " * 90]
    labels = load_bundle(tiny_model).labels
    mixed = permuted(tiny_model, tmp_path / "mixed", order=(2, 0, 1))
    assert load_bundle(mixed).labels == (labels[2], labels[0], labels[1])
    for problem_type in (SINGLE, MULTI):
        rows = []
        for folder in (tiny_model, mixed):
            model = load_classifier(folder, engine=TORCH, threads=1).read_as(problem_type)
            rows.append(align(model, labels, problem_type).score(texts))
        assert (rows[0] == rows[1]).all(), rows


def permuted(folder: Path, destination: Path, order: Sequence[int]) -> Path:
    """The same classifier with the rows of its head, and their names, in another order."""
    from safetensors.torch import load_file, save_file

    labels = load_bundle(folder).labels
    id2label = {str(place): labels[old] for place, old in enumerate(order)}
    with_config(folder, destination, id2label=id2label)
    weights = load_file(destination / "model.safetensors")
    for name in ("classifier.weight", "classifier.bias"):
        weights[name] = weights[name][list(order)]
    save_file(weights, destination / "model.safetensors", {"format": "pt"})
    return destination


class Head(Fixed):
    """Its rows are logits."""

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        return self.rows


def test_a_sigmoid_head_that_calls_itself_single_label_is_warned_of_by_name():
    with pytest.warns(SigmoidHeadReadAsSoftmax, match="me/it says single.*average -4.0.*multi"):
        warn_of_sigmoid_head(Head(Bundle(("a", "b"), SINGLE), (-5, -3)), "me/it")


@pytest.mark.parametrize(
    "bundle, logits",
    [
        (Bundle(("a", "b"), SINGLE), (-5, 5)),  # as softmax leaves them
        (Bundle(("a", "b"), MULTI), (-5, -5)),  # says that it is one
        (Bundle(("a",), SINGLE), (-5,)),  # one label: nothing to exclude
    ],
)
def test_a_head_that_is_what_it_says_is_not_warned_of(bundle, logits):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_sigmoid_head(Head(bundle, logits), "me/it")
