"""How scores decide is chosen on validation: whether counted words are added, too."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax
from transformers import pipeline

from inference.data.problem_types import MULTI, SINGLE
from inference.models.bundle import TFIDF_FILE, Bundle, load_bundle, save_bundle
from inference.models.classifier import TORCH, Classifier, decide, load_classifier
from inference.models.tfidf import load_tfidf
from tests.tiny import LABELS, make_tiny_model
from tests.training.toy import toy_config, toy_examples
from training.baselines.fitted_baselines import FittedBaselines
from training.baselines.shared_encoder import SharedEncoder
from training.classifier import decide_stage
from training.data.data import Splits
from training.data.splits import label_matrix
from training.run.run_folder import RunFolder

CONFIG = toy_config()


def splits(validation: int, problem_type: str = SINGLE) -> Splits:
    parts = [tuple(toy_examples(count, seed)) for seed, count in enumerate((120, validation, 30))]
    return Splits(*parts, LABELS, problem_type, sources=(), rejected=())


@pytest.fixture(params=[SINGLE, MULTI])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> RunFolder:
    """A run whose model knows nothing, of texts whose words tell everything."""
    folder = make_tiny_model(tmp_path / "run", LABELS, request.param)
    save_bundle(Bundle(LABELS, request.param, max_tokens=32), folder)
    opened = RunFolder(folder, {})
    opened.write()
    return opened


def decided(run: RunFolder, parts: Splits, *, with_words: bool = True) -> dict[str, object]:
    bundle, encoder = parts.bundle(CONFIG.data), SharedEncoder(run.path)
    baselines = FittedBaselines(parts, bundle, run.path, encoder, {}, seed=0)
    return decide_stage.decide(run, parts, "sha", baselines if with_words else None, threads=1)


def correct(model: Classifier, parts: Splits) -> float:
    scores = model.score([example.fields["text"] for example in parts.test])
    return float((decide(model.bundle, scores) == label_matrix(parts.test, LABELS)).all(1).mean())


def test_a_model_answers_together_with_words_that_know_better(run, capsys):
    problem_type = load_bundle(run.path).problem_type
    parts = splits(150, problem_type)
    gave = decided(run, parts)
    model = load_classifier(run.path, engine=TORCH, threads=1)
    assert model.bundle.tfidf_weight == gave["tfidf_weight"] > 0
    assert correct(model, parts) > 0.9 > correct(model.plain(), parts)
    assert "both answer" in capsys.readouterr().out
    texts = [example.fields["text"] for example in parts.test]
    words = load_tfidf(run.path).logits(texts)
    added = model.logits(texts) / model.bundle.temperature + model.bundle.tfidf_weight * words
    if problem_type == SINGLE:
        assert model.score(texts) == pytest.approx(softmax(added, axis=1), abs=1e-5)
    decided(run, parts)
    assert capsys.readouterr().out == "", "it is chosen once"


def test_its_weights_alone_are_what_transformers_reads(run):
    parts = splits(150, load_bundle(run.path).problem_type)
    decided(run, parts)
    plain = load_classifier(run.path, engine=TORCH, threads=1).plain()
    texts = [example.fields["text"] for example in parts.test]
    asked = pipeline("text-classification", model=str(run.path), top_k=None)
    theirs = [{answer["label"]: answer["score"] for answer in row} for row in asked(texts)]
    expected = np.array([[row[label] for label in LABELS] for row in theirs])
    assert plain.score(texts) == pytest.approx(expected, abs=1e-5)
    stored = json.loads((run.path / "decision.json").read_text("utf-8"))
    thresholds = dict(zip(LABELS, plain.bundle.thresholds, strict=False))
    assert thresholds == pytest.approx(stored.get("plain_thresholds", {}))
    assert bool(thresholds) == plain.bundle.is_multilabel


@pytest.mark.parametrize("validation, with_words", [(99, True), (150, False)])
def test_it_answers_alone_where_few_texts_could_tell_or_nobody_asked(run, validation, with_words):
    parts = splits(validation, load_bundle(run.path).problem_type)
    gave = decided(run, parts, with_words=with_words)
    assert gave["tfidf_weight"] == 0 and gave["blend"] is None
    stored = json.loads((run.path / "decision.json").read_text("utf-8"))
    assert stored.keys().isdisjoint({"tfidf_weight", "plain_thresholds"})
    assert not (run.path / TFIDF_FILE).exists()


def test_words_that_do_not_help_are_left_out(run, capsys):
    """What they were fitted to are labels of other texts."""
    parts = splits(150, load_bundle(run.path).problem_type)
    texts = [example.fields for example in parts.train]
    shuffled = np.random.default_rng(0).permutation(len(texts))
    train = tuple(
        replace(example, fields=texts[row])
        for example, row in zip(parts.train, shuffled.tolist(), strict=True)
    )
    gave = decided(run, replace(parts, train=train))
    assert gave["tfidf_weight"] == 0 and gave["blend"]["verdict"] != "better"
    assert "answers alone" in capsys.readouterr().out
    assert load_classifier(run.path, engine=TORCH, threads=1).bundle.tfidf_weight == 0
