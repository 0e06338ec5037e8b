"""Copies: the same text twice in a part, with different labels, or in two given parts.

Owns what repetition means for a data set; which texts are the same is duplicates.py's to say. A
copy across parts is a leak: a model is then tested on what it was trained on. An exact copy is an
error that stops a training; a near one is a warning, because templates ("A tag has been placed on
...") make honest near copies: 68 of Jigsaw's 4,994 test texts, none of TweetEval's.

Try: python -m training.doctor train.csv --test_file test.csv
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from inference.runs.data_report import Finding, Leak
from training.data.duplicates import exact_groups, near_duplicates
from training.doctor.findings import Part, share_in_words

# N texts of all parts together, in order

_REMEDY = "results on them flatter. Take them out of {} with --fix DIR, or {}"
_IF_EXACT = "go on with --allow_leaks if the parts are meant so"
_IF_NEAR = "leave them if such texts will come again, as those of a template do"


@dataclass(frozen=True)
class Copies:
    """The findings about repetition, and every row that --fix takes out."""

    findings: tuple[Finding, ...]
    leaks: tuple[Leak, ...]


@dataclass(frozen=True)
class _TextGroups:
    """Group numbers of all texts, (N,) int64, and where each part's texts lie among them."""

    exact: NDArray[np.int64]
    near: NDArray[np.int64]
    slices: tuple[slice, ...]


def find(parts: Sequence[Part]) -> Copies:
    """Repetition within and across the parts, which come in the order train, validation, test."""
    texts = [text for part in parts for text in part.texts]
    ends = np.cumsum([0, *(len(part.texts) for part in parts)]).tolist()
    slices = tuple(slice(start, end) for start, end in pairwise(ends))
    groups = _TextGroups(exact_groups(texts), near_duplicates(texts), slices)
    findings = [
        *(
            finding
            for part, rows in zip(parts, slices, strict=True)
            for finding in _within(part, groups, rows)
        ),
        *_conflicts(parts, groups),
    ]
    leaks: list[Leak] = []
    for first, second in combinations(range(len(parts)), 2):
        for is_exact in (True, False):
            shared, removable = _across(parts, groups, first, second, is_exact=is_exact)
            findings += shared
            leaks += removable
    return Copies(tuple(findings), _each_row_once(leaks))


def _within(part: Part, groups: _TextGroups, rows: slice) -> list[Finding]:
    exact = _repeats(groups.exact[rows])
    near = np.setdiff1d(_repeats(groups.near[rows]), exact)
    findings = []
    if len(exact):
        message = (
            f"{share_in_words(len(exact), len(part.texts))} texts of {part.name} repeat an earlier "
            "one but for blanks and case: they count double. A split keeps them on one side"
        )
        places = part.places(exact.tolist())
        findings.append(Finding("exact_duplicates", "note", len(exact), message, places))
    if len(near):
        message = (
            f"{share_in_words(len(near), len(part.texts))} texts of {part.name} are nearly the "
            "same as another: a template, or a copy with small changes"
        )
        places = part.places(near.tolist())
        findings.append(Finding("near_duplicates", "note", len(near), message, places))
    return findings


def _repeats(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """The indices of all texts but the first of each group."""
    return np.setdiff1d(np.arange(len(groups)), np.unique(groups, return_index=True)[1])


def _conflicts(parts: Sequence[Part], groups: _TextGroups) -> list[Finding]:
    labels: dict[int, set[tuple[str, ...]]] = defaultdict(set)
    places: dict[int, list[str]] = defaultdict(list)
    for part, rows in zip(parts, groups.slices, strict=True):
        for index, group in enumerate(groups.exact[rows].tolist()):
            labels[group].add(part.examples[index].labels)
            places[group].append(part.place(index))
    torn = [group for group, seen in labels.items() if len(seen) > 1]
    if not torn:
        return []
    message = (
        f"{len(torn):,} texts occur with different labels: no model can get all of them right. "
        "Choose one label for each"
    )
    shown = [place for group in torn for place in places[group]]
    return [Finding("conflicting_labels", "warning", len(torn), message, tuple(shown[:5]))]


def _across(
    parts: Sequence[Part], groups: _TextGroups, first: int, second: int, *, is_exact: bool
) -> tuple[list[Finding], list[Leak]]:
    """What two parts share; with is_exact false, what is near but has no exact copy."""
    numbers = groups.exact if is_exact else groups.near
    earlier, later = numbers[groups.slices[first]], numbers[groups.slices[second]]
    in_earlier, in_later = np.isin(earlier, later), np.isin(later, earlier)
    if not is_exact:
        exact = groups.exact[groups.slices[first]], groups.exact[groups.slices[second]]
        in_earlier &= ~np.isin(*exact)
        in_later &= ~np.isin(*exact[::-1])
    place_in_earlier = _first_places(parts[first], earlier)
    place_in_later = _first_places(parts[second], later)
    leaks = [
        Leak(
            parts[first].name,
            parts[first].examples[index].row,
            parts[first].place(index),
            place_in_later[int(earlier[index])],
            is_exact,
        )
        for index in np.flatnonzero(in_earlier).tolist()
    ]
    copied = np.flatnonzero(in_later).tolist()
    if not copied:
        return [], leaks
    kind = "also occur" if is_exact else "nearly occur"
    remedy = _REMEDY.format(parts[first].name, _IF_EXACT if is_exact else _IF_NEAR)
    message = (
        f"{share_in_words(len(copied), len(later))} texts of {parts[second].name} {kind} in "
        f"{parts[first].name}: {remedy}"
    )
    places = tuple(
        f"{parts[second].place(index)} = {place_in_earlier[int(later[index])]}"
        for index in copied[:5]
    )
    if is_exact:
        return [Finding("leak", "error", len(copied), message, places)], leaks
    return [Finding("near_leak", "warning", len(copied), message, places)], leaks


def _first_places(part: Part, groups: NDArray[np.int64]) -> dict[int, str]:
    numbers, first = np.unique(groups, return_index=True)
    return dict(zip(numbers.tolist(), map(part.place, first.tolist()), strict=True))


def _each_row_once(leaks: Sequence[Leak]) -> tuple[Leak, ...]:
    """A row of train may have copies in validation and in test; the first, an exact one, stands."""
    ordered = sorted(leaks, key=lambda leak: not leak.is_exact)
    return tuple({leak.place: leak for leak in reversed(ordered)}.values())[::-1]
