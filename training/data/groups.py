"""Which examples belong together: near duplicates, and rows of one group, such as one author.

Owns the numbering of what must not be torn apart when texts are held back; splits.py
chooses among the groups. Finding near duplicates is duplicates.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from inference.data.records import Example
from training.data.duplicates import exact_groups, near_duplicates

# N examples, G groups

# A chain of alike texts that holds more than this share of all would leave nothing to choose from.
_MAX_SHARE = 0.2


@dataclass(frozen=True)
class Groups:
    """`numbers` is (N,) int64: the group of each example, 0..G-1; `notes` say what was not kept."""

    numbers: NDArray[np.int64]
    notes: tuple[str, ...] = ()


def group_examples(examples: Sequence[Example]) -> Groups:
    """The groups of the examples: whoever shares a group or nearly a text, also by a chain.

    One template, or one "thanks" that all authors wrote, can chain most rows together. Where the
    largest group would hold over a fifth of them, alike texts count no more, only equal ones; and
    where these chain named groups, only the named groups do.
    """
    texts = _texts(examples)
    named = _named_groups(examples)
    is_named = any(example.group is not None for example in examples)
    equal = exact_groups(texts)
    least = named if is_named else equal
    allowed = max(_MAX_SHARE * len(examples), _largest(least))
    alike = _joined(named, near_duplicates(texts))
    if _largest(alike) <= allowed:
        return Groups(alike)
    chained = f"{_largest(alike)} of {len(examples)} texts are linked by nearly equal ones, so "
    same = _joined(named, equal)
    if _largest(same) <= allowed:
        return Groups(same, (chained + "only equal texts are kept in one part",))
    return Groups(named, (chained + "equal texts of different groups may be in several parts",))


def equal_texts(examples: Sequence[Example]) -> NDArray[np.int64]:
    """(N,) int64: the number of each example's text, equal ones sharing it."""
    return exact_groups(_texts(examples))


def _texts(examples: Sequence[Example]) -> list[str]:
    return ["\n".join(example.fields.values()) for example in examples]


def _named_groups(examples: Sequence[Example]) -> NDArray[np.int64]:
    """(N,) int64: rows with the same group share a number, a row without one has its own."""
    numbers: dict[str | int, int] = {}
    keys = (row if example.group is None else example.group for row, example in enumerate(examples))
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _joined(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N,) int64: the finest grouping in which groups of both numberings stay whole."""
    count = int(left.max()) + 1
    size = count + int(right.max()) + 1
    links = coo_matrix((np.ones(len(left), dtype=bool), (left, count + right)), shape=(size, size))
    return connected_components(links, directed=False)[1][left].astype(np.int64)


def _largest(groups: NDArray[np.int64]) -> int:
    return int(np.bincount(groups).max())
