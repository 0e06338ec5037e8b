"""Which folders a classifier is loaded from, and what is said of the others."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inference.core.errors import ModelError
from inference.models import classifier
from inference.models.classifier import ONNX_FILES, load_classifier
from tests.tiny import make_tiny_model, make_tokenizer, sentences, with_config


@pytest.mark.parametrize(
    "missing, device, expected",
    [
        ([], "cpu", "onnx_int8"),
        ([], "auto", "onnx_int8"),
        ([], "cuda", "torch"),
        (["onnx/model_quantized.onnx"], "cpu", "onnx_fp32"),
        (["onnx/model_quantized.onnx", "onnx/model.onnx"], "cpu", "torch"),
    ],
)
def test_auto_takes_the_lightest_engine_there_is(onnx_model, tmp_path, missing, device, expected):
    folder = shutil.copytree(onnx_model, tmp_path / "model")
    for name in missing:
        (folder / name).unlink()
    assert classifier.choose_engine(folder, "auto", device) == expected


def test_a_folder_with_only_the_served_files_is_enough(onnx_model, tmp_path):
    for name in ("config.json", "tokenizer.json", "onnx/model_quantized.onnx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(onnx_model / name, tmp_path / name)
    model = load_classifier(tmp_path)
    assert model.engine_name == "onnx_int8"
    assert model.size_bytes == (tmp_path / "onnx/model_quantized.onnx").stat().st_size
    assert model.score(["good"]).shape == (1, 3)


def test_older_tokenizer_files_are_enough_for_torch(onnx_model, tmp_path):
    vocabulary = sorted(make_tokenizer().get_vocab().items(), key=lambda pair: pair[1])
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(onnx_model / name, tmp_path / name)
    (tmp_path / "vocab.txt").write_text("\n".join(token for token, _ in vocabulary))
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    texts = sentences(5)
    expected = load_classifier(onnx_model, engine="torch").score(texts)
    assert load_classifier(tmp_path).score(texts) == pytest.approx(expected, abs=1e-6)


def broken(folder: Path, name: str) -> Path:
    (folder / name).write_bytes(b"not what it should be")
    return folder


@pytest.mark.parametrize(
    "engine, name, message",
    [
        ("onnx_int8", "onnx/model_quantized.onnx", "model_quantized.onnx cannot be loaded"),
        ("torch", "model.safetensors", "cannot be loaded"),
        ("onnx_fp32", "tokenizer.json", "tokenizer.json cannot be read"),
        ("onnx_fp32", "config.json", "config.json is not valid JSON"),
        ("onnx_fp32", "decision.json", "decision.json is not valid JSON"),
    ],
)
def test_a_damaged_file_is_named(onnx_model, tmp_path, engine, name, message):
    folder = broken(shutil.copytree(onnx_model, tmp_path / "model"), name)
    with pytest.raises(ModelError, match=message):
        load_classifier(folder, engine=engine)


@pytest.mark.parametrize("engine", ["onnx_int8", "onnx_fp32"])
def test_an_empty_file_is_named(onnx_model, tmp_path, engine):
    folder = shutil.copytree(onnx_model, tmp_path / "model")
    (folder / ONNX_FILES[engine]).write_bytes(b"")
    with pytest.raises(ModelError, match=f"{ONNX_FILES[engine]} cannot be loaded"):
        load_classifier(folder, engine=engine)


@pytest.mark.parametrize("engine", ["onnx_int8", "onnx_fp32"])
def test_an_engine_without_its_file_lists_what_there_is(tiny_model, engine):
    with pytest.raises(ModelError, match=r"it offers torch$"):
        load_classifier(tiny_model, engine=engine)


def test_an_unknown_engine_lists_the_known_ones(tiny_model):
    with pytest.raises(ModelError, match="known: auto, onnx_int8, onnx_fp32, torch"):
        load_classifier(tiny_model, engine="tensorrt")


@pytest.mark.parametrize("engine", ["onnx_fp32", "torch"])
def test_more_labels_than_logits_is_refused(onnx_model, tmp_path, engine):
    names = {str(index): name for index, name in enumerate("abcd")}
    folder = with_config(onnx_model, tmp_path / "model", id2label=names)
    with pytest.raises(ModelError, match="labels|cannot be loaded"):
        load_classifier(folder, engine=engine)


def test_a_bare_encoder_is_no_classifier(encoder):
    with pytest.raises(ModelError, match="lack classifier.bias, classifier.weight.*zero-shot"):
        load_classifier(encoder)


@pytest.mark.slow
def test_only_the_refusal_tells_that_a_head_is_missing(encoder, tiny_model):
    program = """
import sys
from pathlib import Path
from transformers import AutoModelForSequenceClassification, logging
from inference.models import classifier
from inference.core.errors import ModelError
bare, whole = map(Path, sys.argv[1:])
try:
    classifier.load_classifier(bare)
except ModelError:
    print("refused", file=sys.stderr)
classifier.load_classifier(whole)
print("others report as before", file=sys.stderr)
AutoModelForSequenceClassification.from_pretrained(bare)
"""
    command = [sys.executable, "-c", program, str(encoder), str(tiny_model)]
    root = Path(classifier.__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said, reported = done.stderr.split("others report as before\n")
    assert said == "refused\n" and "LOAD REPORT" in reported


def test_pickled_weights_are_never_loaded(tmp_path):
    import torch

    folder = make_tiny_model(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    torch.save({"bert.weight": torch.zeros(1)}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickled weights are never loaded"):
        load_classifier(folder)


def test_serving_onnx_imports_neither_torch_nor_transformers(onnx_model):
    program = (
        "import sys; from pathlib import Path; import inference.catalogue.catalogue;"
        "from inference.models import classifier;"
        f"model = classifier.load_classifier(Path({str(onnx_model)!r}), threads=1);"
        "assert model.score(['good', 'bad']).shape == (2, 3);"
        "heavy = {'torch', 'transformers', 'sklearn', 'pandas', 'scipy', 'datasets', 'streamlit'};"
        "print(model.engine_name, sorted(heavy & set(sys.modules)))"
    )
    root = Path(classifier.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, env=os.environ
    )
    assert (done.stdout.strip(), done.stderr) == ("onnx_int8 []", "")
