import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax
from sklearn.metrics import log_loss, matthews_corrcoef

from inference.core.errors import ModelError
from inference.data.problem_types import MULTI, SINGLE
from inference.evaluation import metrics
from inference.models.bundle import Bundle
from inference.models.classifier import activate, decide
from training.export.thresholds import LEAST_EXAMPLES, Decision, choose, choose_on_scores

LABELS = ("a", "b", "c")
Drawn = tuple[np.ndarray, np.ndarray]


def single(count: int = 2000, scale: float = 1.0, seed: int = 0) -> Drawn:
    """Logits, and labels drawn by their softmax: perfectly calibrated at temperature `scale`."""
    draws = np.random.default_rng(seed)
    logits = draws.normal(0, 2, (count, 3))
    chosen = (softmax(logits, axis=1).cumsum(axis=1) < draws.random((count, 1))).sum(axis=1)
    return (logits * scale).astype(np.float32), np.eye(3, dtype=bool)[chosen]


def multi(count: int = 2000, scale: float = 1.0, seed: int = 0, shift: float = 0.0) -> Drawn:
    """The same for labels that hold or not; `shift` makes them rarer."""
    draws = np.random.default_rng(seed)
    logits = draws.normal(-shift, 2, (count, 3))
    return (logits * scale).astype(np.float32), draws.random((count, 3)) < expit(logits)


DRAWN = {SINGLE: single, MULTI: multi}
both_types = pytest.mark.parametrize("problem_type", [SINGLE, MULTI])


def chosen_for(problem_type: str, **changes: float) -> Decision:
    return choose(*DRAWN[problem_type](**changes), LABELS, problem_type)


# Temperature


@both_types
def test_a_perfectly_calibrated_model_gets_a_temperature_of_about_one(problem_type: str):
    assert chosen_for(problem_type).temperature == pytest.approx(1, abs=0.06)


@both_types
@pytest.mark.parametrize("scale", [0.4, 3.0])
def test_logits_times_a_factor_get_the_temperature_times_it(problem_type: str, scale: float):
    plain, scaled = chosen_for(problem_type), chosen_for(problem_type, scale=scale)
    assert scaled.temperature == pytest.approx(plain.temperature * scale, rel=1e-3)


@both_types
def test_an_overconfident_model_errs_less_in_calibration_afterwards(problem_type: str):
    decision = chosen_for(problem_type, scale=3.0)
    assert decision.ece_before is not None and decision.ece_after is not None
    assert decision.ece_after < decision.ece_before / 3, decision


@both_types
def test_no_temperature_of_a_grid_has_a_lower_log_loss(problem_type: str):
    logits, targets = DRAWN[problem_type](count=150, scale=2.0)

    def loss(temperature: float) -> float:
        scores = activate(logits / temperature, problem_type == MULTI).astype(np.float64)
        if problem_type == MULTI:
            return np.mean([log_loss(targets[:, c], scores[:, c]) for c in range(3)])
        return log_loss(targets.argmax(axis=1), scores / scores.sum(axis=1, keepdims=True))

    best = choose(logits, targets, LABELS, problem_type).temperature
    grid = np.geomspace(0.06, 19, 60)
    assert loss(best) <= min(map(loss, grid)) + 1e-6


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(0.1, 10), count=st.integers(2, 60))
def test_a_temperature_changes_no_single_label_decision(seed: int, scale: float, count: int):
    logits, targets = single(count, scale, seed)
    decision = choose(logits, targets, LABELS, SINGLE)
    bundle = Bundle(LABELS, SINGLE)
    plain = decide(bundle, activate(logits, is_multilabel=False))
    cooled = activate(logits / decision.temperature, is_multilabel=False)
    assert (decide(decision.apply(bundle), cooled) == plain).all()


def test_a_model_without_errors_keeps_temperature_one_and_says_so():
    targets = np.eye(3, dtype=bool)[np.arange(30) % 3]
    decision = choose(targets.astype(np.float32), targets, LABELS, SINGLE)
    assert decision.temperature == 1.0
    assert decision.notes == (
        "the temperature stays 1: the model errs on no validation example, so nothing says how "
        "sure it may be",
    )


def test_a_model_that_is_always_wrong_keeps_temperature_one_and_says_so():
    targets = np.eye(3, dtype=bool)[np.arange(30) % 3]
    decision = choose(-targets.astype(np.float32), targets, LABELS, SINGLE)
    assert decision.temperature == 1.0 and "go with no label" in decision.notes[0]


# Thresholds


def best_by_trying(scores: np.ndarray, truth: np.ndarray) -> float:
    return max(matthews_corrcoef(truth, scores >= cut) for cut in [*np.unique(scores), 2.0])


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(20, 40), decimals=st.integers(1, 7))
def test_no_threshold_has_a_higher_mcc(seed: int, count: int, decimals: int):
    logits, targets = multi(count, seed=seed)
    scores = activate(logits, is_multilabel=True).round(decimals)
    decision = choose_on_scores(scores, targets, LABELS, MULTI)
    decided = decide(decision.apply(Bundle(LABELS, MULTI)), scores)
    for column, label in enumerate(LABELS):
        if not any(note.startswith(label) for note in decision.notes):
            found = matthews_corrcoef(targets[:, column], decided[:, column])
            best = best_by_trying(scores[:, column], targets[:, column])
            assert found == pytest.approx(best, abs=1e-9)


def test_thresholds_fit_the_scores_that_are_served_after_temperature():
    logits, targets = multi(count=300, scale=4.0, shift=2.0)
    decision = choose(logits, targets, LABELS, MULTI)
    bundle = decision.apply(Bundle(LABELS, MULTI))
    served = activate(logits / bundle.temperature, is_multilabel=True)
    assert choose_on_scores(served, targets, LABELS, MULTI).thresholds == bundle.thresholds


def one_column(scores: list[float], truth: list[int]) -> Decision:
    column = np.array(scores, np.float32)[:, None], np.array(truth, bool)[:, None]
    return choose_on_scores(*column, ("a",), MULTI)


def test_of_equally_good_thresholds_the_nearest_to_one_half_is_taken():
    far = one_column([0.1] * 5 + [0.3] * 5, [0] * 5 + [1] * 5)
    around = one_column([0.1] * 5 + [0.9] * 5, [0] * 5 + [1] * 5)
    assert far.thresholds == (pytest.approx(0.2),), "half way between the two"
    assert around.thresholds == (0.5,)


def test_the_higher_the_scores_the_higher_the_threshold():
    logits, targets = multi(count=400, shift=1.0)
    found = [
        choose_on_scores(expit(logits + shift).astype(np.float32), targets, LABELS, MULTI)
        for shift in (-2, 0, 2)
    ]
    for low, middle, high in zip(*(decision.thresholds for decision in found), strict=True):
        assert low < middle < high


@pytest.mark.parametrize("is_rare", [True, False])
def test_a_label_with_too_few_examples_keeps_one_half_and_says_so(is_rare: bool):
    few = LEAST_EXAMPLES - 1
    truth = np.arange(50) < few
    scores = np.where(truth, 0.2, 0.1)
    decision = one_column(list(scores), list(truth if is_rare else ~truth))
    having = "have" if is_rare else "lack"
    assert decision.thresholds == (0.5,)
    expected = f"a keeps the threshold 0.5: {few} validation examples {having} it, fewer than 5"
    assert decision.notes == (expected,)


def test_five_examples_are_enough():
    truth = np.arange(50) < LEAST_EXAMPLES
    decision = one_column(list(np.where(truth, 0.2, 0.1)), list(truth))
    assert decision.notes == () and decision.thresholds == (pytest.approx(0.15),)


def test_scores_worse_than_chance_keep_one_half_and_say_so():
    decision = one_column([0.9] * 10 + [0.1] * 10, [0] * 10 + [1] * 10)
    assert decision.thresholds == (0.5,)
    assert decision.notes == (
        "a keeps the threshold 0.5: no threshold does better than chance on the validation "
        "examples",
    )


def test_a_label_that_the_model_does_not_know_keeps_one_half():
    _, targets = multi(count=50)
    scores = np.full((50, 3), np.nan, np.float32)
    decision = choose_on_scores(scores, targets, LABELS, MULTI)
    assert decision.thresholds == (0.5, 0.5, 0.5) and decision.ece_after is None
    assert all("does not know this label" in note for note in decision.notes)


def test_neighbouring_float32_scores_are_told_apart_after_json():
    low = np.float32(0.3)
    high = np.nextafter(low, np.float32(1))
    scores = np.array([low] * 6 + [high] * 6, np.float32)[:, None]
    truth = (np.arange(12) >= 6)[:, None]
    bundle = choose_on_scores(scores, truth, ("a",), MULTI).apply(Bundle(("a",), MULTI))
    assert (decide(bundle, scores) == truth).all(), bundle.thresholds


# Both


@both_types
def test_the_bundle_takes_over_what_was_chosen(problem_type: str):
    decision = chosen_for(problem_type, count=200, scale=2.0)
    bundle = decision.apply(Bundle(LABELS, problem_type, text_fields=("title",)))
    assert (bundle.temperature, bundle.thresholds) == (decision.temperature, decision.thresholds)
    assert len(bundle.thresholds) == (3 if problem_type == MULTI else 0)
    assert bundle.chosen_on.startswith("200 validation examples: temperature by log-loss")
    assert bundle.text_fields == ("title",)


@both_types
def test_the_calibration_errors_are_those_of_metrics(problem_type: str):
    logits, targets = DRAWN[problem_type](count=300, scale=2.0)
    decision = choose(logits, targets, LABELS, problem_type)
    truth = targets.astype(int) if problem_type == MULTI else targets.argmax(axis=1)
    pairs = ((1.0, decision.ece_before), (decision.temperature, decision.ece_after))
    for temperature, found in pairs:
        scores = activate(logits / temperature, problem_type == MULTI)
        assert found == metrics.summarise(truth, scores, targets).ece


@both_types
def test_scores_without_logits_keep_temperature_one(problem_type: str):
    logits, targets = DRAWN[problem_type](count=200, scale=5.0)
    scores = activate(logits, problem_type == MULTI)
    decision = choose_on_scores(scores, targets, LABELS, problem_type)
    assert decision.temperature == 1.0 and decision.ece_before == decision.ece_after
    expected = "200 validation examples: thresholds by MCC"
    assert decision.chosen_on == (expected if problem_type == MULTI else "nothing to choose")


def test_a_diverged_model_is_refused_with_the_way_out():
    logits, targets = single(count=10)
    logits[3, 1] = np.nan
    with pytest.raises(ModelError, match="1 of 10 .* for b: .* lower --learning_rate"):
        choose(logits, targets, LABELS, SINGLE)
