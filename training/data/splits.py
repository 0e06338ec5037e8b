"""Which examples are held back: stratified, by group or by time; seeded, groups always whole.

Owns the choice of rows; data.py says what is held back for what, and groups.py
which rows belong together. Whole groups are chosen, so that nothing tested was seen in training.

Try: python -m training.train --train_file posts.csv --time_field date
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedShuffleSplit

from inference.core.errors import DataError
from inference.data.records import Example

# N examples, G groups, C labels, M moments

# Each class gets a place in a part, even if that makes the part larger: up to this share of all.
_ROOM_FOR_SMALL_CLASSES = 0.2
_ROUNDING = 1e-9


def label_matrix(examples: Sequence[Example], labels: Sequence[str]) -> NDArray[np.bool_]:
    """(N, C) bool: whether the example has the label."""
    column = {label: index for index, label in enumerate(labels)}
    matrix = np.zeros((len(examples), len(labels)), dtype=bool)
    for row, example in enumerate(examples):
        for label in example.labels:
            matrix[row, column[label]] = True
    return matrix


def hold_back(
    matrix: NDArray[np.bool_],
    groups: NDArray[np.int64],
    share: float,
    *,
    seed: int,
    is_multilabel: bool,
) -> NDArray[np.bool_]:
    """(N,) bool: about `share` of the groups, with nearly the labels' proportions of all.

    `matrix` is (N, C) bool, `groups` (N,) int64; a group counts as its first row, so this is for
    groups that say nearly the same. Single label: scikit-learn's StratifiedShuffleSplit. Several
    labels: iterative stratification (Sechidis et al. 2011, package iterative-stratification), "no
    label" counting as one more. A label that only one group has is never chosen, and where there
    are more classes than places, the smallest are not: they all stay to be trained on.

    Raises:
        DataError: too few groups to divide.
    """
    _, first, numbers = np.unique(groups, return_index=True, return_inverse=True)
    of_group = matrix[first]  # (G, C)
    wanted = max(1, round(share * len(first)))
    choose = _choose_multilabel if is_multilabel else _choose_single_label
    return np.isin(numbers, choose(of_group, wanted, seed))


def hold_back_groups(
    matrix: NDArray[np.bool_], groups: NDArray[np.int64], share: float, *, seed: int
) -> NDArray[np.bool_]:
    """(N,) bool: whole groups of any size, together about `share` of the rows and of each label.

    `matrix` is (N, C) bool, `groups` (N,) int64. A group is held back if there is room for its
    rows and this brings the shares of the labels, of the rows without any, and of all rows closer
    to `share` (least squares): the greedy of scikit-learn's StratifiedGroupKFold, for one part of
    any size and several labels. Large groups are placed first, in a seeded order among those of
    like size. Where every group is larger than the part, the smallest is held back.

    Raises:
        DataError: fewer than two groups.
    """
    numbers = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(numbers)  # (G,)
    if len(sizes) < 2:
        raise _too_few(len(sizes), "groups")
    columns = np.column_stack([matrix, ~matrix.any(axis=1), np.ones(len(matrix), dtype=bool)])
    columns = columns[:, columns.any(axis=0)]
    counts = np.zeros((len(sizes), columns.shape[1]))
    np.add.at(counts, numbers, columns)
    parts = counts / counts.sum(axis=0)  # of each label, what the group has
    order = np.random.default_rng(seed).permutation(len(sizes))
    order = order[np.argsort(-np.floor(np.log2(sizes[order])), kind="stable")]
    missing = np.full(columns.shape[1], share)
    chosen = []
    for group in order.tolist():
        # (missing - part)^2 - missing^2, summed: below 0 where holding back comes closer
        is_closer = (parts[group] * (parts[group] - 2 * missing)).sum() < 0
        if is_closer and parts[group, -1] <= missing[-1] + _ROUNDING:
            chosen.append(group)
            missing = missing - parts[group]
    if not chosen:
        chosen = [int(order[np.argmin(sizes[order])])]
    return np.isin(numbers, chosen)


def hold_back_latest(
    examples: Sequence[Example], groups: NDArray[np.int64], share: float
) -> NDArray[np.bool_]:
    """(N,) bool: the latest examples, about `share` of all; rows of one moment on one side.

    `groups` is (N,) int64. A group is as late as its latest row: an early copy of a late text is
    held back with it, so nothing that stays is later than what is held back.

    Raises:
        DataError: all examples are of one moment, or of groups that reach into the latest.
    """
    moments = sorted({example.time for example in examples if example.time is not None})
    rank = {moment: number for number, moment in enumerate(moments)}
    own = np.array([rank[example.time] for example in examples if example.time is not None])
    assert len(own) == len(examples), (len(own), len(examples))
    numbers = np.unique(groups, return_inverse=True)[1]
    latest = np.zeros(len(examples), dtype=np.int64)  # (G,), and to spare
    np.maximum.at(latest, numbers, own)
    ranks = latest[numbers]  # (N,)
    starts = np.unique(ranks)[1:]  # where the held back part may begin
    if not len(starts):
        raise _too_few(1, "moments")
    rows_from = np.bincount(ranks)[::-1].cumsum()[::-1]  # (M,) rows as late or later
    distance = np.abs(rows_from[starts] - share * len(examples))
    return ranks >= starts[np.argmin(distance)]


def _choose_single_label(of_group: NDArray[np.bool_], wanted: int, seed: int) -> NDArray[np.int64]:
    """`of_group` is (G, C) bool; the result the numbers of the chosen groups."""
    targets = of_group.argmax(axis=1)
    classes, counts = np.unique(targets, return_counts=True)
    places = max(wanted, 2, int(_ROOM_FOR_SMALL_CLASSES * len(targets)))
    largest_first = np.argsort(-counts, kind="stable")
    divided = [index for index in largest_first[:places].tolist() if counts[index] >= 2]
    divisible = np.flatnonzero(np.isin(targets, classes[divided]))
    wanted = max(wanted, len(divided))  # StratifiedShuffleSplit wants a place for each class
    if len(divided) < 2 or len(divisible) - wanted < len(divided):
        raise _too_few(len(targets), f"different texts of {len(classes)} labels")
    splitter = StratifiedShuffleSplit(n_splits=1, test_size=wanted, random_state=seed)
    _, held = next(splitter.split(np.zeros(len(divisible)), targets[divisible]))
    return divisible[held]


def _choose_multilabel(of_group: NDArray[np.bool_], wanted: int, seed: int) -> NDArray[np.int64]:
    """`of_group` is (G, C) bool; the result the numbers of the chosen groups."""
    from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit

    only_once = of_group.sum(axis=0) == 1  # (C,)
    divisible = np.flatnonzero(~of_group[:, only_once].any(axis=1))
    if len(divisible) - wanted < 2:
        raise _too_few(len(of_group), f"different texts of {of_group.shape[1]} labels")
    matrix = of_group[divisible]
    with_none = np.column_stack([matrix, ~matrix.any(axis=1)])
    with_none = with_none[:, with_none.any(axis=0)]
    splitter = MultilabelStratifiedShuffleSplit(n_splits=1, test_size=wanted, random_state=seed)
    _, held = next(splitter.split(np.zeros(len(matrix)), with_none.astype(int)))
    return divisible[held]


def _too_few(count: int, what: str) -> DataError:
    return DataError(
        f"{count} {what} are too few to hold some back for validation and test: both sides need "
        f"at least two texts of a label, and whole groups or moments. Add texts, or give "
        f"--validation_file and --test_file"
    )
