"""Figures of a classifier on a labelled set, each defined or None with the reason.

Owns what is reported of one model; the arithmetic is formulas.py, and the tests hold each figure
against scikit-learn. An undefined figure (an AUC of a label that no example has) is None, never 0,
and no warning is printed. These are point values: what chance does to them is bootstrap.py.

Letters: N examples, C labels.

Try: python -c "import numpy as np; from inference.evaluation.metrics import summarise; \
s = np.array([[.9, .1], [.3, .7]]); print(summarise(np.array([0, 1]), s, s > .5))"
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.formulas import BY_LABEL, OVERALL, Sample, compute_figures, gather_sample


@dataclass(frozen=True)
class Metrics:
    """Figures of one model on N examples; undefined says why a figure, or a label of it, is None.

    accuracy: share of examples decided exactly right, in all their labels.
    mcc, balanced_accuracy: of the classes; multi-label: mean over labels. A model that always
        decides the same has MCC 0, as scikit-learn has it.
    macro_f1, macro_precision, macro_recall: means over labels; weighted_f1: the mean weighted by
        how many examples have the label. A label that is never decided has precision 0.
    roc_auc, pr_auc: mean over labels of one label against the rest; pr_auc is average precision.
    log_loss: mean of -ln(score of what happened); multi-label: mean over labels.
    ece: expected calibration error in 15 bins (Guo et al. 2017, arXiv:1706.04599) of the strongest
        label's score; multi-label: mean over labels of each score.
    f1, precision, recall, mcc_by_label (multi-label only), roc_auc_by_label, pr_auc_by_label:
        (C,) in the order of the labels.
    """

    examples: int
    mcc: float | None
    balanced_accuracy: float | None
    macro_f1: float | None
    weighted_f1: float | None
    micro_f1: float | None
    macro_precision: float | None
    macro_recall: float | None
    accuracy: float | None
    roc_auc: float | None
    pr_auc: float | None
    log_loss: float | None
    ece: float | None
    f1: tuple[float | None, ...]
    precision: tuple[float | None, ...]
    recall: tuple[float | None, ...]
    mcc_by_label: tuple[float | None, ...]
    roc_auc_by_label: tuple[float | None, ...]
    pr_auc_by_label: tuple[float | None, ...]
    undefined: tuple[str, ...]


def summarise(
    targets: NDArray, scores: NDArray, decisions: NDArray, labels: Sequence[str] = ()
) -> Metrics:
    """Return the figures of one model; arguments and errors as in gather().

    labels: names for the reasons; numbers unless given.
    """
    sample = gather_sample(targets, scores, decisions)
    figures = compute_figures(sample, np.ones((1, len(targets))))
    overall = {name: _or_none(figures[name][0]) for name in OVERALL}
    by_label = {name: tuple(map(_or_none, figures[name][0])) for name in BY_LABEL}
    names = tuple(labels) or tuple(map(str, range(scores.shape[1])))
    values: dict[str, Any] = {**overall, **by_label}  # their names are those of the fields
    return Metrics(
        examples=len(targets),
        **values,
        undefined=tuple(_reasons(sample, overall, by_label, names)),
    )


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)  # JSON has no NaN


def _reasons(
    sample: Sample,
    overall: dict[str, float | None],
    by_label: dict[str, tuple[float | None, ...]],
    names: Sequence[str],
) -> list[str]:
    """Say why figures are undefined."""
    reasons = [
        f"{names[column]}: the model does not know this label"
        for column in np.flatnonzero(~sample.known).tolist()
    ]
    # precision is undefined where F1 is, and a mean only where all of its labels are
    titles = {"f1": "F1", "roc_auc_by_label": "ROC-AUC", "pr_auc_by_label": "PR-AUC"}
    if sample.is_multilabel:
        # of a single-label task MCC is one number over all classes
        titles["mcc_by_label"] = "MCC and balanced accuracy"
    for name, title in titles.items():
        for column in np.flatnonzero(sample.known).tolist():
            if by_label[name][column] is None:
                has_all = sample.truth[:, column].all()
                reason = "every example has it" if has_all else "no example has it"
                reasons.append(f"{title} of {names[column]}: {reason}")
    if not sample.is_multilabel and overall["mcc"] is None:
        reasons.append("MCC and balanced accuracy: all examples are of one class")
    if not sample.is_multilabel and overall["log_loss"] is None:
        reasons.append("log-loss: the model does not know a label that occurs")
    return reasons
