"""The TF-IDF tables; that a browser scores alike is tests/browser/test_static_page.py."""

import json
from pathlib import Path

import numpy as np
import pytest

from inference.data.problem_types import MULTI, SINGLE
from inference.data.records import Example
from inference.evaluation.dummy_models import FittedScorer
from inference.models.bundle import TFIDF_FILE, Bundle
from inference.models.tfidf import load_tfidf
from tests.training.toy import toy_examples
from training.baselines import baselines, tfidf_tables

LABELS = ("negative", "neutral", "positive")


def fitted(train: list[Example], bundle: Bundle) -> FittedScorer:
    return next(baselines.fit(train, bundle, seed=0, names=("tfidf_lr",))).scorer


def written(scorer: FittedScorer, run_dir: Path, **limit: int) -> dict:
    tfidf_tables.save(scorer, run_dir, **limit)
    return json.loads((run_dir / TFIDF_FILE).read_text("utf-8"))


def test_every_term_has_an_idf_and_a_weight_for_each_label(tmp_path: Path):
    tables = written(fitted(toy_examples(60), Bundle(LABELS, SINGLE)), tmp_path)
    assert tables["labels"] == list(LABELS)
    assert [line["label"] for line in tables["regressions"]] == [0, 1, 2]
    for kind in ("words", "letters"):
        count = len(tables[kind]["terms"])
        assert count > 10 and len(tables[kind]["idf"]) == count
        assert all(len(line[kind]) == count for line in tables["regressions"])


def test_two_labels_share_one_regression_with_opposite_signs(tmp_path: Path):
    train = [example for example in toy_examples(60) if example.labels != ("neutral",)]
    tables = written(fitted(train, Bundle(("negative", "positive"), SINGLE)), tmp_path)
    no, yes = tables["regressions"]
    assert no["intercept"] == -yes["intercept"]
    assert no["words"] == [-weight for weight in yes["words"]] and any(yes["words"])


def test_a_label_that_training_always_has_is_a_constant(tmp_path: Path):
    train = [
        Example(example.fields, (*example.labels, "tweet"), example.row)
        for example in toy_examples(60)
    ]
    tables = written(fitted(train, Bundle((*LABELS, "tweet"), MULTI)), tmp_path)
    assert tables["constant"] == [0, 0, 0, 1]
    assert [line["label"] for line in tables["regressions"]] == [0, 1, 2]
    assert not tables["is_shared_out"] and len(tables["thresholds"]) == 4


def test_rounding_moves_no_weight_by_more_than_half_a_unit(tmp_path: Path):
    scorer = fitted(toy_examples(60), Bundle(LABELS, SINGLE))
    tables = written(scorer, tmp_path)
    (_, head), *_ = scorer.function.head.fitted
    exact = head.estimators_[0].coef_[0][: len(tables["words"]["terms"])]
    stored = np.array(tables["regressions"][0]["words"]) * tables["unit"]
    assert np.abs(stored - exact).max() <= tables["unit"] / 2 * 1.001


def test_tables_that_would_be_too_large_are_written_more_coarsely(tmp_path: Path):
    scorer = fitted(toy_examples(60), Bundle(LABELS, SINGLE))
    exact = written(scorer, tmp_path)
    size = (tmp_path / TFIDF_FILE).stat().st_size
    limit = int(size * 0.75)
    coarse = written(scorer, tmp_path, most_bytes=limit)
    assert coarse["unit"] > exact["unit"] and (tmp_path / TFIDF_FILE).stat().st_size <= limit
    texts = ["good great love", "awful day"]
    assert load_tfidf(tmp_path).score(texts) == pytest.approx(scorer.score(texts), abs=0.01)


def test_tables_over_the_limit_are_not_written_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    scorer = fitted(toy_examples(60), Bundle(LABELS, SINGLE))
    written(scorer, tmp_path)
    tfidf_tables.save(scorer, tmp_path, most_bytes=1000)
    assert not (tmp_path / TFIDF_FILE).exists(), "those of an earlier fit are gone too"
    assert "they were not written" in capsys.readouterr().out
