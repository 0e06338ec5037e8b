"""The formulas of a classifier's figures, over a set as it is or with examples counted anew.

Owns the arithmetic, in NumPy alone so that a served page need not load scikit-learn. Every figure
is computed for R countings of the examples at once: one of ones is the set itself, others are the
resamples of bootstrap.py. NaN stands for undefined; metrics.py turns it into None with a reason.

Letters: N examples, C labels, R countings of the examples, K scores.

Try: python -c "import numpy as np; from inference.evaluation.formulas import mean_over_labels; \
print(mean_over_labels(np.array([[.2, .4]])))"
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.core.errors import DataError

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_CALIBRATION_BINS = 15  # as Guo et al. 2017
_LEAST_PROBABILITY = 1e-7  # a score of exactly 0 for what happened would cost infinitely much

# Single numbers in the order of the table, then those by label.
OVERALL = (
    "mcc",
    "balanced_accuracy",
    "macro_f1",
    "weighted_f1",
    "micro_f1",
    "macro_precision",
    "macro_recall",
    "accuracy",
    "roc_auc",
    "pr_auc",
    "log_loss",
    "ece",
)
BY_LABEL = ("f1", "precision", "recall", "mcc_by_label", "roc_auc_by_label", "pr_auc_by_label")


@dataclass(frozen=True)
class Sample:
    """One model on one set: (N, C) truth, scores and decisions; known: (C,) labels it knows."""

    truth: Bools
    scores: Floats
    decided: Bools
    known: Bools
    is_multilabel: bool


def gather_sample(targets: NDArray, scores: NDArray, decisions: NDArray) -> Sample:
    """Return a Sample.

    targets: (N,) class numbers for a single-label task, (N, C) of 0 and 1 for a multi-label one.
    scores: (N, C) in [0, 1]; a column of NaN is a label that the model does not know, which counts
        in accuracy but in no mean over labels.
    decisions: (N, C) bool.

    Raises:
        DataError: there is no example.
    """
    if not len(targets):
        raise DataError("there is no example to measure on; expected at least one")
    assert scores.shape == decisions.shape, f"{scores.shape} scores, {decisions.shape} decisions"
    is_multilabel = targets.ndim == 2
    truth = targets if is_multilabel else np.eye(scores.shape[1])[targets]  # (N,) -> (N, C)
    return Sample(
        truth=np.asarray(truth, dtype=bool),
        scores=np.asarray(scores, dtype=np.float64),
        decided=np.asarray(decisions, dtype=bool),
        known=~np.isnan(scores).any(axis=0),  # (N, C) -> (C,)
        is_multilabel=is_multilabel,
    )


def compute_figures(sample: Sample, counts: Floats) -> dict[str, Floats]:
    """Return every figure of OVERALL, (R,), and of BY_LABEL, (R, C); NaN where undefined.

    counts: (R, N) how often each example counts; a row of ones is the set as it is.
    """
    truth, decided = sample.truth.astype(float), sample.decided.astype(float)
    of = _Counts(
        total=counts.sum(axis=1),
        true=counts @ truth,  # (R, N) @ (N, C) -> (R, C)
        decided=counts @ decided,
        hits=counts @ (truth * decided),
        undecided=counts @ ~sample.decided.any(axis=1),  # (R, N) @ (N,) -> (R,)
    )
    roc_auc, pr_auc = _areas(sample, counts)
    by_label = {
        "f1": _ratio(2 * of.hits, of.true + of.decided),
        "precision": np.where((of.decided == 0) & (of.true > 0), 0.0, _ratio(of.hits, of.decided)),
        "recall": _ratio(of.hits, of.true),
        "mcc_by_label": _binary_mcc(of) if sample.is_multilabel else np.full_like(of.true, np.nan),
        "roc_auc_by_label": roc_auc,
        "pr_auc_by_label": pr_auc,
    }
    by_label = {name: np.where(sample.known, table, np.nan) for name, table in by_label.items()}
    known = sample.known
    return {
        **by_label,
        "mcc": mean_over_labels(by_label["mcc_by_label"])
        if sample.is_multilabel
        else _multi_class_mcc(of),
        "balanced_accuracy": _balanced_accuracy(of, sample),
        "macro_f1": mean_over_labels(by_label["f1"]),
        "weighted_f1": mean_over_labels(by_label["f1"], of.true),
        "micro_f1": _ratio(
            2 * of.hits[:, known].sum(axis=1), (of.true + of.decided)[:, known].sum(axis=1)
        ),
        "macro_precision": mean_over_labels(by_label["precision"]),
        "macro_recall": mean_over_labels(by_label["recall"]),
        "accuracy": counts @ (sample.truth == sample.decided).all(axis=1) / of.total,
        "roc_auc": mean_over_labels(roc_auc[:, known]),
        "pr_auc": mean_over_labels(pr_auc[:, known]),
        "log_loss": _log_loss(sample, counts) / of.total,
        "ece": _calibration_error(sample, counts) / of.total,
    }


@dataclass(frozen=True)
class _Counts:
    """Of each counting: (R,) examples and undecided ones; (R, C) true, decided, and both."""

    total: Floats
    true: Floats
    decided: Floats
    hits: Floats
    undecided: Floats


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, NaN where there is no whole."""
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def mean_over_labels(table: Floats, weights: Floats | None = None) -> Floats:
    """Return the mean over the defined labels, (R, C) -> (R,)."""
    # an undefined label weighs nothing, so that it is in neither sum
    weight = np.where(np.isnan(table), 0.0, 1.0 if weights is None else weights)
    return _ratio((np.nan_to_num(table) * weight).sum(axis=1), weight.sum(axis=1))


def _binary_mcc(of: _Counts) -> Floats:
    """Return Matthews' correlation of every label, (R, C); 0 where all decisions are alike."""
    total = of.total[:, None]  # (R,) -> (R, 1)
    # covariance and the root of spread are total ** 2 times too large, which cancels
    covariance = of.hits * total - of.decided * of.true
    spread = of.decided * (total - of.decided) * of.true * (total - of.true)
    mcc = np.divide(covariance, np.sqrt(spread), out=np.zeros_like(spread), where=spread > 0)
    return np.where((of.true > 0) & (of.true < total), mcc, np.nan)


def _multi_class_mcc(of: _Counts) -> Floats:
    """Return the correlation of several classes (Gorodkin 2004), (R,).

    An example that nothing was decided for counts as decided for one more class.
    """
    # from the sums of rows and columns and the diagonal: the C x C table itself is never made
    chosen = (of.decided**2).sum(axis=1) + of.undecided**2
    covariance = of.hits.sum(axis=1) * of.total - (of.decided * of.true).sum(axis=1)
    spread = (of.total**2 - chosen) * (of.total**2 - (of.true**2).sum(axis=1))
    mcc = np.divide(covariance, np.sqrt(spread), out=np.zeros_like(spread), where=spread > 0)
    return np.where((of.true > 0).sum(axis=1) >= 2, mcc, np.nan)


def _balanced_accuracy(of: _Counts, sample: Sample) -> Floats:
    """Return the mean recall of the classes that occur; multi-label: of yes and no, by label."""
    recall = _ratio(of.hits, of.true)
    if not sample.is_multilabel:
        occurring = (of.true > 0).sum(axis=1)
        return np.where(occurring >= 2, mean_over_labels(recall[:, sample.known]), np.nan)
    total = of.total[:, None]
    # neither true nor decided: all less both, and what was taken away twice
    of_no = _ratio(total - of.true - of.decided + of.hits, total - of.true)
    return mean_over_labels(((recall + of_no) / 2)[:, sample.known])


def _areas(sample: Sample, counts: Floats) -> tuple[Floats, Floats]:
    """Return the areas under the ROC curve and the precision-recall curve, (R, C) each.

    The second is average precision: the sum of precision times gain in recall.
    """
    shape = (len(counts), sample.truth.shape[1])
    roc, precision_recall = np.full(shape, np.nan), np.full(shape, np.nan)
    by_example = np.ascontiguousarray(counts.T)  # (N, R): whole rows are gathered below
    for label in np.flatnonzero(sample.known):
        order = np.argsort(-sample.scores[:, label], kind="stable")
        curve = _curve(by_example[order], sample.truth[order, label], sample.scores[order, label])
        below = curve.negatives - curve.alarms + curve.alarms_gained / 2  # a tie counts half
        under = (curve.hits_gained * below).sum(axis=0)  # (K, R) -> (R,)
        roc[:, label] = _ratio(under, curve.positives * curve.negatives)
        precision = np.nan_to_num(_ratio(curve.hits, curve.hits + curve.alarms))
        under = (curve.hits_gained * precision).sum(axis=0)
        precision_recall[:, label] = _ratio(under, curve.positives)
    return roc, precision_recall


@dataclass(frozen=True)
class _CountsByScore:
    """True and false positives down to each of the K scores that some positive example has.

    hits, alarms: (K, R) from the top; *_gained: at that very score. positives, negatives: (R,).
    """

    hits: Floats
    hits_gained: Floats
    alarms: Floats
    alarms_gained: Floats
    positives: Floats
    negatives: Floats


def _curve(counts: Floats, truth: Bools, scores: Floats) -> _CountsByScore:
    """Walk down the examples, sorted by score from the highest; counts is (N, R)."""
    tie = np.concatenate([[0], np.cumsum(scores[1:] != scores[:-1])])  # number of the tie
    ends = np.append(np.flatnonzero(np.diff(tie)), len(tie) - 1)
    ties, first = np.unique(tie[truth], return_index=True)  # those with a positive example
    so_far = np.concatenate([np.zeros((1, counts.shape[1])), counts.cumsum(axis=0)])  # (N + 1, R)
    through = so_far[ends[ties] + 1]  # (K, R): all examples down to the tie's last
    before = so_far[np.where(ties > 0, ends[ties - 1] + 1, 0)]
    # the positive examples of a tie stand side by side: one sum a tie, -> (K, R)
    gained = np.add.reduceat(counts[truth], first, axis=0) if len(first) else through
    hits = gained.cumsum(axis=0)
    positives = hits[-1] if len(hits) else np.zeros(counts.shape[1])
    return _CountsByScore(
        hits=hits,
        hits_gained=gained,
        alarms=through - hits,
        alarms_gained=through - before - gained,
        positives=positives,
        negatives=so_far[-1] - positives,
    )


def _log_loss(sample: Sample, counts: Floats) -> Floats:
    """Return the summed loss, (R,); NaN where a label that occurs is unknown to the model."""
    scores = np.clip(sample.scores, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    if not sample.is_multilabel:
        # one label of a row is true: (N, C)[truth] -> (N,), in the order of the rows
        return counts @ -np.log(scores[sample.truth])
    if not sample.known.any():
        return np.full(len(counts), np.nan)
    happened = np.where(sample.truth, scores, 1 - scores)[:, sample.known]
    return counts @ -np.log(happened).mean(axis=1)  # (N, C) -> (N,) -> (R,)


def _calibration_error(sample: Sample, counts: Floats) -> Floats:
    """Return the summed distance of score and share of hits over 15 equal bins, (R,)."""
    scores, truth = sample.scores[:, sample.known], sample.truth[:, sample.known]
    if not scores.shape[1]:
        return np.full(len(counts), np.nan)
    if not sample.is_multilabel:
        strongest = scores.argmax(axis=1)[:, None]  # (N, C) -> (N, 1)
        scores = np.take_along_axis(scores, strongest, axis=1)
        truth = np.take_along_axis(truth, strongest, axis=1)
    gaps = np.zeros(len(counts))
    for score, happened in zip(scores.T, truth.T, strict=True):
        bins = np.minimum((score * _CALIBRATION_BINS).astype(int), _CALIBRATION_BINS - 1)
        inside = np.eye(_CALIBRATION_BINS)[bins] * (score - happened)[:, None]  # (N, bins)
        # a bin's sum of score - happened is its size times the gap of the two means
        gaps += np.abs(counts @ inside).sum(axis=1)  # (R, bins) -> (R,)
    return gaps / scores.shape[1]
