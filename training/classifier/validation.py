"""Two models on the validation part, by the rule of the verdict: better, cannot tell or worse.

Owns what the stages that choose between models share; the rule is inference/evaluation/verdict.py.

Letters: N validation examples, C labels.
"""

import numpy as np
from numpy.typing import NDArray

from inference.evaluation import verdict
from inference.evaluation.leaderboard import BASELINE, FINE_TUNED, MccDifference, Measured
from inference.evaluation.measure import targets_of
from inference.evaluation.predictions import Predictions
from inference.models.bundle import Bundle
from inference.models.classifier import Scorer, decide
from training.data.data import Splits
from training.data.splits import label_matrix
from training.export import thresholds

LEAST_EXAMPLES = 100
"""With fewer validation examples a difference of the size to expect is not told from chance."""


def decided(scores: NDArray[np.floating], splits: Splits) -> Predictions:
    """Scores of the validation part, (N, C), decided by the thresholds that suit them best."""
    exact = scores.astype(np.float32)
    targets = label_matrix(splits.validation, splits.labels)
    chosen = thresholds.choose_on_scores(exact, targets, splits.labels, splits.problem_type)
    bundle = chosen.apply(Bundle(splits.labels, splits.problem_type))
    return Predictions(splits.labels, exact, decide(bundle, exact))


def answers_of(scorer: Scorer, splits: Splits) -> Predictions:
    """What a model says of the validation part, decided as it decides itself."""
    bundle = scorer.bundle
    scores = scorer.score([bundle.compose(example.fields) for example in splits.validation])
    return Predictions(bundle.labels, scores, decide(bundle, scores))


def compare(ours: Predictions, other: Predictions, splits: Splits) -> MccDifference | None:
    """MCC of ours less that of the other; None where it is not defined on these examples."""
    targets = targets_of(splits.validation, splits.labels, splits.problem_type)
    judged = verdict.judge([(_row(FINE_TUNED), ours), (_row(BASELINE), other)], targets, "").judged
    return judged.difference if judged else None


def _row(role: str) -> Measured:
    """A row of a table that nobody sees."""
    return Measured(role, role, role, "", "", "", 0, 0.0, 0.0)
