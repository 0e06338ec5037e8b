"""The baselines are tuned on validation, and say so."""

import pytest

from inference.core.errors import ConfigError
from inference.data.problem_types import SINGLE
from inference.evaluation.dummy_models import FittedScorer
from inference.models.bundle import Bundle
from tests.training.fitting import LABELS
from tests.training.toy import toy_config, toy_examples
from training.baselines import baselines
from training.baselines.baselines import fit
from training.baselines.tuned_baselines import tune

BUNDLE = Bundle(LABELS, SINGLE, text_fields=("text",))
TRAIN, VALIDATION = toy_examples(60), toy_examples(30, seed=9)


@pytest.mark.slow
def test_the_options_found_are_at_least_as_good_as_the_untuned_choice():
    found = tune(TRAIN, VALIDATION, BUNDLE, ["majority", "tfidf_lr"], seed=0)
    assert set(found) == {"tfidf_lr"} and found["tfidf_lr"].tried == 32
    assert set(found["tfidf_lr"].options) == {"C", "balanced", "min_df", "ngrams"}
    assert found["tfidf_lr"].mcc > 0.5


def test_a_tuned_baseline_has_its_options_and_says_so():
    options = {"tfidf_lr": {"C": 16.0, "balanced": 1.0, "min_df": 1.0, "ngrams": 1.0}}
    given = {"seed": 0, "validation": VALIDATION, "names": ["tfidf_lr"]}
    (plain,), (tuned,) = (
        list(fit(TRAIN, BUNDLE, **given, options=chosen)) for chosen in ({}, options)
    )
    assert plain.title == baselines.TITLES["tfidf_lr"]
    assert tuned.title == "TF-IDF + logistic regression, tuned"
    assert _words(tuned.scorer).ngram_range == (1, 1) and _words(tuned.scorer).min_df == 1
    assert len(_words(tuned.scorer).vocabulary_) > 0
    one = tuned.scorer.function.head.fitted[0][1]
    assert one.estimators_[0].C == 16.0 and one.estimators_[0].class_weight == "balanced"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"majority": {"C": 1.0}}, "names majority"),
        ({"tfidf_lr": {"D": 1.0}}, "D of tfidf_lr"),
        ({"tfidf_lr": {"C": 0.0}}, "C of tfidf_lr is 0"),
        ({"tfidf_lr": {"ngrams": 1.5}}, "all but C whole"),
        ({"encoder_lr": {"min_df": 1.0}}, "min_df of encoder_lr"),
    ],
)
def test_options_that_no_baseline_has_are_refused(options: dict[str, dict[str, float]], said: str):
    with pytest.raises(ConfigError, match=said):
        toy_config(baseline_options=options)


def _words(scorer: FittedScorer):
    return scorer.function.features.transformer_list[0][1]
