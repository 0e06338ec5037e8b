"""Another model's labels -> the task's labels, so that both can stand in one table.

A label of the task that no label of the model means is n/a: its scores are NaN, never 0, and it is
never decided. Whether two labels mean the same is the catalogue's claim, not checked here.

Letters: N texts, S labels of the model, C labels of the task.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inference.bundle import Bundle
from inference.classifier import Scorer
from inference.errors import ModelError


class Aligned:
    """A scorer that answers in the labels of the task."""

    def __init__(self, scorer: Scorer, bundle: Bundle, sources: Sequence[Sequence[int]]) -> None:
        """Keep the scorer; sources[c] are the model's labels that mean the task's label c."""
        self.bundle = bundle
        self.size_bytes = scorer.size_bytes
        self._scorer = scorer
        self._sources = sources

    def score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, C) float32 in [0, 1], NaN in the column of a label that the model lacks.

        Several labels of the model for one of the task: their sum where they exclude each other
        (softmax), else the greatest (sigmoid), as they may hold at once.

        Raises:
            TextError: a text is not a str or is blank.
        """
        own = self._scorer.score(texts)
        is_multilabel = self._scorer.bundle.is_multilabel
        aligned = np.full((len(own), len(self._sources)), np.nan, np.float32)
        for label, sources in enumerate(self._sources):
            if sources:
                columns = own[:, list(sources)]
                merged = columns.max(axis=1) if is_multilabel else columns.sum(axis=1)
                aligned[:, label] = np.minimum(merged, 1)  # float sums can pass 1 by a hair
        return aligned


def align(
    scorer: Scorer,
    labels: Sequence[str],
    problem_type: str,
    label_map: Mapping[str, str] | None = None,
) -> Scorer:
    """Return the scorer in terms of the task: itself where the labels are the task's already.

    label_map: the model's label -> the task's label; the model's other labels are left out. None
        claims that the model has exactly the task's labels, in whatever order.

    Raises:
        ModelError: a label is unknown, or the model's scores cannot be read as the task asks.
    """
    own = scorer.bundle
    if label_map is None:
        if set(own.labels) != set(labels):
            raise ModelError(
                f"the model has the labels {', '.join(own.labels)}, the task "
                f"{', '.join(labels)}; give the model a label_map in models.yaml"
            )
        label_map = {label: label for label in labels}
    _check(label_map, own, labels, problem_type)
    is_identity = own.labels == tuple(labels) and all(
        label_map.get(name) == name for name in labels
    )
    if is_identity and own.problem_type == problem_type:
        return scorer
    sources = [
        [own.labels.index(mine) for mine, its in label_map.items() if its == label]
        for label in labels
    ]
    bundle = replace(
        own,
        labels=tuple(labels),
        problem_type=problem_type,
        thresholds=_thresholds(own, sources) if own.is_multilabel else (),
    )
    return Aligned(scorer, bundle, sources)


def _check(
    label_map: Mapping[str, str], own: Bundle, labels: Sequence[str], problem_type: str
) -> None:
    for given, known, whose in (
        (label_map, own.labels, "model"),
        (label_map.values(), labels, "task"),
    ):
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise ModelError(
                f"label_map names {', '.join(unknown)}, which the {whose} does not have; "
                f"its labels: {', '.join(known)}"
            )
    if not label_map:
        raise ModelError("label_map is empty; map at least one label of the model")
    if own.is_multilabel and problem_type != own.problem_type:
        raise ModelError(
            "the model scores each label by itself, so several or none may hold; the task asks "
            "for exactly one, which such scores cannot answer"
        )


def _thresholds(own: Bundle, sources: Sequence[Sequence[int]]) -> tuple[float, ...]:
    """Return the cut-off of each label; of several merged ones the lowest, 0.5 where n/a."""
    return tuple(min((own.thresholds[s] for s in group), default=0.5) for group in sources)
