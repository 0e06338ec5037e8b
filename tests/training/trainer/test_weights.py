"""The first stage: weights, tokenizer and bundle in the run folder."""

from pathlib import Path

import pytest

from hub.client import connect
from inference.core.settings import load_settings
from inference.models.bundle import load_bundle
from inference.models.classifier import load_classifier
from tests.training.toy import toy_config, write_toy_csv
from training.data import data
from training.run.run_folder import RunFolder, sha256_of
from training.settings.config import TrainConfig
from training.trainer.base import Base
from training.trainer.processes import Processes
from training.trainer.weights import fit_weights


def _make(config: TrainConfig, tiny_model: Path, folder: Path) -> tuple[RunFolder, dict]:
    hub = connect("http://127.0.0.1:9")
    environ = {"CPU_CORES": "1", "DEVICE": "cpu", "HF_HOME": "unused"}
    splits = data.prepare(config.data, hub, seed=config.trainer.seed)
    run = RunFolder.open(folder, config.weights_identity())
    processes = Processes(config.trainer, load_settings(environ))
    return run, fit_weights(config, splits, Base(tiny_model, "", ""), run, processes)


@pytest.fixture(scope="module")
def made(tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    config = toy_config(train_file=str(write_toy_csv(folder / "toy.csv", 120)))
    return config, *_make(config, tiny_model, folder / "run")


def test_the_folder_scores_texts_with_the_trained_weights(made):
    _, run, done = made
    model = load_classifier(run.path, engine="torch", threads=1)
    assert model.bundle.labels == ("negative", "neutral", "positive")
    scores = model.score(["good great love", "terrible awful", "movie service day"])
    assert scores.argmax(axis=1).tolist() == [2, 0, 1]
    assert done["weights_sha256"] == sha256_of(run.path / "model.safetensors")
    assert done["training"]["batch_size"] == 8  # the one that was used
    assert done["training"]["accumulation_steps"] == 1


def test_the_bundle_says_how_texts_are_read(made):
    _, run, _ = made
    bundle = load_bundle(run.path)
    assert (bundle.text_fields, bundle.field_separator) == (("text",), " ")
    assert bundle.max_tokens == 32


def test_done_weights_are_not_made_again(made, tiny_model):
    config, run, done = made
    before = (run.path / "model.safetensors").stat().st_mtime_ns
    _, again = _make(config, tiny_model, run.path)
    assert again == done
    assert (run.path / "model.safetensors").stat().st_mtime_ns == before


def test_several_fields_are_kept_apart_by_the_separator_token(tiny_model, tmp_path):
    path = tmp_path / "two.csv"
    rows = "".join(f'{word} {n},["{word}"],{word}\n' for n in range(12) for word in ("good", "bad"))
    path.write_text("title,body,label\n" + rows)
    config = toy_config(
        train_file=str(path),
        text_fields=("title", "body"),
        json_fields=("body",),
        num_train_epochs=1,
        max_seq_length=512,
    )
    run, _ = _make(config, tiny_model, tmp_path / "run")
    bundle = load_bundle(run.path)
    assert bundle.compose({"title": "a", "body": '["b"]'}) == "a [SEP] b"
    assert bundle.max_tokens == 64  # the model reads no more
