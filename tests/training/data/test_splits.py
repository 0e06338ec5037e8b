"""What is held back: the labels' proportions, groups whole, the latest last, the same each time."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from inference.core.errors import DataError
from inference.data.records import Example
from tests.training.toy import toy_examples
from training.data.splits import hold_back, hold_back_groups, hold_back_latest, label_matrix

LABELS = ("negative", "neutral", "positive")


def _choose(targets, share, *, seed=0, groups=None):
    """hold_back() of single labels given by number."""
    matrix = np.eye(max(targets) + 1, dtype=bool)[targets]
    numbers = np.arange(len(targets)) if groups is None else np.asarray(groups)
    return hold_back(matrix, numbers, share, seed=seed, is_multilabel=False)


def _multilabel(count: int):
    """(N, 3): about a third, a tenth and one in fifty are True, most rows all False."""
    return np.random.default_rng(1).random((count, 3)) < (0.33, 0.1, 0.02)


def test_the_matrix_says_which_example_has_which_label():
    examples = [Example({"text": "x"}, labels, 1) for labels in (("b",), ("a", "b"), ())]
    assert label_matrix(examples, ("a", "b")).tolist() == [[0, 1], [1, 1], [0, 0]]


def test_the_labels_keep_their_proportions():
    targets = np.tile([0, 1, 2], 100)
    assert np.bincount(targets[_choose(targets, 0.1)]).tolist() == [10, 10, 10]


def test_several_labels_keep_their_proportions():
    matrix = _multilabel(1000)
    mask = hold_back(matrix, np.arange(1000), 0.2, seed=0, is_multilabel=True)
    share = matrix[mask].sum(axis=0) / matrix.sum(axis=0)
    assert np.abs(share - 0.2).max() < 0.06, share
    assert abs(mask.mean() - 0.2) < 0.01


@pytest.mark.parametrize("is_multilabel", [False, True])
def test_a_group_stays_on_one_side(is_multilabel):
    matrix = label_matrix(toy_examples(60) * 2, LABELS)
    groups = np.tile(np.arange(60), 2)
    mask = hold_back(matrix, groups, 0.25, seed=3, is_multilabel=is_multilabel)
    assert (mask[:60] == mask[60:]).all()
    assert 0.2 < mask.mean() < 0.3


def test_the_choice_depends_on_the_seed_alone():
    targets = np.tile([0, 1, 2], 30)
    assert (_choose(targets, 0.2, seed=1) == _choose(targets, 0.2, seed=1)).all()
    assert (_choose(targets, 0.2, seed=1) != _choose(targets, 0.2, seed=2)).any()


def test_a_class_of_one_text_is_not_divided():
    assert not _choose([0, 1, 2] * 20 + [3], 0.1)[-1]


def test_a_label_of_one_text_is_not_divided_either():
    matrix = np.column_stack([_multilabel(200), np.arange(200) == 7])
    for seed in range(20):
        mask = hold_back(matrix, np.arange(200), 0.5, seed=seed, is_multilabel=True)
        assert not mask[7], f"seed {seed} tests what was never trained on"


def test_each_class_gets_a_place_however_small_the_share():
    targets = np.tile([0, 1, 2], 10)
    assert len(Counter(targets[_choose(targets, 0.01)])) == 3


def test_many_small_classes_do_not_make_the_part_larger_than_a_fifth():
    common, rare = [0] * 60 + [1] * 40, [number for number in range(2, 52) for _ in range(2)]
    targets = np.array(common + rare)
    mask = _choose(targets, 0.05)
    assert mask.sum() == 40
    assert {0, 1} < set(targets[mask].tolist()), "the largest classes are tested first"
    assert set(targets[~mask].tolist()) == set(range(52)), "every class is trained on"


@pytest.mark.parametrize(("count", "is_multilabel"), [(4, False), (1, True)])
def test_too_few_texts_are_refused_with_the_way_out(count, is_multilabel):
    matrix = label_matrix(toy_examples(count), LABELS)
    with pytest.raises(DataError, match=r"too few to hold.*--validation_file"):
        hold_back(matrix, np.arange(count), 0.2, seed=0, is_multilabel=is_multilabel)


@pytest.mark.parametrize("share", [0.03, 0.1, 0.3])
def test_large_groups_stay_whole_and_the_labels_near_their_proportions(share):
    rng = np.random.default_rng(2)
    groups = rng.zipf(1.6, 4000) % 500  # a few authors wrote much, most a little
    matrix = _multilabel(4000)
    mask = hold_back_groups(matrix, groups, share, seed=0)
    assert not set(groups[mask]) & set(groups[~mask])
    shares = [mask.mean(), *(matrix[mask].sum(axis=0) / matrix.sum(axis=0))]
    assert np.abs(np.array(shares) - share).max() < 0.04, shares


def test_groups_of_one_label_each_are_held_back_in_the_labels_proportions():
    groups = np.arange(400) // 10
    matrix = np.eye(4, dtype=bool)[groups % 4]
    mask = hold_back_groups(matrix, groups, 0.2, seed=0)
    assert matrix[mask].sum(axis=0).tolist() == [20, 20, 20, 20]


def test_which_groups_are_chosen_depends_on_the_seed_alone():
    groups = np.arange(300) // 3
    matrix = _multilabel(300)

    def choice(seed: int) -> list[bool]:
        return hold_back_groups(matrix, groups, 0.2, seed=seed).tolist()

    assert choice(1) == choice(1)
    assert choice(1) != choice(2)


def test_of_two_groups_the_smaller_is_held_back_and_one_alone_is_refused():
    matrix = np.ones((10, 1), dtype=bool)
    groups = np.array([0] * 6 + [1] * 4)
    assert (hold_back_groups(matrix, groups, 0.1, seed=0) == (groups == 1)).all()
    with pytest.raises(DataError, match="1 groups are too few"):
        hold_back_groups(matrix, np.zeros(10, dtype=int), 0.1, seed=0)


def _dated(days) -> list[Example]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Example({"text": str(row)}, ("a",), row, time=start + timedelta(days=day))
        for row, day in enumerate(days)
    ]


def test_the_latest_are_held_back_whatever_their_place_in_the_file():
    days = np.random.default_rng(3).permutation(100)
    mask = hold_back_latest(_dated(days.tolist()), np.arange(100), 0.2)
    assert mask.sum() == 20
    assert days[~mask].max() < days[mask].min()


def test_rows_of_one_moment_are_not_torn_apart():
    days = np.repeat(np.arange(10), 7)
    mask = hold_back_latest(_dated(days.tolist()), np.arange(70), 0.13)
    assert set(days[mask]) == {9}
    assert mask.sum() == 7


def test_nothing_that_stays_is_later_than_what_is_held_back_even_in_groups():
    rng = np.random.default_rng(4)
    days, groups = rng.integers(0, 1000, 300), rng.integers(0, 280, 300)
    mask = hold_back_latest(_dated(days.tolist()), groups, 0.2)
    assert not set(groups[mask]) & set(groups[~mask])
    latest = np.array([days[groups == group].max() for group in groups])
    assert latest[~mask].max() < latest[mask].min()
    assert abs(mask.mean() - 0.2) < 0.02


def test_one_moment_cannot_be_divided():
    with pytest.raises(DataError, match="1 moments are too few"):
        hold_back_latest(_dated([5] * 20), np.arange(20), 0.2)
