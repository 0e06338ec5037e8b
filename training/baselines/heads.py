"""Regressions over what is read from texts: several strengths, of which validation keeps one.

Owns fitting and choosing them; how a text becomes features is baselines.py's.

Letters: N texts, C labels, F features of a text.
"""

import pickle  # to know a size: nothing is written, nothing read
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.base import ClassifierMixin, clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import FeatureUnion

from inference.data.records import Example
from inference.evaluation.dummy_models import FittedScorer, Floats
from inference.evaluation.metrics import summarise
from inference.models.bundle import Bundle
from inference.models.classifier import decide
from training.data.splits import label_matrix
from training.export import thresholds

Bools = NDArray[np.bool_]
Table: TypeAlias = csr_matrix | Floats  # (N, F)
Strength = Mapping[str, object]
"""What LogisticRegression is given."""

# Both are fitted, and the better one on validation is kept, as a careful person would. Over words
# and letters, MCC on validation parts was .541 and .567 (tweet_eval emotion), .416 and .427
# (offensive), .659 and .575 (2,000 iOS apps of 23 genres); mean ROC-AUC over the labels of 1,500
# comments of Wikipedia .951 and .948 (2026-11-21). Balanced classes make rare labels' scores too
# high: the decisions may be better, log-loss and calibration are not.
STRENGTHS: tuple[Strength, ...] = (
    {"C": 1.0, "class_weight": "balanced", "max_iter": 1000},
    {"C": 4.0, "class_weight": None, "max_iter": 1000},
)


class Heads:
    """Features -> probabilities of the labels, also of those that training has always or never."""

    def __init__(
        self, head: ClassifierMixin, table: Table, matrix: Bools, is_multilabel: bool
    ) -> None:
        """Fit copies of the head: one for all labels of a single-label task, else one for each."""
        self.constant = matrix.all(axis=0).astype(np.float64)  # (C,)
        is_learnable = matrix.any(axis=0) & ~matrix.all(axis=0)  # (N, C) -> (C,)
        self.fitted: list[tuple[NDArray[np.int64], ClassifierMixin]] = []  # (columns, head)
        if is_multilabel:
            for column in np.flatnonzero(is_learnable):
                fitted = clone(head).fit(table, matrix[:, column])
                self.fitted.append((np.array([column]), fitted))
        elif is_learnable.any():
            joint = clone(head).fit(table, matrix.argmax(axis=1))  # (N, C) -> (N,)
            self.fitted.append((joint.classes_, joint))

    def probabilities(self, table: Table) -> Floats:
        """(N, F) -> (N, C) in [0, 1]."""
        scores = np.tile(self.constant, (table.shape[0], 1))  # (C,) -> (N, C)
        for columns, head in self.fitted:
            # of yes and no, yes is the last
            scores[:, columns] = head.predict_proba(table)[:, -len(columns) :]
        return scores


@dataclass(frozen=True)
class Regression:
    """The function of a learned baseline: texts -> features (N, F) -> (N, C) by one head.

    features: what counts words and letters; None where an encoder reads the texts.
    """

    read: Callable[[Sequence[str]], Table]
    features: FeatureUnion | CountVectorizer | None
    head: Heads

    def __call__(self, texts: Sequence[str]) -> Floats:
        """N texts -> (N, C) in [0, 1]."""
        return self.head.probabilities(self.read(texts))


@dataclass(frozen=True)
class Learned:
    """What was learned: how a text is read, and several heads over that, of which one is kept."""

    read: Callable[[Sequence[str]], Table]
    size_bytes: int
    heads: tuple[Heads, ...]
    features: FeatureUnion | CountVectorizer | None = None
    engine_name: str = "scikit-learn"

    def scorer(self, head: Heads, bundle: Bundle) -> FittedScorer:
        """One head as a Scorer."""
        size_bytes = self.size_bytes + len(pickle.dumps(head))
        regression = Regression(self.read, self.features, head)
        return FittedScorer(bundle, size_bytes, regression, self.engine_name)


def regression_options(options: Mapping[str, float]) -> Strength:
    """What the options of baseline_options.py mean for a regression."""
    weight = "balanced" if options.get("balanced") else None
    return {"C": options.get("C", 1.0), "class_weight": weight, "max_iter": 1000}


@dataclass(frozen=True)
class Rated:
    """A head, its MCC on validation (-1 where it is undefined), and the bundle that decides."""

    mcc: float
    head: Heads
    bundle: Bundle


def rate_heads(learned: Learned, bundle: Bundle, validation: Sequence[Example]) -> list[Rated]:
    """Every head on the validation examples, with its thresholds, in the order of the heads."""
    table = learned.read([bundle.compose(example.fields) for example in validation])
    targets = label_matrix(validation, bundle.labels)  # (N, C)
    # (N, C), or (N,) class numbers
    truth = targets.astype(np.int64) if bundle.is_multilabel else targets.argmax(axis=1)
    rated: list[Rated] = []
    for head in learned.heads:
        scores = head.probabilities(table).astype(np.float32)
        decided = bundle
        if bundle.is_multilabel:
            chosen = thresholds.choose_on_scores(
                scores, targets, bundle.labels, bundle.problem_type
            )
            decided = chosen.apply(bundle)
        mcc = summarise(truth, scores, decide(decided, scores), bundle.labels).mcc
        rated.append(Rated(-1.0 if mcc is None else mcc, head, decided))
    return rated


def best_head(learned: Learned, bundle: Bundle, validation: Sequence[Example]) -> FittedScorer:
    """The head of highest MCC on validation, with its thresholds; of equals the first."""
    if not validation:
        return learned.scorer(learned.heads[0], bundle)
    best = max(rate_heads(learned, bundle, validation), key=lambda rated: rated.mcc)
    return learned.scorer(best.head, best.bundle)
