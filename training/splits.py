"""Which examples are held back: stratified, seeded, equal texts always on one side.

Owns the choice of rows; training/data.py says what is held back for what. Equal texts form one
group, and whole groups are chosen, so that nothing tested was seen in training.

Try: python -m pytest -q tests/training/test_splits.py
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedShuffleSplit

from inference.errors import DataError
from inference.records import Example

# N examples, G groups of equal texts, C labels


@dataclass(frozen=True)
class HeldBack:
    """A choice of rows: `mask` is (N,) bool, `absent` the labels that no chosen row has."""

    mask: NDArray[np.bool_]
    absent: tuple[str, ...]


def label_matrix(examples: Sequence[Example], labels: Sequence[str]) -> NDArray[np.bool_]:
    """(N, C) bool: whether the example has the label."""
    column = {label: index for index, label in enumerate(labels)}
    matrix = np.zeros((len(examples), len(labels)), dtype=bool)
    for row, example in enumerate(examples):
        for label in example.labels:
            matrix[row, column[label]] = True
    return matrix


def hold_back(
    examples: Sequence[Example],
    labels: Sequence[str],
    share: float,
    *,
    seed: int,
    is_multilabel: bool,
) -> HeldBack:
    """About `share` of the examples, with nearly the labels' proportions of all.

    Single label: scikit-learn's StratifiedShuffleSplit. Several labels: iterative stratification
    (Sechidis et al. 2011, package iterative-stratification), "no label" counting as one more. A
    class with a single text cannot be divided: it is never chosen, and named in `absent`.

    Raises:
        DataError: too few different texts to divide.
    """
    groups = _groups_of_equal_texts(examples)
    matrix = label_matrix(examples, labels)
    first = np.unique(groups, return_index=True)[1]  # (G,) a row of each group
    of_group = matrix[first]  # (G, C)
    wanted = max(1, round(share * len(first)))
    if is_multilabel:
        chosen = _choose_multilabel(of_group, wanted, seed)
    else:
        chosen = _choose_single_label(of_group.argmax(axis=1), wanted, seed)
    mask = np.isin(groups, chosen)  # groups are numbered 0..G-1 in the order of `first`
    is_absent = matrix.any(axis=0) & ~matrix[mask].any(axis=0)  # (C,)
    return HeldBack(mask, tuple(labels[index] for index in np.flatnonzero(is_absent).tolist()))


def _groups_of_equal_texts(examples: Sequence[Example]) -> NDArray[np.int64]:
    """(N,) int64: the number of each example's text, equal texts sharing one."""
    numbers: dict[tuple[str, ...], int] = {}
    texts = (tuple(text.strip() for text in example.fields.values()) for example in examples)
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], dtype=np.int64)


def _choose_single_label(targets: NDArray[np.int64], wanted: int, seed: int) -> NDArray[np.int64]:
    """`targets` is (G,) int64; the result the numbers of the chosen groups."""
    classes, counts = np.unique(targets, return_counts=True)
    divisible = np.flatnonzero(np.isin(targets, classes[counts >= 2]))
    n_classes = int((counts >= 2).sum())
    wanted = max(wanted, n_classes)  # StratifiedShuffleSplit wants a place for each class
    if n_classes < 2 or len(divisible) - wanted < n_classes:
        raise _too_few(len(targets), len(classes))
    splitter = StratifiedShuffleSplit(n_splits=1, test_size=wanted, random_state=seed)
    _, held = next(splitter.split(np.zeros(len(divisible)), targets[divisible]))
    return divisible[held]


def _choose_multilabel(matrix: NDArray[np.bool_], wanted: int, seed: int) -> NDArray[np.int64]:
    """`matrix` is (G, C) bool; the result the numbers of the chosen groups."""
    from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit

    if len(matrix) - wanted < 2:
        raise _too_few(len(matrix), matrix.shape[1])
    with_none = np.column_stack([matrix, ~matrix.any(axis=1)])
    with_none = with_none[:, with_none.any(axis=0)]
    splitter = MultilabelStratifiedShuffleSplit(n_splits=1, test_size=wanted, random_state=seed)
    _, held = next(splitter.split(np.zeros(len(matrix)), with_none.astype(int)))
    return np.asarray(held, dtype=np.int64)


def _too_few(texts: int, classes: int) -> DataError:
    return DataError(
        f"{texts} different texts of {classes} labels are too few to hold some back for validation "
        f"and test: each label needs at least two on both sides. Add texts, or give "
        f"--validation_file and --test_file"
    )
