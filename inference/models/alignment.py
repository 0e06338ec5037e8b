"""Another model's labels -> the task's labels, so that both can stand in one table.

A label of the task that no label of the model means is n/a: its scores are NaN, never 0, and it is
never decided. Whether two labels mean the same is the catalogue's claim, not checked here; whether
a model's logits were made for softmax is, as far as they show it.

Letters: N texts, S labels of the model, C labels of the task.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import yaml
from numpy.typing import NDArray

from inference.core.errors import ModelError
from inference.data.problem_types import MULTI, SINGLE
from inference.models.bundle import Bundle
from inference.models.classifier import Scorer

# Texts of which most labels do not hold, whatever the labels are.
_PROBES = (
    "ok",
    "How do I change the address of my order?",
    "The meeting is on Tuesday at ten.",
    "I read the book on the train.",
)
_LOWEST_MEAN_LOGIT = -1.0


class SigmoidHeadReadAsSoftmax(UserWarning):
    """A model says that one label holds, but its logits look as if each was trained by itself."""


class HasLogits(Protocol):
    """A classifier whose logits can be looked at."""

    @property
    def bundle(self) -> Bundle: ...

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, S) float32 logits."""


class Aligned:
    """A scorer that answers in the labels of the task."""

    def __init__(self, scorer: Scorer, bundle: Bundle, sources: Sequence[Sequence[int]]) -> None:
        """Keep the scorer; sources[c] are the model's labels that mean the task's label c."""
        self.bundle = bundle
        self.size_bytes = scorer.size_bytes
        self.engine_name = scorer.engine_name
        self._scorer = scorer
        self._sources = sources

    def score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, C) float32 in [0, 1], NaN in the column of a label that the model lacks.

        Several labels of the model for one of the task: their sum where they exclude each other
        (softmax), else the greatest (sigmoid), as they may hold at once.

        Raises:
            TextError: a text is not a str or is blank.
        """
        own = self._scorer.score(texts)  # (N, S)
        is_multilabel = self._scorer.bundle.is_multilabel
        aligned = np.full((len(own), len(self._sources)), np.nan, np.float32)  # (N, C)
        for label, sources in enumerate(self._sources):
            if sources:
                columns = own[:, list(sources)]  # (N, S) -> (N, merged)
                merged = columns.max(axis=1) if is_multilabel else columns.sum(axis=1)  # (N,)
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
            raise ModelError(_unmapped(own.labels, labels))
        label_map = {label: label for label in labels}
    _check(label_map, own, labels, problem_type)
    is_identity = own.labels == tuple(labels) and all(
        label_map.get(name) == name for name in labels
    )
    if is_identity and own.problem_type == problem_type:
        return scorer
    sources = [
        [
            own.labels.index(model_label)
            for model_label, task_label in label_map.items()
            if task_label == label
        ]
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
    for named, known, whose in (
        (label_map, own.labels, "model"),
        (label_map.values(), labels, "task"),
    ):
        unknown = sorted(set(named) - set(known))
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
            "for exactly one, which such scores cannot answer. If its config.json is wrong, set "
            f"problem_type: {SINGLE} in its entry"
        )


def _unmapped(own: Sequence[str], labels: Sequence[str]) -> str:
    """What to say of a model without a map, with one to fill in; equal names are filled in."""
    # Equal but for case: near is not enough, as "unhappy" is near "happy".
    by_name = {label.casefold(): label for label in labels}
    guess = {mine: by_name.get(mine.casefold()) for mine in own}
    # in one line, to be pasted; YAML itself quotes what needs it
    entry = yaml.safe_dump(
        guess, default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True
    ).strip()
    return (
        f"the model has the labels {', '.join(own)}, the task {', '.join(labels)}; add this to its "
        f"entry in models.yaml and put a label of the task for each null that has one: "
        f"label_map: {entry}"
    )


def warn_of_sigmoid_head(classifier: HasLogits, name: str) -> None:
    """Warn (SigmoidHeadReadAsSoftmax) if a single-label model's logits are those of a sigmoid head.

    The gradient of softmax with cross-entropy sums to zero over the labels, so their mean logit
    stays near the 0 where a fresh head has it; sigmoid with binary cross-entropy pushes every logit
    far below 0 on a text that has none of the labels. On a toy set the means were 0.1 and -1.2 to
    -2.8. A sigmoid head that finds some label in every text is not noticed.
    """
    if classifier.bundle.is_multilabel or len(classifier.bundle.labels) < 2:
        return
    mean = float(classifier.logits(_PROBES).mean())  # (N, S) -> one number
    if mean < _LOWEST_MEAN_LOGIT:
        warnings.warn(
            f"{name} says {SINGLE}, but its logits (on average {mean:.1f} on plain texts) look as "
            f"if each label was trained by itself, so that softmax would mislead; set "
            f"problem_type: {MULTI} in its entry, or {SINGLE} if that is meant",
            SigmoidHeadReadAsSoftmax,
            stacklevel=2,
        )


def _thresholds(own: Bundle, sources: Sequence[Sequence[int]]) -> tuple[float, ...]:
    """Return the threshold of each label; of several merged ones the lowest, 0.5 where n/a."""
    return tuple(min((own.thresholds[s] for s in group), default=0.5) for group in sources)
