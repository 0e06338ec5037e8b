"""Suspected label errors: rows whose label a simple model, trained without them, finds unlikely.

Owns the out-of-fold scores by counted words; what they say of the labels is label_issues.py's. A
training that leaves suspects out asks its encoder instead. A suspect is worth a look, no more: with
5 % of the labels changed on purpose, 60 % to 96 % of the first 50 suspects were changed ones
(TweetEval emotion, Jigsaw toxic, iOS apps), but only 15 % to 58 % of all. Copies of one text in
several folds vouch for each other's labels, wrong ones too.

Try: python -m training.doctor tweets.csv
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier

from inference.data.problem_types import MULTI
from inference.runs.data_report import Finding, Suspect
from training.data.splits import label_matrix
from training.doctor.findings import Part
from training.doctor.label_issues import LEAST_TEXTS, find_issues

# N texts, C labels

_FOLDS = 3
_MAX_FEATURES = 50_000
_MAX_CHARS = 1_000  # of a text; the rest costs seconds and adds little
_MAX_LISTED = 100


@dataclass(frozen=True)
class Suspects:
    """The findings, and up to 100 suspects, the most suspicious first."""

    findings: tuple[Finding, ...]
    ranked: tuple[Suspect, ...]


NONE = Suspects((), ())
"""What there is when nobody asked."""


def find(part: Part, labels: Sequence[str], *, seed: int) -> Suspects:
    """The suspects of one part; none where the words do not tell the labels apart."""
    matrix = label_matrix(part.examples, labels)  # (N, C)
    is_multilabel = part.records.problem_type == MULTI
    usable = _divisible(matrix, is_multilabel=is_multilabel)
    if len(usable) < LEAST_TEXTS:
        return _not_sought(f"{len(usable)} rows are too few")
    matrix = matrix[usable]
    present = np.flatnonzero(matrix.any(axis=0) & ~matrix.all(axis=0))
    if len(present) < 1 + (not is_multilabel):
        return _not_sought("fewer than two labels have rows enough")
    texts = [part.texts[index][:_MAX_CHARS] for index in usable.tolist()]
    scores = _out_of_fold(texts, matrix[:, present], is_multilabel=is_multilabel, seed=seed)
    issues = find_issues(scores, matrix[:, present], is_multilabel=is_multilabel)
    if issues is None:
        return _not_sought("their words hardly tell the labels")
    names = [labels[index] for index in present.tolist()]
    ranked = tuple(
        Suspect(
            part.place(int(usable[index])),
            part.examples[int(usable[index])].labels,
            tuple(name for name, has in zip(names, issues.decided[index], strict=True) if has),
            round(float(issues.quality[index]), 4),
        )
        for index in issues.ranked[:_MAX_LISTED].tolist()
    )
    return Suspects(_finding(len(issues.ranked), part.name, ranked), ranked)


def _finding(count: int, name: str, ranked: Sequence[Suspect]) -> tuple[Finding, ...]:
    if not ranked:
        return ()
    message = (
        f"{count:,} rows of {name} have a label that fits their words badly. The first ones are "
        "worth a look: they are ranked, and further down most are only hard"
    )
    places = tuple(suspect.place for suspect in ranked[:5])
    return (Finding("suspected_labels", "note", count, message, places),)


def _not_sought(reason: str) -> Suspects:
    message = f"suspected label errors were not sought: {reason}"
    return Suspects((Finding("suspects_not_sought", "note", 0, message),), ())


def _divisible(matrix: NDArray[np.bool_], *, is_multilabel: bool) -> NDArray[np.int64]:
    """The rows that can be scored out of fold: those of labels with a row for each fold."""
    if is_multilabel:
        return np.arange(len(matrix))
    enough = matrix.sum(axis=0) >= _FOLDS
    return np.flatnonzero((matrix & enough).any(axis=1))


def _out_of_fold(
    texts: Sequence[str], matrix: NDArray[np.bool_], *, is_multilabel: bool, seed: int
) -> NDArray[np.float64]:
    """(N, C) in [0, 1]: scores of each text by a model that has not seen it."""
    vectors = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, min_df=2, max_features=_MAX_FEATURES
    ).fit_transform(texts)
    # Logistic regression by gradient descent: as good a ranking as lbfgs, 10 to 30 times as fast.
    model = SGDClassifier(loss="log_loss", alpha=1e-5, max_iter=20, tol=None, random_state=seed)
    if is_multilabel:
        folds = KFold(_FOLDS, shuffle=True, random_state=seed)
        model, targets = OneVsRestClassifier(model), matrix.astype(int)
    else:
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
        targets = matrix.argmax(axis=1)
    scores = cross_val_predict(model, vectors, targets, cv=folds, method="predict_proba")
    return np.asarray(scores, dtype=np.float64)
