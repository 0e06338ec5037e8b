import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from inference.data.problem_types import SINGLE
from inference.models.bundle import Bundle, save_bundle
from inference.models.classifier import load_classifier
from tests.tiny import make_tiny_model
from tests.training.export.graphs import make_funnel
from tests.training.finished_run import GOLDEN_TEXTS, make_finished_run
from tests.training.toy import toy_examples
from training.export import golden, graph
from training.export.export import FP32_TOLERANCE, export_classifier, export_encoder

pytestmark = pytest.mark.slow


def test_both_files_are_whole_and_nothing_else_is_left(exported_run: Path):
    assert sorted(path.name for path in (exported_run / "onnx").iterdir()) == [
        "model.onnx",
        "model_quantized.onnx",
    ]
    assert not list(exported_run.glob(".export-*"))


def test_the_report_tells_of_the_files_in_place(exported_run: Path):
    report = json.loads((exported_run / "run.json").read_text())["export"]
    assert report["notice"] is None
    assert 0 < report["fp32_max_logit_difference"] < FP32_TOLERANCE
    for name, size in report["sizes_bytes"].items():
        assert (exported_run / name).stat().st_size == size


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 3), (5, 9), (2, 63), (1, 64), (33, 20)], ids=lambda shape: str(shape)
)
def test_float32_equals_torch_for_every_shape(exported_run: Path, shape: tuple[int, int]):
    draws = np.random.default_rng(0)
    feed = {
        "input_ids": draws.integers(5, 100, shape),
        "attention_mask": np.ones(shape, np.int64),
    }
    feed["attention_mask"][0, shape[1] // 2 + 1 :] = 0  # one row is padded
    session = onnxruntime.InferenceSession(exported_run / "onnx" / "model.onnx")
    model = AutoModelForSequenceClassification.from_pretrained(exported_run).eval()
    with torch.no_grad():
        expected = model(**{k: torch.from_numpy(v) for k, v in feed.items()}).logits.numpy()
    assert np.abs(session.run(["logits"], feed)[0] - expected).max() < FP32_TOLERANCE


@pytest.mark.parametrize("engine", ["onnx_fp32", "onnx_int8"])
def test_a_batch_of_many_equals_as_many_singles(exported_run: Path, engine: str):
    model = load_classifier(exported_run, engine=engine)
    texts = [example.fields["text"] for example in toy_examples(40)]
    singles = np.concatenate([model.logits([text]) for text in texts])
    assert np.abs(model.logits(texts) - singles).max() < 1e-4


def test_a_family_without_onnx_ships_its_weights_with_a_notice(tmp_path: Path):
    run = make_funnel(tmp_path)
    save_bundle(Bundle(("LABEL_0", "LABEL_1", "LABEL_2"), SINGLE, max_tokens=32), run)
    (run / "onnx").mkdir()
    (run / "onnx" / "model.onnx").write_bytes(b"of earlier weights")
    report = export_classifier(run, ["a text"])
    assert "a funnel model cannot be exported" in str(report.notice)
    assert not (run / "onnx").exists()
    golden.write(run, GOLDEN_TEXTS)
    stored = json.loads((run / "results" / "golden.json").read_text())
    assert np.shape(stored["logits"]["torch"]) == (len(GOLDEN_TEXTS), 3)


def test_a_file_that_computes_something_else_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run = make_finished_run(tmp_path / "run")
    other = make_tiny_model(tmp_path / "other", seed=1)
    convert = graph.convert
    monkeypatch.setattr(graph, "convert", lambda folder, output: convert(other, output))
    report = export_classifier(run, ["a text"])
    assert "differs from its weights by" in str(report.notice)
    assert not (run / "onnx").exists()
    assert (run / "model.safetensors").exists()


def test_an_encoder_has_its_hidden_states_as_only_output(tmp_path: Path):
    encoder = make_tiny_model(tmp_path / "encoder", labels=None)
    path = encoder / "onnx" / "model.onnx"
    export_encoder(encoder, path)
    session = onnxruntime.InferenceSession(path)
    assert [output.name for output in session.get_outputs()] == ["last_hidden_state"]
    assert [entry.name for entry in path.parent.iterdir()] == ["model.onnx"]


@pytest.mark.slow
def test_int8_of_the_real_model_is_a_third_of_its_weights(base_model: Path, tmp_path: Path):
    run = tmp_path / "run"
    shutil.copytree(base_model, run, ignore=shutil.ignore_patterns("onnx"))
    model = AutoModelForSequenceClassification.from_pretrained(run, num_labels=3)
    model.save_pretrained(run)
    save_bundle(Bundle(("LABEL_0", "LABEL_1", "LABEL_2"), SINGLE, max_tokens=128), run)
    report = export_classifier(run, ["a text", "天気がいいですね 🙂"])
    session = onnxruntime.InferenceSession(run / "onnx" / "model.onnx")
    assert {entry.name for entry in session.get_inputs()} == {
        "input_ids", "attention_mask", "token_type_ids",
    }  # fmt: skip
    sizes = report.sizes_bytes
    weights = (run / "model.safetensors").stat().st_size
    assert sizes["onnx/model_quantized.onnx"] < weights / 3, sizes
    assert report.fp32_max_logit_difference is not None
    assert report.fp32_max_logit_difference < FP32_TOLERANCE
