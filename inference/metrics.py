"""Figures of a classifier on a labelled set, each defined or None with the reason.

Owns the formulas, in NumPy alone so that a served page need not load scikit-learn; the tests hold
each against scikit-learn. An undefined figure (an AUC of a label that no example has) is None,
never 0, and no warning is printed. These are point values: they say nothing about chance.

Letters: N examples, C labels, K distinct scores.

Try: python -m pytest -q tests/inference/test_metrics.py
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.errors import DataError

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_CALIBRATION_BINS = 15  # as Guo et al. 2017
_LEAST_PROBABILITY = 1e-7  # a score of exactly 0 for what happened would cost infinitely much


@dataclass(frozen=True)
class Metrics:
    """Figures of one model on N examples; undefined says why a figure, or a label of it, is None.

    accuracy: share of examples decided exactly right, in all their labels.
    mcc, balanced_accuracy: of the classes; multi-label: mean over labels. A model that always
        decides the same has MCC 0, as scikit-learn has it.
    macro_f1: mean of f1; weighted_f1: the same weighted by how many examples have the label.
    roc_auc, pr_auc: mean over labels of one label against the rest; pr_auc is average precision.
    log_loss: mean of -ln(score of what happened); multi-label: mean over labels.
    ece: expected calibration error in 15 bins (Guo et al. 2017, arXiv:1706.04599) of the strongest
        label's score; multi-label: mean over labels of each score.
    f1, roc_auc_by_label, pr_auc_by_label: (C,) in the order of the labels.
    """

    examples: int
    accuracy: float
    mcc: float | None
    balanced_accuracy: float | None
    macro_f1: float | None
    micro_f1: float | None
    weighted_f1: float | None
    roc_auc: float | None
    pr_auc: float | None
    log_loss: float | None
    ece: float | None
    f1: tuple[float | None, ...]
    roc_auc_by_label: tuple[float | None, ...]
    pr_auc_by_label: tuple[float | None, ...]
    undefined: tuple[str, ...]


@dataclass(frozen=True)
class _Set:
    """One model on one set: (N, C) truth, scores and decisions; (C,) which labels it knows."""

    truth: Bools
    scores: Floats
    decided: Bools
    known: Bools
    is_multilabel: bool
    names: tuple[str, ...]
    reasons: list[str]  # grows as figures turn out undefined


# truth, decisions and scores of one label, (N,) each -> its figure
_Figure = Callable[[Bools, Bools, Floats], float | None]


def summarise(
    targets: NDArray, scores: NDArray, decisions: NDArray, labels: Sequence[str] = ()
) -> Metrics:
    """Return the figures of one model.

    targets: (N,) class numbers for a single-label task, (N, C) of 0 and 1 for a multi-label one.
    scores: (N, C) in [0, 1]; a column of NaN is a label that the model does not know, which counts
        in accuracy but in no mean over labels.
    decisions: (N, C) bool.
    labels: names for the reasons; numbers unless given.

    Raises:
        DataError: there is no example.
    """
    if not len(targets):
        raise DataError("there is no example to measure on; expected at least one")
    assert scores.shape == decisions.shape, f"{scores.shape} scores, {decisions.shape} decisions"
    data = _gather(targets, scores, decisions, labels)
    f1 = _by_label(data, "F1", _f1)
    roc_auc = _by_label(data, "ROC-AUC", _roc_auc)
    pr_auc = _by_label(data, "PR-AUC", _average_precision)
    return Metrics(
        examples=len(targets),
        accuracy=float((data.truth == data.decided).all(axis=1).mean()),
        mcc=_mcc(data),
        balanced_accuracy=_balanced_accuracy(data),
        macro_f1=_mean(f1),
        micro_f1=_f1(data.truth[:, data.known], data.decided[:, data.known], None),
        weighted_f1=_mean(f1, data.truth.sum(axis=0)),
        roc_auc=_mean(roc_auc),
        pr_auc=_mean(pr_auc),
        log_loss=_log_loss(data),
        ece=_calibration_error(data),
        f1=f1,
        roc_auc_by_label=roc_auc,
        pr_auc_by_label=pr_auc,
        undefined=tuple(data.reasons),
    )


def _gather(targets: NDArray, scores: NDArray, decisions: NDArray, labels: Sequence[str]) -> "_Set":
    is_multilabel = targets.ndim == 2
    truth = targets if is_multilabel else np.eye(scores.shape[1])[targets]
    data = _Set(
        truth=np.asarray(truth, dtype=bool),
        scores=np.asarray(scores, dtype=np.float64),
        decided=np.asarray(decisions, dtype=bool),
        known=~np.isnan(scores).any(axis=0),
        is_multilabel=is_multilabel,
        names=tuple(labels) or tuple(map(str, range(scores.shape[1]))),
        reasons=[],
    )
    for column in np.nonzero(~data.known)[0]:
        data.reasons.append(f"{data.names[column]}: the model does not know this label")
    return data


def _by_label(data: _Set, title: str, figure: _Figure) -> tuple[float | None, ...]:
    """Return a figure of every label, (C,); notes which of the known ones are undefined."""
    values: list[float | None] = []
    for column, name in enumerate(data.names):
        value = None
        if data.known[column]:
            value = figure(data.truth[:, column], data.decided[:, column], data.scores[:, column])
            if value is None:
                data.reasons.append(f"{title} of {name}: {_reason(data.truth[:, column])}")
        values.append(value)
    return tuple(values)


def _reason(truth: Bools) -> str:
    return "every example has it" if truth.all() else "no example has it"


def _mean(values: Sequence[float | None], weights: NDArray | None = None) -> float | None:
    """Return the mean of the defined values; None when there is none, or no weight on them."""
    chosen = np.ones(len(values)) if weights is None else weights
    pairs = [(v, float(w)) for v, w in zip(values, chosen, strict=True) if v is not None]
    total = sum(weight for _, weight in pairs)
    return sum(value * weight for value, weight in pairs) / total if total else None


def _f1(truth: Bools, decided: Bools, scores: Floats | None) -> float | None:
    ever = truth.sum() + decided.sum()
    return float(2 * (truth & decided).sum() / ever) if ever else None


def _roc_auc(truth: Bools, decided: Bools, scores: Floats) -> float | None:
    if truth.all() or not truth.any():
        return None
    hits, alarms = _curve(truth, scores)
    return float(np.trapezoid(hits / hits[-1], alarms / alarms[-1]))


def _average_precision(truth: Bools, decided: Bools, scores: Floats) -> float | None:
    if not truth.any():
        return None
    hits, alarms = _curve(truth, scores)
    precision = hits[1:] / (hits[1:] + alarms[1:])
    return float((np.diff(hits) / hits[-1] * precision).sum())


def _curve(truth: Bools, scores: Floats) -> tuple[Floats, Floats]:
    """Return true and false positives at each threshold, from the highest down, (K+1,) each."""
    distinct, place = np.unique(-scores, return_inverse=True)
    hits = np.bincount(place, truth, len(distinct)).cumsum()
    alarms = np.bincount(place, ~truth, len(distinct)).cumsum()
    return np.concatenate([[0.0], hits]), np.concatenate([[0.0], alarms])


def _mcc(data: _Set) -> float | None:
    """Return Matthews' correlation, for several classes that of Gorodkin 2004."""
    if not data.is_multilabel:
        if (data.truth.sum(axis=0) > 0).sum() < 2:
            data.reasons.append("MCC: all examples are of one class")
            return None
        return _correlation(data.truth, data.decided)

    def of_label(truth: Bools, decided: Bools, scores: Floats) -> float | None:
        if truth.all() or not truth.any():
            return None
        both = np.stack([~truth, truth], axis=1), np.stack([~decided, decided], axis=1)
        return _correlation(*both)

    return _mean(_by_label(data, "MCC", of_label))


def _correlation(truth: Bools, decided: Bools) -> float:
    """Return the correlation of two one-hot (N, C) tables; 0 when one of them is constant."""
    count = len(truth)
    # an example that nothing was decided for counts as one more class
    chosen = np.append(decided.sum(axis=0), count - decided.any(axis=1).sum()).astype(float)
    true = np.append(truth.sum(axis=0), 0).astype(float)
    covariance = (truth & decided).sum() * count - chosen @ true
    spread = (count**2 - chosen @ chosen) * (count**2 - true @ true)
    return float(covariance / np.sqrt(spread)) if spread else 0.0


def _balanced_accuracy(data: _Set) -> float | None:
    """Return the mean recall of the classes that occur; multi-label: of yes and no, by label."""

    def recall(truth: Bools, decided: Bools) -> float:
        return float((truth & decided).sum() / truth.sum())

    def of_label(truth: Bools, decided: Bools, scores: Floats) -> float | None:
        if truth.all() or not truth.any():
            return None
        return (recall(truth, decided) + recall(~truth, ~decided)) / 2

    if data.is_multilabel:
        return _mean(_by_label(data, "balanced accuracy", of_label))
    occurring = np.nonzero(data.truth.any(axis=0))[0]
    if len(occurring) < 2:
        data.reasons.append("balanced accuracy: all examples are of one class")
        return None
    return _mean([recall(data.truth[:, c], data.decided[:, c]) for c in occurring if data.known[c]])


def _log_loss(data: _Set) -> float | None:
    scores = np.clip(data.scores, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    if data.is_multilabel:
        happened = np.where(data.truth, scores, 1 - scores)[:, data.known]
        return float(-np.log(happened).mean()) if data.known.any() else None
    happened = scores[data.truth]
    if np.isnan(happened).any():
        data.reasons.append("log-loss: the model does not know a label that occurs")
        return None
    return float(-np.log(happened).mean())


def _calibration_error(data: _Set) -> float | None:
    if not data.known.any():
        return None
    scores, truth = data.scores[:, data.known], data.truth[:, data.known]
    if data.is_multilabel:
        columns = range(scores.shape[1])
        return _mean([_binned_gap(scores[:, c], truth[:, c]) for c in columns])
    rows, strongest = np.arange(len(scores)), scores.argmax(axis=1)
    return _binned_gap(scores[rows, strongest], truth[rows, strongest])


def _binned_gap(scores: Floats, truth: Bools) -> float:
    """Return the mean distance of score and share of hits over 15 equal bins of the score."""
    bins = np.minimum((scores * _CALIBRATION_BINS).astype(int), _CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, scores - truth, _CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / len(scores))
