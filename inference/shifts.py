"""Shifts: in what the rows of a file differ from what their model was trained and measured on.

Owns what is held against what; the distances and the chance limit are drift.py. Not covered: a
change of meaning at the same labels, lengths and scores; for that some rows must be labelled.

Try: python -m pytest -q tests/inference/test_shifts.py
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference import analysis, drift
from inference.analysis import Rows, TrainedOn
from inference.contrast import named
from inference.drift import Drift
from inference.predictions import Predictions

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
        before, now = (analysis.by_length(one.lengths) for one in (training.words, rows.words))
        pairs.append(("Words in a text", TRAINING, before, now))
    if training is not None and rows.is_labelled.any() and not rows.is_multilabel:
        counts = rows.truth[rows.is_labelled].sum(axis=0).tolist()
        known = [training.label_counts.get(label, 0) for label in rows.labels]
        pairs.append(("True labels", TRAINING, known, counts))
    if tested is not None:
        sets = _side_by_side(_sets(tested.decided, rows.labels), _sets(rows.decided, rows.labels))
        pairs.append(("Decided labels", TEST, *sets))
        tops = [analysis.by_score(analysis.strongest(one.scores)) for one in (tested, rows)]
        pairs.append(("Strongest score", TEST, tops[0], tops[1]))
    found = [(what, against, drift.compare(old, new)) for what, against, old, new in pairs]
    return tuple(Shift(what, against, moved) for what, against, moved in found if moved is not None)


def _sets(decided: NDArray[np.bool_], labels: Sequence[str]) -> list[str]:
    """The labels of each row together, as one name."""
    return [named(decided, row, labels) for row in range(len(decided))]


def _side_by_side(before: Sequence[str], now: Sequence[str]) -> tuple[list[int], list[int]]:
    """Counts of the same names, the rarer ones put together."""
    frequent = [name for name, _ in Counter([*before, *now]).most_common(_MOST_SETS)]
    sides = []
    for names in (before, now):
        counts = Counter(names)
        kept = [counts[name] for name in frequent]
        sides.append([*kept, len(names) - sum(kept)])
    return sides[0], sides[1]
