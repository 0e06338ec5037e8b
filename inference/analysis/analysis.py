"""Analysis: what a scored file holds, beside what its model was trained on.

Owns the rows as they are analysed, with their truth where the file has one, and the counts that
the analysis page draws. What a word is: inference/evaluation/vocabulary.py; distances are drift.py,
the plane is projection.py.

Letters: N rows that were scored, C labels.

Try: python -c "from inference.analysis.analysis import length_names; print(length_names())"
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.batch import grading, scored_file
from inference.batch.scored_file import REJECTED, ScoredFile
from inference.batch.scoring import RowReader
from inference.core.errors import DataError
from inference.data.problem_types import MULTI
from inference.evaluation import proportions, stored_results, vocabulary
from inference.evaluation.leaderboard import Interval
from inference.evaluation.predictions import Predictions, Targets, label_table
from inference.evaluation.vocabulary import WordCounts
from inference.models.bundle import Bundle
from inference.models.receipt import RECEIPT_FILE, load_receipt

Bools = NDArray[np.bool_]

# Bars of the words in a text: up to 4, up to 9, ...
LENGTHS = (4, 9, 14, 19, 29, 39, 59, 99, 199)
SCORE_BINS = 20
MOST_SLICES = 12
EMPTY, OTHERS = "(empty)", "(others)"


@dataclass(frozen=True)
class Rows:
    """The rows of a file that have scores.

    numbers: (N,) of the rows in the file, from 0. texts: as the model read them.
    lengths: (N,) words. truth: (N, C); of rows without a usable label, nothing. is_labelled: (N,).
    """

    name: str
    labels: tuple[str, ...]
    problem_type: str
    numbers: NDArray[np.int64]
    texts: tuple[str, ...]
    lengths: NDArray[np.int64]
    scores: NDArray[np.float32]
    decided: Bools
    truth: Bools
    is_labelled: Bools
    words: WordCounts

    @property
    def is_multilabel(self) -> bool:
        return self.problem_type == MULTI

    @property
    def is_right(self) -> Bools:
        """(N,) whether all labels of a row were decided as its truth says; no for unlabelled."""
        right: Bools = (self.decided == self.truth).all(axis=1) & self.is_labelled
        return right


@dataclass(frozen=True)
class TrainedOn:
    """What a model learned from: rows, rows by label, and its words where they are stored."""

    rows: int
    label_counts: Mapping[str, int]
    words: WordCounts | None


@dataclass(frozen=True)
class Slice:
    """Rows that share a value: how many, how many of them are hits, and that share's interval."""

    value: str
    count: int
    hits: int
    interval: Interval | None

    @property
    def share(self) -> float:
        return self.hits / self.count


def read(file: ScoredFile, bundle: Bundle | None) -> Rows:
    """Read a scored file for analysis.

    bundle: how its model reads a row; without it, the text fields stand one after the other.

    Raises:
        DataError: the file is gone, or none of its rows has scores.
    """
    cells = scored_file.values(file, [*dict.fromkeys((*file.text_fields, REJECTED))])
    numbers = np.array([n for n, why in enumerate(cells[REJECTED]) if why is None], np.int64)
    if not len(numbers):
        raise DataError(f"None of the {file.rows} rows of {file.name} could be scored.")
    bundle = bundle or Bundle(file.labels, file.problem_type, text_fields=())
    reader = RowReader(bundle, file.text_fields)
    texts = tuple(
        reader.text({name: cells[name][number] for name in file.text_fields}) for number in numbers
    )
    truths = grading.truth_of(file)[0] if file.label_fields else {}
    truth = [truths.get(number, ()) for number in numbers.tolist()]
    return Rows(
        name=file.name,
        labels=file.labels,
        problem_type=file.problem_type,
        numbers=numbers,
        texts=texts,
        lengths=_lengths(texts),
        scores=scored_file.scores(file)[numbers],
        decided=scored_file.decided(file)[numbers],
        truth=label_table(truth, file.labels).astype(np.bool_),
        is_labelled=np.isin(numbers, list(truths)),
        words=vocabulary.count(texts),
    )


def of_test_set(name: str, truth: Targets, predictions: Predictions, texts: Sequence[str]) -> Rows:
    """The rows of a frozen test set, as a scored file would give them."""
    count = len(truth.matrix)
    assert len(texts) == len(predictions.scores) == count, f"{len(texts)} texts of {count} rows"
    return Rows(
        name=name,
        labels=truth.labels,
        problem_type=truth.problem_type,
        numbers=np.arange(count),
        texts=tuple(texts),
        lengths=_lengths(texts),
        scores=predictions.scores,
        decided=predictions.decided,
        truth=truth.matrix.astype(np.bool_),
        is_labelled=np.ones(count, np.bool_),
        words=vocabulary.count(texts),
    )


def trained_on(catalogue: Path, repo_id: str) -> TrainedOn | None:
    """What the catalogue folder knows of the training of a model on show; None for nothing.

    Raises:
        ModelError: a kept file cannot be read.
    """
    run = stored_results.folder_of(catalogue, repo_id)
    if not (run / RECEIPT_FILE).is_file():
        return None
    part = load_receipt(run).data.splits.train
    known = vocabulary.load(run) if (run / vocabulary.FILE_NAME).is_file() else None
    return TrainedOn(part.rows, part.label_counts, known)


def by_length(lengths: Mapping[int, int]) -> tuple[int, ...]:
    """Return how many texts fall under each bar of LENGTHS, and above the last."""
    counts = Counter({index: 0 for index in range(len(LENGTHS) + 1)})
    for length, many in lengths.items():
        counts[int(np.searchsorted(LENGTHS, length))] += many
    return tuple(counts[index] for index in range(len(LENGTHS) + 1))


def length_names() -> tuple[str, ...]:
    """The bars of by_length in words."""
    starts = (0, *(end + 1 for end in LENGTHS))
    return (*(f"{a} to {b}" for a, b in zip(starts, LENGTHS, strict=False)), f"{starts[-1]} on")


def by_score(scores: NDArray[np.float32]) -> tuple[int, ...]:
    """Return how many scores fall into each of 20 equal bins; those that are NaN into none."""
    counts, _ = np.histogram(scores[~np.isnan(scores)], SCORE_BINS, (0.0, 1.0))
    return tuple(counts.tolist())


def strongest(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the strongest score of every row, (N, C) -> (N,); NaN where all are unknown."""
    filled = np.where(np.isnan(scores), -1, scores).max(axis=1)
    return np.where(filled < 0, np.nan, filled).astype(np.float32)


def slices(values: Sequence[object], hits: Bools) -> tuple[Slice, ...]:
    """Return the share of hits for each value of a column, (N,) each.

    Numbers of more than 12 different values are cut into quarters, the lowest first; of other
    values the 12 most frequent stand alone, the largest slice first.
    """
    names, order = _grouped(values)
    return _sliced(names, order, hits)


def slices_by_length(lengths: NDArray[np.int64], hits: Bools) -> tuple[Slice, ...]:
    """Return the share of hits for texts of each length, the shortest first; (N,) each."""
    order = length_names()
    return _sliced([order[index] for index in np.searchsorted(LENGTHS, lengths)], order, hits)


def _lengths(texts: Sequence[str]) -> NDArray[np.int64]:
    return np.array([len(vocabulary.split(text)) for text in texts], np.int64)


def _sliced(names: Sequence[str], order: Sequence[str], hits: Bools) -> tuple[Slice, ...]:
    counts, right = Counter(names), Counter(np.array(names, dtype=object)[hits].tolist())
    return tuple(
        Slice(name, counts[name], right[name], proportions.interval(right[name], counts[name]))
        for name in order
        if counts[name]
    )


def _grouped(values: Sequence[object]) -> tuple[list[str], list[str]]:
    """A name for each value: itself, its quarter, or that of all rarer ones; and their order."""
    known = [value for value in values if not _is_missing(value)]
    numbers = [v for v in known if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) == len(known) and len(set(numbers)) > MOST_SLICES:
        edges = np.unique(np.quantile(numbers, (0, 0.25, 0.5, 0.75, 1)))
        names = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
        places = iter(np.clip(np.searchsorted(edges, numbers), 1, len(names)) - 1)
        return [EMPTY if _is_missing(v) else names[next(places)] for v in values], [*names, EMPTY]
    groups = [EMPTY if _is_missing(value) else str(value) for value in values]
    kept = [name for name, _ in Counter(groups).most_common(MOST_SLICES)]
    return [name if name in kept else OTHERS for name in groups], [*dict.fromkeys([*kept, OTHERS])]


def _is_missing(value: object) -> bool:
    return value is None or value != value  # NaN is not itself
