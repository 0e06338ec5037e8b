"""What an earlier version made still loads: stored/before_floors was written by commit 89142cf.

A run as it was published, the file it was trained on, the catalogue of a Space and a line of
feedback. None of them is ever written anew: a change that they do not survive is a change for
everybody who has published a model.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from hub.client import Hub, connect
from inference.catalogue.catalogue import load_catalogue
from inference.evaluation import predictions
from inference.feedback.log import read_feedback
from inference.models.classifier import decide, load_classifier
from tests.hub_fixtures import RunningHub
from training import verify
from training.publish import publish_run
from training.run.checks import OK
from training.settings.config import parse_train_config

STORED = Path(__file__).parent / "stored" / "before_floors"
RUN, DATA = STORED / "run", STORED / "toy.csv"


@pytest.fixture
def hub(hub_server: RunningHub, tmp_path: Path) -> Hub:
    return connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")


@pytest.mark.parametrize("engine", ["onnx_int8", "onnx_fp32"])
def test_its_model_answers_as_its_stored_predictions_say(engine: str):
    model = load_classifier(RUN, engine=engine, threads=1)
    rows = json.loads((RUN / "results" / "splits.json").read_text("utf-8"))["test"]
    lines = DATA.read_text("utf-8").splitlines()[1:]
    numbers = [int(row.rpartition(":")[2]) for row in rows]
    texts = [lines[number - 1].rpartition(",")[0] for number in numbers]
    stored = predictions.load(RUN / "results" / "predictions" / f"{engine}.parquet")
    scores = model.score(texts)
    assert np.allclose(scores, stored.scores, atol=1e-5), np.abs(scores - stored.scores).max()
    assert np.array_equal(decide(model.bundle, scores), stored.decided)


def test_its_receipt_is_verified_and_is_a_config(hub: Hub):
    checks = list(verify.verify(RUN, hub, files={"train_file": str(DATA)}))
    assert {check.state for check in checks} == {OK}, [str(c) for c in checks if c.state != OK]
    config = parse_train_config(["--config", str(RUN / "run.json"), "--output_dir", "x"])
    assert (config.trainer.num_train_epochs, config.trainer.output_dir) == (1, "x")
    assert set(config.report.label_descriptions) == {"negative", "neutral", "positive"}


def test_it_is_published_again_and_its_own_words_are_kept(hub: Hub, tmp_path: Path):
    run = shutil.copytree(RUN, tmp_path / "run")
    published = publish_run(run, "demo/toys-of-before", hub)
    folder = hub.resolve(published.repo_id, published.sha).folder
    assert (folder / "model.safetensors").read_bytes() == (RUN / "model.safetensors").read_bytes()
    verdict = next(
        line for line in (RUN / "README.md").read_text("utf-8").splitlines() if "MCC" in line
    )
    assert verdict in (folder / "README.md").read_text("utf-8")


def test_the_catalogue_of_its_space_is_shown():
    catalogue = load_catalogue(STORED / "space")
    assert catalogue.first_paint is not None and catalogue.leaderboard is not None
    assert catalogue.first_paint.texts == catalogue.messages
    assert catalogue.leaderboard.judged is not None
    assert catalogue.leaderboard.judged.model.name == "onnx_int8"


def test_its_feedback_is_read(tmp_path: Path):
    shutil.copy(STORED / "feedback.jsonl", tmp_path)
    collected = read_feedback(tmp_path)
    assert not collected.broken
    (feedback,) = collected.feedback
    assert (feedback.catalogue, feedback.corrected) == ("Toys", ("positive",))
