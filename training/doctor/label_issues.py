"""Scores of texts by a model that has not seen them -> which labels may be wrong.

Owns the ranking by cleanlab (confident learning: Northcutt, Jiang and Chuang 2021,
https://arxiv.org/abs/1911.00068). Where the scores come from is the caller's: counted words for the
doctor (suspects.py), the encoder for a training.

Try: python -m training.doctor tweets.csv
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import matthews_corrcoef

# N texts, C labels, S suspects

LEAST_TEXTS = 100
"""With fewer, what is out of fold says more of the folds than of the labels."""
_LEAST_MCC = 0.1  # below, the scores say so little of the labels that all texts would be suspects


@dataclass(frozen=True)
class LabelIssues:
    """The suspects, the most suspicious first; for each text its decision and label quality.

    quality: near 0 for the most suspicious, 1 for none.
    """

    ranked: NDArray[np.int64]  # (S,) indices of texts
    decided: NDArray[np.bool_]  # (N, C)
    quality: NDArray[np.float64]  # (N,)


def find_issues(
    scores: NDArray[np.float64], matrix: NDArray[np.bool_], *, is_multilabel: bool
) -> LabelIssues | None:
    """The suspects by out-of-fold scores; None where these hardly tell the labels apart.

    scores: (N, C) in [0, 1]. matrix: (N, C), which labels are given; none of all or of no text.
    """
    decided = _decided(scores, is_multilabel=is_multilabel)
    pairs = zip(matrix.T, decided.T, strict=True)
    if float(np.mean([matthews_corrcoef(*pair) for pair in pairs])) < _LEAST_MCC:
        return None
    # Imported here: cleanlab takes a second, which a training that asks for no suspects saves.
    from cleanlab import filter as single
    from cleanlab import multilabel_classification as multi
    from cleanlab import rank

    if is_multilabel:
        sets = [np.flatnonzero(row).tolist() for row in matrix]
        ranked = multi.filter.find_label_issues(
            sets, scores, return_indices_ranked_by="self_confidence", n_jobs=1
        )
        return LabelIssues(ranked, decided, multi.get_label_quality_scores(sets, scores))
    targets = matrix.argmax(axis=1)
    ranked = single.find_label_issues(
        targets,
        scores,
        return_indices_ranked_by="self_confidence",
        filter_by="both",
        n_jobs=1,
    )
    return LabelIssues(ranked, decided, rank.get_label_quality_scores(targets, scores))


def _decided(scores: NDArray[np.float64], *, is_multilabel: bool) -> NDArray[np.bool_]:
    if is_multilabel:
        return scores >= 0.5
    return np.arange(scores.shape[1]) == scores.argmax(axis=1)[:, None]
