"""Shifts: in what the rows of a file differ from what their model was trained and measured on.

Owns what is held against what; the distances and the chance limit are drift.py. Not covered: a
change of meaning at the same labels, lengths and scores; for that some rows must be labelled.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.analysis import analysis, drift
from inference.analysis.analysis import Rows, TrainedOn
from inference.analysis.drift import Drift
from inference.evaluation.predictions import Predictions

TRAINING, TEST = "training", "the test set"
_MOST_SETS = 20


@dataclass(frozen=True)
class Shift:
    """What was held against what, and how far it has moved."""

    what: str
    against: str
    drift: Drift


def shifts(rows: Rows, training: TrainedOn | None, tested: Predictions | None) -> tuple[Shift, ...]:
    """Return every comparison that can be made.

    tested: what the same model said of its test set.
    """
    pairs: list[tuple[str, str, Sequence[int], Sequence[int]]] = []
    if training is not None and training.words is not None:
        before, now = (analysis.by_length(words.lengths) for words in (training.words, rows.words))
        pairs.append(("Words in a text", TRAINING, before, now))
    if training is not None and rows.is_labelled.any() and not rows.is_multilabel:
        counts = rows.truth[rows.is_labelled].sum(axis=0).tolist()
        known = [training.label_counts.get(label, 0) for label in rows.labels]
        pairs.append(("True labels", TRAINING, known, counts))
    if tested is not None:
        pairs.append(("Decided labels", TEST, *_label_sets(tested.decided, rows.decided)))
        tops = [analysis.by_score(analysis.strongest(scored.scores)) for scored in (tested, rows)]
        pairs.append(("Strongest score", TEST, tops[0], tops[1]))
    compared = [(what, against, drift.compare(old, new)) for what, against, old, new in pairs]
    return tuple(
        Shift(what, against, moved) for what, against, moved in compared if moved is not None
    )


def _label_sets(before: NDArray[np.bool_], now: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
    """How many rows have each set of labels, of two (N, C) tables; the rarer sets put together."""
    _, set_numbers = np.unique(np.concatenate([before, now]), axis=0, return_inverse=True)
    count = int(set_numbers.max()) + 1
    table = np.stack(
        [np.bincount(part, minlength=count) for part in np.split(set_numbers, [len(before)])]
    )  # (2, sets)
    order = np.argsort(-table.sum(axis=0), kind="stable")
    kept, rare = table[:, order[:_MOST_SETS]], table[:, order[_MOST_SETS:]].sum(axis=1)
    old_counts, new_counts = np.column_stack([kept, rare]).tolist()
    return old_counts, new_counts
