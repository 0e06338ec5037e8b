"""The rows that are published with a model, measured from the saved folder."""

import json
import shutil

import pytest

from inference import classifier, compare
from inference.bundle import SINGLE, Bundle, save
from inference.errors import ConfigError
from tests.training.toy import toy_config, toy_examples
from training import results
from training.base import Base
from training.data import Splits
from training.run_folder import RunFolder

LABELS = ("negative", "neutral", "positive")
DESCRIPTIONS = {"positive": "good love", "negative": "bad hate", "neutral": "a movie"}


@pytest.fixture
def run_dir(tiny_model, tmp_path):
    folder = shutil.copytree(tiny_model, tmp_path / "run")
    save(Bundle(LABELS, SINGLE, max_tokens=32), folder)
    RunFolder(folder, {}).write()
    return folder


def _splits() -> Splits:
    parts = [tuple(toy_examples(count)) for count in (30, 9, 30)]
    return Splits(*parts, LABELS, SINGLE, sources=(), rejected=())


def test_every_row_is_measured_and_written(run_dir, tiny_model):
    base = Base(tiny_model, "demo/tiny", "a" * 40)
    config = toy_config(label_descriptions=DESCRIPTIONS)
    run = RunFolder.open(run_dir, {})
    figures = results.measure(run, "sha", "demo/mine", _splits(), config, base, threads=1)
    rows = compare.load_leaderboard(run_dir / "results" / "leaderboard.json")
    assert [(row.engine, row.role, row.repo_id) for row in rows] == [
        ("torch", "fine-tuned", "demo/mine"),  # there is no ONNX file in this folder
        ("zero_shot", "zero-shot", "demo/tiny"),
    ]
    assert json.loads((run_dir / "results" / "metrics.json").read_text()).keys() == figures.keys()
    model = classifier.load(run_dir, engine="torch", threads=1)
    scores = model.score([e.fields["text"] for e in _splits().test])
    hits = [
        LABELS[row.argmax()] == e.labels[0] for row, e in zip(scores, _splits().test, strict=True)
    ]
    assert rows[0].accuracy == pytest.approx(sum(hits) / 30)


def test_without_descriptions_there_is_no_zero_shot_row(run_dir, tiny_model):
    base = Base(tiny_model, "", "")
    run = RunFolder.open(run_dir, {})
    figures = results.measure(run, "sha", "x", _splits(), toy_config(), base, threads=1)
    assert figures.keys() == {"torch"}


def test_a_measured_row_is_not_measured_again(run_dir, tiny_model, capsys):
    base = Base(tiny_model, "", "")
    config = toy_config(label_descriptions=DESCRIPTIONS)
    figures, shown = [], []
    for weights in ("sha", "sha", "other sha"):
        run = RunFolder.open(run_dir, {})
        figures.append(results.measure(run, weights, "x", _splits(), config, base, threads=1))
        shown.append(capsys.readouterr().out.count("measuring"))
    assert shown == [2, 0, 2]
    assert json.dumps(figures[0]) == json.dumps(figures[1])


def test_descriptions_must_name_each_label_or_none():
    results.refuse_incomplete_descriptions(toy_config(), LABELS)
    results.refuse_incomplete_descriptions(toy_config(label_descriptions=DESCRIPTIONS), LABELS)
    with pytest.raises(ConfigError, match="describes good, but the labels are negative, neutral"):
        results.refuse_incomplete_descriptions(toy_config(label_descriptions={"good": "x"}), LABELS)
