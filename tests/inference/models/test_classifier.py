"""What a classifier says of texts: scores, decisions, and the texts it refuses."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from transformers import pipeline

from inference.core.errors import TextError
from inference.data.problem_types import MULTI, SINGLE
from inference.models.bundle import Bundle, save_bundle
from inference.models.classifier import activate, decide, load_classifier
from tests.inference.conftest import export_onnx
from tests.tiny import LABELS, sentences
from training.export import activation_ranges

ENGINES = ["onnx_int8", "onnx_fp32", "torch"]


@pytest.mark.parametrize(
    "family, engine",
    [
        *(("onnx_model", name) for name in ENGINES),
        *(("onnx_roberta", name) for name in ENGINES[1:]),
    ],
)
def test_a_batch_scores_like_its_texts_one_by_one(family, engine, request):
    model = load_classifier(request.getfixturevalue(family), engine=engine, threads=2)
    texts = sentences(40)
    together = model.score(texts)
    alone = np.concatenate([model.score([text]) for text in texts])
    assert together.dtype == np.float32 and together.shape == (40, 3)
    assert np.abs(together - alone).max() < (0 if engine == "onnx_int8" else 1e-5) + 1e-9


@pytest.mark.slow
def test_a_graph_that_measures_its_ranges_reads_one_text_at_a_time(onnx_model, tmp_path):
    """Of models that others quantized, or we before the ranges were fixed."""
    folder = shutil.copytree(onnx_model, tmp_path / "model")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(activation_ranges, "fix", lambda *_: None)
        export_onnx(folder, int8=True)
    model = load_classifier(folder, engine="onnx_int8", threads=2)
    texts = sentences(40)
    alone = np.concatenate([model.score([text]) for text in texts])
    assert (model.score(texts) == alone).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_neighbours_and_their_order_change_no_score(onnx_model, engine):
    model = load_classifier(onnx_model, engine=engine)
    texts = sentences(12)
    scores = model.score(texts)
    turned = model.score([*reversed(texts), "good " * 200])
    assert np.abs(turned[:12][::-1] - scores).max() < 1e-5


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_texts_give_the_same_bits_from_every_thread(onnx_model, engine):
    model = load_classifier(onnx_model, engine=engine, threads=2)
    texts = sentences(9)
    expected = model.score(texts)
    with ThreadPoolExecutor(8) as pool:
        for scores in pool.map(lambda _: model.score(texts), range(24)):
            assert (scores == expected).all()


@pytest.mark.parametrize("family", ["onnx_model", "onnx_roberta", "onnx_multilabel"])
@pytest.mark.parametrize("engine", ["onnx_fp32", "torch"])
def test_scores_are_those_of_the_transformers_pipeline(family, engine, request):
    folder, texts = request.getfixturevalue(family), sentences(10)
    ours = load_classifier(folder, engine=engine).score(texts)
    peer = pipeline("text-classification", str(folder), top_k=None)(texts, truncation=True)
    theirs = [[{r["label"]: r["score"] for r in row}[label] for label in LABELS] for row in peer]
    assert np.abs(ours - np.array(theirs)).max() < 1e-5


def test_int8_stays_near_float32(onnx_model):
    texts = sentences(60)
    int8, fp32 = (load_classifier(onnx_model, engine=name).score(texts) for name in ENGINES[:2])
    assert 0 < np.abs(int8 - fp32).mean() < 0.05


@pytest.mark.parametrize("engine", ENGINES)
def test_a_long_multilabel_text_takes_the_strongest_window_of_each_label(onnx_multilabel, engine):
    model = load_classifier(onnx_multilabel, engine=engine)
    calm, angry = "calm food " * 30, "terrible awful " * 30
    windows = model._reader.read([calm + angry])
    texts = [model._reader._tokenizer.decode(list(window.ids)) for window in windows]
    assert len(windows) > 2
    expected = model.logits(texts).max(axis=0)
    assert model.logits([calm + angry])[0] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_long_single_label_text_takes_the_mean_by_tokens(onnx_model, engine):
    model = load_classifier(onnx_model, engine=engine)
    text = "calm food " * 30 + "terrible awful day " * 20
    windows = model._reader.read([text])
    texts = [model._reader._tokenizer.decode(list(window.ids)) for window in windows]
    weights = [window.content for window in windows]
    expected = np.average(model.logits(texts), axis=0, weights=weights)
    assert model.logits([text])[0] == pytest.approx(expected, abs=1e-4)


def test_softmax_rows_sum_to_one_and_sigmoid_scores_stand_alone(onnx_model, onnx_multilabel):
    texts = sentences(8)
    single, multi = load_classifier(onnx_model), load_classifier(onnx_multilabel)
    assert single.score(texts).sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert multi.score(texts) == pytest.approx(1 / (1 + np.exp(-multi.logits(texts))), abs=1e-6)


@pytest.mark.parametrize("is_multilabel", [True, False])
def test_extreme_logits_give_scores_of_zero_and_one_without_a_warning(is_multilabel):
    logits = np.array([[-1e4, 1e4], [1e30, -1e30]], np.float32)
    with np.errstate(all="raise", under="ignore"):
        scores = activate(logits, is_multilabel)
    assert scores.tolist() == [[0, 1], [1, 0]]


def test_temperature_and_thresholds_come_from_decision_json(onnx_multilabel, tmp_path):
    folder = shutil.copytree(onnx_multilabel, tmp_path / "model")
    plain, texts = load_classifier(folder), sentences(30)
    tuned = replace(plain.bundle, temperature=2.5, thresholds=(0.1, 0.5, 0.9), text_fields=("t",))
    save_bundle(tuned, folder)
    model = load_classifier(folder)
    scores = model.score(texts)
    assert scores == pytest.approx(activate(plain.logits(texts) / 2.5, True), abs=1e-6)
    assert (decide(model.bundle, scores) == (scores >= np.float32([0.1, 0.5, 0.9]))).all()


@pytest.mark.parametrize(
    "problem_type, scores, chosen",
    [
        (SINGLE, [0.2, 0.5, 0.3], [False, True, False]),
        (SINGLE, [0.4, 0.4, 0.2], [True, False, False]),
        (SINGLE, [np.nan, 0.1, 0.3], [False, False, True]),
        (SINGLE, [np.nan] * 3, [False] * 3),
        (MULTI, [0.5, 0.49, 1.0], [True, False, True]),
        (MULTI, [0.1, 0.2, 0.3], [False] * 3),
        (MULTI, [np.nan, 0.9, np.nan], [False, True, False]),
    ],
)
def test_decisions(problem_type, scores, chosen):
    decided = decide(Bundle(LABELS, problem_type), np.array([scores], np.float32))
    assert decided.tolist() == [chosen]


@pytest.mark.parametrize("engine", ENGINES)
def test_texts_that_cannot_be_scored_are_refused(onnx_model, engine):
    model = load_classifier(onnx_model, engine=engine)
    for text in ("", "  \n", "\u200b", None):
        with pytest.raises(TextError, match="text 2"):
            model.score(["good", text])


def test_no_texts_give_no_rows(onnx_model):
    assert load_classifier(onnx_model).score([]).shape == (0, 3)
