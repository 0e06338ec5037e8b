"""How logits become decisions: one temperature, and a threshold for each label.

Owns the choice, made on validation alone: the test part never comes here, and the training part
would flatter. It decides nothing itself; inference/models/classifier.py does, with what is chosen
here.

Letters: N validation examples, C labels, K thresholds tried.

Try: cat RUN_DIR/decision.json
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logit, logsumexp

from inference.core.errors import ModelError
from inference.data.problem_types import MULTI
from inference.evaluation import metrics
from inference.evaluation.leaderboard import MccDifference
from inference.models.bundle import DEFAULT_THRESHOLD, Bundle
from inference.models.classifier import activate
from training.export.blend import Blend

Bools = NDArray[np.bool_]
Scores = NDArray[np.float32]

LEAST_EXAMPLES = 5
"""A threshold is chosen for a label that at least so many examples have, and as many have not."""

LEAST_FOR_TEMPERATURE = 30
"""With fewer examples a temperature says more of these few than of the model: it stays 1."""

# Beyond these no model gains: a temperature at the end of the range stands for a loss that falls
# for ever, which says something about the validation part and nothing about the model.
_LOWEST, _HIGHEST = 0.05, 20.0
_AT_THE_END = 1.01  # minimize_scalar stops a little before the end
_EQUAL_MCC = 1e-12  # equal counts, added up in another order
_LEAST_SCORE, _LEAST_GAP = 1e-37, 2.0**-25  # next to 0 and next to 1 in float32


@dataclass(frozen=True)
class Decision:
    """What was chosen, and the calibration error it brought; `thresholds` is () for single-label.

    tfidf_weight, logit_offsets: as the bundle has them. blend: what counted words gain in MCC, by
        folds; None where they were not tried.
    in_weights: the temperature that the weights themselves hold; None where they hold none.
    chosen_on: how it was chosen, for decision.json and the card. notes: what kept its default, and
    why. ece_before, ece_after: as metrics.py has it, at temperature 1 and at `temperature`. Both
        on the examples that the temperature was chosen on; on others it gains a little less.
    """

    temperature: float
    thresholds: tuple[float, ...]
    chosen_on: str
    notes: tuple[str, ...]
    ece_before: float | None
    ece_after: float | None
    tfidf_weight: float = 0.0
    logit_offsets: Mapping[str, float] = field(default_factory=dict)
    in_weights: float | None = None
    blend: MccDifference | None = None

    def apply(self, bundle: Bundle) -> Bundle:
        """The bundle that decides so."""
        return replace(
            bundle,
            temperature=self.temperature,
            thresholds=self.thresholds,
            chosen_on=self.chosen_on,
            tfidf_weight=self.tfidf_weight,
            logit_offsets=self.logit_offsets,
        )

    def moved_into_weights(self, labels: Sequence[str], *, has_thresholds: bool) -> "Decision":
        """The same decision for weights that divide by the temperature themselves.

        has_thresholds: a logit of 0 is where each label begins, too.
        """
        offsets = dict(zip(labels, self.heights().tolist(), strict=False))
        return replace(
            self,
            temperature=1.0,
            in_weights=self.temperature,
            logit_offsets=offsets if has_thresholds else {},
        )

    def heights(self) -> NDArray[np.float64]:
        """The logit of each threshold, (C,); () for single-label."""
        # a score of 0 or 1 is one that float32 has rounded
        held = np.clip(np.array(self.thresholds, np.float64), _LEAST_SCORE, 1 - _LEAST_GAP)
        heights: NDArray[np.float64] = logit(held)
        return heights


def choose(logits: Scores, targets: Bools, labels: Sequence[str], problem_type: str) -> Decision:
    """The temperature and, for a multi-label model, a threshold for each label.

    logits: (N, C) float32, before any temperature. targets: (N, C) bool.

    Raises:
        ModelError: a logit is not a number.
    """
    _require_numbers(logits, labels)
    is_multilabel = problem_type == MULTI
    temperature, notes = _temperature(logits, targets, is_multilabel)
    before = activate(logits, is_multilabel)
    after = activate(logits / temperature, is_multilabel)  # as Classifier.score does
    thresholds, kept = _thresholds(after, targets, labels) if is_multilabel else ((), ())
    return Decision(
        temperature,
        thresholds,
        _describe(len(logits), has_temperature=True, has_thresholds=is_multilabel),
        (*notes, *kept),
        _calibration_error(before, targets, labels, is_multilabel),
        _calibration_error(after, targets, labels, is_multilabel),
    )


def choose_with_words(
    alone: Decision,
    blend: Blend,
    logits: Scores,
    words: Scores,
    targets: Bools,
    labels: Sequence[str],
) -> Decision:
    """The same for a model that answers together with counted words.

    alone: what was chosen for the weights alone. blend: how both are added. logits, words: (N, C),
    of the weights before any temperature and of the counted words. targets: (N, C) bool.
    """
    added = logits / blend.temperature + blend.tfidf_weight * words  # as Classifier.score does
    is_multilabel = bool(alone.thresholds)
    scores = activate(added.astype(np.float32), is_multilabel)
    thresholds, kept = _thresholds(scores, targets, labels) if is_multilabel else ((), ())
    return replace(
        alone,
        temperature=blend.temperature,
        thresholds=thresholds,
        chosen_on=f"{alone.chosen_on}, together with counted words",
        notes=kept,
        ece_after=_calibration_error(scores, targets, labels, is_multilabel),
        tfidf_weight=blend.tfidf_weight,
    )


def choose_on_scores(
    scores: Scores, targets: Bools, labels: Sequence[str], problem_type: str
) -> Decision:
    """The same for a model that gives scores only: thresholds, and the temperature stays 1.

    scores: (N, C) float32 in [0, 1]; a column of NaN is a label that the model does not know.
    """
    is_multilabel = problem_type == MULTI
    thresholds, notes = _thresholds(scores, targets, labels) if is_multilabel else ((), ())
    error = _calibration_error(scores, targets, labels, is_multilabel)
    described = _describe(len(scores), has_temperature=False, has_thresholds=is_multilabel)
    return Decision(1.0, thresholds, described, notes, error, error)


def _temperature(
    logits: Scores, targets: Bools, is_multilabel: bool
) -> tuple[float, tuple[str, ...]]:
    """The temperature of least log-loss (Guo et al. 2017, arXiv:1706.04599, section 4.2).

    One for all labels: it keeps their order, so that a single-label model decides as before. The
    loss is convex in 1/T, so that the search by parts finds its only valley.
    """
    assert is_multilabel or (targets.sum(axis=1) == 1).all(), "a text has exactly one label"
    if len(logits) < LEAST_FOR_TEMPERATURE:
        few = f"{len(logits)} validation examples are fewer than {LEAST_FOR_TEMPERATURE}"
        return 1.0, (f"the temperature stays 1: {few}",)
    exact = logits.astype(np.float64)

    def loss(log_temperature: float) -> float:
        scaled = exact / np.exp(log_temperature)
        if is_multilabel:  # -ln sigmoid(z) of a label that is there, -ln sigmoid(-z) of the others
            return float(np.logaddexp(0, np.where(targets, -scaled, scaled)).mean())
        # one label of a row is true: (N, C)[targets] -> (N,)
        return float((logsumexp(scaled, axis=1) - scaled[targets]).mean())

    bounds = (np.log(_LOWEST), np.log(_HIGHEST))
    minimum = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    temperature = float(np.exp(minimum.x))
    if temperature < _LOWEST * _AT_THE_END:
        why = "the model errs on no validation example, so nothing says how sure it may be"
    elif temperature > _HIGHEST / _AT_THE_END:
        why = "on the validation examples its scores go with no label"
    else:
        return round(temperature, 6), ()
    return 1.0, (f"the temperature stays 1: {why}",)


def _thresholds(
    scores: Scores, targets: Bools, labels: Sequence[str]
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """The thresholds, (C,), and a note on each label that keeps 0.5."""
    thresholds, notes = [], []
    for column, label in enumerate(labels):
        best, why = _best_threshold(scores[:, column], targets[:, column])
        thresholds.append(best)
        if why:
            notes.append(f"{label} keeps the threshold {DEFAULT_THRESHOLD}: {why}")
    return tuple(thresholds), tuple(notes)


def _best_threshold(scores: Scores, truth: Bools) -> tuple[float, str]:
    """The threshold of one label by MCC, (N,) each, and "" or why it is the default.

    Tried are 0.5 and the middle between any two neighbouring scores, where a small change of a
    score changes no decision; of equally good ones the nearest to 0.5 is taken.
    """
    positives = int(truth.sum())
    if np.isnan(scores).any():
        return DEFAULT_THRESHOLD, "the model does not know this label"
    for count, having in ((positives, "have"), (len(truth) - positives, "lack")):
        if count < LEAST_EXAMPLES:
            few = f"{count} validation examples {having} it, fewer than {LEAST_EXAMPLES}"
            return DEFAULT_THRESHOLD, few
    distinct = np.unique(scores)  # (N,) -> (K,), sorted
    middles = distinct[:-1] + np.diff(distinct) / 2  # (K - 1,)
    middles = np.where(middles > distinct[:-1], middles, distinct[1:])  # next to each other
    # float32, as decide() compares
    tried: Scores = np.append(middles, DEFAULT_THRESHOLD).astype(np.float32)
    correlations = mcc_at(tried, scores, truth)
    best = correlations.max()
    if best <= 0:
        return DEFAULT_THRESHOLD, "no threshold does better than chance on the validation examples"
    equal = tried[correlations >= best - _EQUAL_MCC]
    nearest = equal[np.abs(equal - DEFAULT_THRESHOLD).argmin()]
    return float(str(nearest)), ""  # by way of str: the shortest number that is this float32


def mcc_at(thresholds: Scores, scores: Scores, truth: Bools) -> NDArray[np.float64]:
    """Matthews' correlation of `scores >= threshold` with the truth, for each threshold, (K,).

    scores: (N,) float32. truth: (N,) bool. 0 where nothing or everything is chosen.
    """
    order = np.argsort(scores)
    below = np.searchsorted(scores[order], thresholds)  # (K,): how many scores are lower
    count, positives = len(scores), int(truth.sum())
    positives_below = np.concatenate([[0], truth[order].cumsum()])[below]  # (N + 1,) -> (K,)
    chosen = (count - below).astype(np.float64)
    hits = (positives - positives_below).astype(np.float64)
    # both times the square of the count, which cancels
    covariance = hits * count - chosen * positives
    spread = np.sqrt(chosen * (count - chosen) * positives * (count - positives))
    return np.divide(covariance, spread, out=np.zeros_like(spread), where=spread > 0)


def _calibration_error(
    scores: Scores, targets: Bools, labels: Sequence[str], is_multilabel: bool
) -> float | None:
    # (N, C), or (N,) class numbers
    truth = targets.astype(np.int64) if is_multilabel else targets.argmax(axis=1)
    # the decisions do not enter into the calibration error
    return metrics.summarise(truth, scores, targets, labels).ece


def _describe(count: int, *, has_temperature: bool, has_thresholds: bool) -> str:
    chosen = ["temperature by log-loss"] * has_temperature
    chosen += ["thresholds by MCC"] * has_thresholds
    return f"{count} validation examples: {', '.join(chosen)}" if chosen else "nothing to choose"


def _require_numbers(logits: Scores, labels: Sequence[str]) -> None:
    broken = ~np.isfinite(logits)
    if broken.any():
        of_labels = ", ".join(np.asarray(labels)[broken.any(axis=0)])
        raise ModelError(
            f"{int(broken.any(axis=1).sum())} of {len(logits)} validation examples have a score "
            f"that is not a number, for {of_labels}: the training has diverged. Train again with "
            f"a lower --learning_rate, or with --mixed_precision no"
        )
