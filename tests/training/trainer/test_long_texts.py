"""Texts longer than max_seq_length: windows of them train, cut as the model reads them later."""

import csv
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from hub.client import connect
from inference.models.classifier import load_classifier
from tests.tiny import make_tiny_model, with_config
from tests.training.toy import WHERE, toy_config
from training.data import data
from training.run.run_folder import RunFolder
from training.trainer.base import Base
from training.trainer.processes import Processes
from training.trainer.weights import fit_weights

pytestmark = pytest.mark.slow

PLANTED = ("angry", "calm")


def long_texts(count: int, seed: int) -> list[tuple[str, str]]:
    """Texts of 720 words, all alike but for one after the 600th, which is the label."""
    rng = np.random.default_rng(seed)
    rows = []
    for row in range(count):
        words = ["so"] * 720
        words[rng.integers(600, 720)] = label = PLANTED[row % 2]
        rows.append((" ".join(words), label))
    return rows


def make_base(folder: Path) -> Path:
    """An encoder that looks at words, wherever they are, and drops none out: it learns quickly."""
    plain = make_tiny_model(folder / "plain", labels=None, most_tokens=128)
    none = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    path = with_config(plain, folder / "base", **none) / "model.safetensors"
    weights = load_file(path)
    for name in weights:
        if "position_embeddings" in name:
            weights[name].zero_()
        elif "query.weight" in name:
            weights[name] *= 3
    save_file(weights, path, metadata={"format": "pt"})
    return path.parent


def accuracy(folder: Path, how: str) -> float:
    """On other texts, of a model trained with a limit of 128 tokens."""
    folder.mkdir()
    with (folder / "long.csv").open("w", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *long_texts(240, seed=1)])
    config = toy_config(
        train_file=str(folder / "long.csv"),
        max_seq_length=128,
        long_texts=how,
        num_train_epochs=8,
        learning_rate=4e-3,
    )
    base = Base(make_base(folder), "", "")
    splits = data.prepare(config.data, connect("http://127.0.0.1:9"), seed=config.trainer.seed)
    run = RunFolder.open(folder / how, config.weights_identity())
    fit_weights(config, splits, base, run, Processes(config.trainer, WHERE))
    model = load_classifier(run.path, engine="torch", threads=1)
    texts, labels = zip(*long_texts(60, seed=2), strict=True)
    chosen = model.score(texts).argmax(axis=1)
    return float(np.mean([model.bundle.labels[index] for index in chosen] == np.array(labels)))


def test_a_word_after_the_limit_is_found_where_windows_were_trained_on(tmp_path):
    assert accuracy(tmp_path / "windows", "windows") > 0.9
    assert accuracy(tmp_path / "truncate", "truncate") < 0.7
