"""How scores decide is chosen on validation: whether counted words are added, too."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit, softmax
from transformers import (
    AutoTokenizer,
    GPT2Config,
    GPT2ForSequenceClassification,
    pipeline,
)

from inference.data.problem_types import MULTI, SINGLE
from inference.models.bundle import TFIDF_FILE, Bundle, load_bundle, save_bundle
from inference.models.classifier import ONNX_FP32, TORCH, Classifier, decide, load_classifier
from inference.models.tfidf import load_tfidf
from inference.runs.contract import Stage
from tests.tiny import LABELS, make_tiny_model
from tests.training.toy import toy_config, toy_examples
from training.baselines.fitted_baselines import FittedBaselines
from training.baselines.shared_encoder import SharedEncoder
from training.classifier import decide_stage
from training.data.data import Splits
from training.data.splits import label_matrix
from training.export.export import export_classifier
from training.run.run_folder import RunFolder, sha256_of
from training.trainer.weights import WEIGHTS

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


def fit_record(run: RunFolder, parts: Splits, *, with_words: bool = True) -> dict[str, Any]:
    """What run.json says of the weights after the stage."""
    bundle, encoder = parts.bundle(CONFIG.data), SharedEncoder(run.path)
    baselines = FittedBaselines(parts, bundle, run.path, encoder, {}, seed=0)
    before = run.find(Stage.FIT, "weights") or {"weights_sha256": sha256_of(run.path / WEIGHTS)}
    return decide_stage.decide(run, parts, before, baselines if with_words else None, threads=1)


def decided(run: RunFolder, parts: Splits, *, with_words: bool = True) -> dict[str, Any]:
    return fit_record(run, parts, with_words=with_words)["decision"]


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
    assert sha256_of(run.path / WEIGHTS) == fit_record(run, parts)["weights_sha256"]
    if problem_type == SINGLE:
        assert model.score(texts) == pytest.approx(softmax(added, axis=1), abs=1e-5)
    decided(run, parts)
    assert capsys.readouterr().out == "", "it is chosen once"


def test_its_weights_alone_are_what_transformers_reads(run):
    parts = splits(150, load_bundle(run.path).problem_type)
    decided(run, parts)
    plain = load_classifier(run.path, engine=TORCH, threads=1).plain()
    texts = [example.fields["text"] for example in parts.test]
    decides, probable = by_pipeline(run, texts)
    scores = plain.score(texts)
    assert scores == pytest.approx(probable, abs=1e-5)
    assert (decide(plain.bundle, scores) == decides).all()


@pytest.mark.slow
def test_one_answer_everywhere(run):
    """Of weights that were sure of too much, and of labels that begin at other scores than .5."""
    parts = splits(150, load_bundle(run.path).problem_type)
    chosen = decided(run, parts, with_words=False)
    assert chosen["in_weights"] != 1 and chosen["temperature"] == 1
    assert export_classifier(run.path, ["a good day", "bad food"]).notice is None
    texts = [f"{example.fields['text']} {n}" for n, example in enumerate(toy_examples(300, 7))]
    decides, probable = by_pipeline(run, texts)
    assert len(np.unique(decides, axis=0)) > 1, "the texts tell too little apart"
    for engine in (TORCH, ONNX_FP32):
        model = load_classifier(run.path, engine=engine, threads=1)
        scores = model.score(texts)
        assert (decide(model.bundle, scores) == decides).all()
        assert np.abs(scores - probable).max() < 1e-5


def test_thresholds_chosen_again_are_those_chosen_at_once(run):
    """The second choice starts from weights that were moved by the first."""
    parts = splits(150, load_bundle(run.path).problem_type)
    first = fit_record(run, parts, with_words=False)
    bundle, texts = load_bundle(run.path), [example.fields["text"] for example in parts.test]
    scores = load_classifier(run.path, engine=TORCH, threads=1).score(texts)
    run.record(Stage.FIT, "weights", {"weights_sha256": first["weights_sha256"]})
    again = fit_record(run, parts, with_words=False)["decision"]
    assert (again["in_weights"] or 1) == pytest.approx(1, abs=1e-3)
    assert load_bundle(run.path).thresholds == pytest.approx(bundle.thresholds, abs=1e-3)
    after = load_classifier(run.path, engine=TORCH, threads=1).score(texts)
    assert after == pytest.approx(scores, abs=1e-3)


def test_weights_that_hold_nothing_leave_nothing_behind(tmp_path):
    """Of few texts no temperature is known, and one label a text has no threshold."""
    folder = make_tiny_model(tmp_path / "run", LABELS, SINGLE)
    save_bundle(Bundle(LABELS, SINGLE, max_tokens=32), folder)
    opened, before = RunFolder(folder, {}), sha256_of(folder / WEIGHTS)
    record = fit_record(opened, splits(20), with_words=False)
    assert record["weights_sha256"] == sha256_of(folder / WEIGHTS) == before
    assert record["decision"]["in_weights"] is None
    assert not list(folder.glob(".other*"))


def test_what_a_head_without_bias_cannot_hold_is_said_beside_counted_words_too(tmp_path):
    folder = make_tiny_model(tmp_path / "run", LABELS, MULTI)
    size = {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 64, "pad_token_id": 0}
    names = dict(enumerate(LABELS))
    vocabulary = len(AutoTokenizer.from_pretrained(folder))
    config = GPT2Config(vocab_size=vocabulary, id2label=names, problem_type=MULTI, **size)
    GPT2ForSequenceClassification(config).save_pretrained(folder)
    save_bundle(Bundle(LABELS, MULTI, max_tokens=32), folder)
    chosen = decided(RunFolder(folder, {}), splits(150, MULTI))
    assert chosen["tfidf_weight"] > 0 and chosen["logit_offsets"] == {}
    assert any(note.startswith("the head has no bias") for note in chosen["notes"])


def by_pipeline(run: RunFolder, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Which labels transformers' own pipeline gives, (N, C), and how probable they are by it."""
    decision = json.loads((run.path / "decision.json").read_text("utf-8"))
    asked = pipeline("text-classification", model=str(run.path), top_k=None)
    theirs = [
        {answer["label"]: answer["score"] for answer in row} for row in asked(texts, batch_size=32)
    ]
    scores = np.array([[row[label] for label in LABELS] for row in theirs])
    if decision["problem_type"] == SINGLE:
        return scores == scores.max(axis=1, keepdims=True), scores
    offsets = np.array([decision["logit_offsets"][label] for label in LABELS])
    return scores >= 0.5, expit(logit(scores) + offsets)


@pytest.mark.parametrize("validation, with_words", [(99, True), (150, False)])
def test_it_answers_alone_where_few_texts_could_tell_or_nobody_asked(run, validation, with_words):
    parts = splits(validation, load_bundle(run.path).problem_type)
    gave = decided(run, parts, with_words=with_words)
    assert gave["tfidf_weight"] == 0 and gave["blend"] is None
    stored = json.loads((run.path / "decision.json").read_text("utf-8"))
    assert "tfidf_weight" not in stored
    assert ("logit_offsets" in stored) == (stored["problem_type"] == MULTI)
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
