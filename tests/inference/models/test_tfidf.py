"""Counted words from their file score as the baseline that was fitted."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, softmax

from inference.core.errors import ModelError
from inference.data.problem_types import MULTI, SINGLE
from inference.data.records import Example
from inference.evaluation.dummy_models import FittedScorer
from inference.models.bundle import TFIDF_FILE, Bundle
from inference.models.tfidf import load_tfidf
from tests.training.toy import toy_examples
from training.baselines import baselines, tfidf_tables

LABELS = ("negative", "neutral", "positive")
TEXTS = ["good great love", "Bad, awful day!", "zzz", "a", "", "good\tgood  good", "böse 電影"]


def saved(train: list[Example], bundle: Bundle, folder: Path) -> FittedScorer:
    scorer = next(baselines.fit(train, bundle, seed=0, names=("tfidf_lr",))).scorer
    tfidf_tables.save(scorer, folder)
    return scorer


def with_label(examples: list[Example], label: str) -> list[Example]:
    return [Example(e.fields, (*e.labels, label), e.row) for e in examples]


@pytest.mark.parametrize(
    "train, bundle",
    [
        (toy_examples(90), Bundle(LABELS, SINGLE)),
        ([e for e in toy_examples(90) if e.labels != ("neutral",)], Bundle(LABELS[::2], SINGLE)),
        (with_label(toy_examples(90), "tweet"), Bundle((*LABELS, "tweet", "never"), MULTI)),
        ([Example({"text": t}, (t,), 1) for t in ("甲", "乙")], Bundle(("甲", "乙"), SINGLE)),
    ],
    ids=["three labels", "two labels", "several, of which one is constant", "no word twice"],
)
def test_scores_are_those_of_the_fitted_baseline(train, bundle, tmp_path):
    scorer = saved(train, bundle, tmp_path)
    tfidf = load_tfidf(tmp_path, bundle.labels)
    assert tfidf.score(TEXTS) == pytest.approx(scorer.score(TEXTS), abs=1e-5)
    logits = tfidf.logits(TEXTS)
    activated = expit(logits) if bundle.is_multilabel else softmax(logits, axis=1)
    # a score of 0 or 1 has a logit that stands for nearly that
    assert activated == pytest.approx(tfidf.score(TEXTS), abs=1e-5)
    assert np.isfinite(logits).all()
    assert tfidf.size_bytes == (tmp_path / TFIDF_FILE).stat().st_size


@pytest.mark.parametrize(
    "damage, message",
    [
        (None, "is missing, and decision.json says"),
        ({"format": 2}, "has format 2, this program reads 1"),
        ({"labels": ["a", "b", "c"]}, "has the labels a, b, c, the model has negative"),
        ({"words": {}}, "is damaged"),
        ({"regressions": [{"label": 0}]}, "is damaged"),
    ],
)
def test_tables_that_cannot_be_used_are_said(damage, message, tmp_path):
    saved(toy_examples(30), Bundle(LABELS, SINGLE), tmp_path)
    path = tmp_path / TFIDF_FILE
    tables = json.loads(path.read_text("utf-8"))
    path.unlink()
    if damage is not None:
        path.write_text(json.dumps({**tables, **damage}), "utf-8")
    with pytest.raises(ModelError, match=message):
        load_tfidf(tmp_path, LABELS)
