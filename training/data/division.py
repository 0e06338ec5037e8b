"""Division: the examples of one file -> parts of it, by label, by group or by time.

Owns which of the three ways is taken and that what is left can be learned from. The ways
themselves are splits.py, what stays together groups.py.

Try: python -m training.train --train_file posts.csv --group_field author
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.core.errors import DataError
from inference.data.problem_types import MULTI
from inference.data.records import Example, Records
from training.data.groups import equal_texts, group_examples
from training.data.splits import hold_back, hold_back_groups, hold_back_latest, label_matrix
from training.settings.data_config import LabelledDataConfig

# N examples, C labels


@dataclass(frozen=True)
class Division:
    """The parts that were held back, and `train`, what is left; `notes` name what was given up."""

    parts: Mapping[str, tuple[Example, ...]]
    notes: tuple[str, ...]


def divide_records(
    whole: Records, shares: Mapping[str, float], config: LabelledDataConfig, *, seed: int
) -> Division:
    """Parts of these shares of the whole, held back one after the other.

    The latest texts where time_field is set, whole groups where group_field is, else a stratified
    choice; with both set the latest, groups being as late as their latest row.

    Raises:
        DataError: too few texts to divide, or those left all have the same labels.
    """
    groups = group_examples(whole.examples)
    matrix = label_matrix(whole.examples, whole.labels)
    left = np.arange(len(whole.examples))
    rows: dict[str, NDArray[np.int64]] = {}
    for name, share in shares.items():
        of_left = share * len(matrix) / len(left)
        numbers = groups.numbers[left]
        if config.time_field:
            mask = hold_back_latest(
                [whole.examples[row] for row in left.tolist()], numbers, of_left
            )
        elif config.group_field:
            mask = hold_back_groups(matrix[left], numbers, of_left, seed=seed)
        else:
            is_multilabel = whole.problem_type == MULTI
            mask = hold_back(matrix[left], numbers, of_left, seed=seed, is_multilabel=is_multilabel)
        rows[name], left = left[mask], left[~mask]
    rows["train"] = left
    _require_contrast(matrix[left], config)
    parts = {
        name: tuple(whole.examples[row] for row in chosen.tolist()) for name, chosen in rows.items()
    }
    return Division(parts, groups.notes)


def thin_examples(
    train: Sequence[Example], labels: Sequence[str], count: int, *, seed: int, is_multilabel: bool
) -> tuple[Example, ...]:
    """At most `count` of the examples, stratified; rare labels are the last to be dropped."""
    dropped = hold_back(
        label_matrix(train, labels),
        equal_texts(train),
        1 - count / len(train),
        seed=seed,
        is_multilabel=is_multilabel,
    )
    kept = np.flatnonzero(~dropped)
    if len(kept) > count:  # equal texts, and the iterative split, come near to the share only
        kept = np.sort(np.random.default_rng(seed).choice(kept, count, replace=False))
    return tuple(train[row] for row in kept.tolist())


def _require_contrast(matrix: NDArray[np.bool_], config: LabelledDataConfig) -> None:
    if len(np.unique(matrix, axis=0)) < 2:
        raise DataError(
            f"the {len(matrix)} texts that are left to train on, after holding some back by "
            f"{config.time_field or config.group_field or 'label'}, all have the same labels; "
            "hold back less (--test_size, --validation_size), or divide by another column"
        )
