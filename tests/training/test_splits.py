"""What is held back: the labels' proportions, equal texts together, the same every time."""

from collections import Counter

import numpy as np
import pytest

from inference.errors import DataError
from inference.records import Example
from tests.training.toy import toy_examples
from training.splits import hold_back, label_matrix

LABELS = ("negative", "neutral", "positive")


def _multilabel(count: int) -> list[Example]:
    """About a third with `a`, a tenth with `b`, one in fifty with `c`, many with none."""
    rng = np.random.default_rng(1)
    drawn = rng.random((count, 3)) < (0.33, 0.1, 0.02)
    return [
        Example({"text": f"text {row}"}, tuple(np.array(["a", "b", "c"])[has].tolist()), row + 1)
        for row, has in enumerate(drawn)
    ]


def test_the_labels_keep_their_proportions():
    held = hold_back(toy_examples(300), LABELS, 0.1, seed=0, is_multilabel=False)
    counts = label_matrix(toy_examples(300), LABELS)[held.mask].sum(axis=0)
    assert counts.tolist() == [10, 10, 10]
    assert held.absent == ()


def test_several_labels_keep_their_proportions():
    examples = _multilabel(1000)
    held = hold_back(examples, ("a", "b", "c"), 0.2, seed=0, is_multilabel=True)
    matrix = label_matrix(examples, ("a", "b", "c"))
    share = matrix[held.mask].sum(axis=0) / matrix.sum(axis=0)
    assert np.abs(share - 0.2).max() < 0.06, share
    assert abs(held.mask.mean() - 0.2) < 0.01


@pytest.mark.parametrize("is_multilabel", [False, True])
def test_equal_texts_stay_on_one_side(is_multilabel):
    once = toy_examples(60)
    twice = [*once, *(Example({"text": f" {e.fields['text']} "}, e.labels, 0) for e in once)]
    held = hold_back(twice, LABELS, 0.25, seed=3, is_multilabel=is_multilabel)
    assert (held.mask[:60] == held.mask[60:]).all()
    assert 0.2 < held.mask.mean() < 0.3


def test_the_choice_depends_on_the_seed_alone():
    def choice(seed: int) -> list[bool]:
        held = hold_back(toy_examples(90), LABELS, 0.2, seed=seed, is_multilabel=False)
        return held.mask.tolist()

    assert choice(1) == choice(1)
    assert choice(1) != choice(2)


def test_a_class_of_one_text_is_not_divided_but_named():
    examples = [*toy_examples(60), Example({"text": "only me"}, ("rare",), 61)]
    held = hold_back(examples, (*LABELS, "rare"), 0.1, seed=0, is_multilabel=False)
    assert held.absent == ("rare",)
    assert not held.mask[-1]


def test_each_class_gets_a_place_however_small_the_share():
    held = hold_back(toy_examples(30), LABELS, 0.01, seed=0, is_multilabel=False)
    chosen = Counter(e.labels for e, mask in zip(toy_examples(30), held.mask, strict=True) if mask)
    assert len(chosen) == 3


@pytest.mark.parametrize(("count", "is_multilabel"), [(4, False), (1, True)])
def test_too_few_texts_are_refused_with_the_way_out(count, is_multilabel):
    with pytest.raises(DataError, match=r"too few to hold.*--validation_file"):
        hold_back(toy_examples(count), LABELS, 0.2, seed=0, is_multilabel=is_multilabel)
