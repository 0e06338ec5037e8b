"""A Space of two catalogues: the toys of space_fixtures, and clicks, which read fields, one JSON.

The clicks are multi-label, so that their scores have thresholds.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from hub.client import connect
from inference.data.problem_types import MULTI
from inference.evaluation.leaderboard import save_leaderboard
from inference.models.bundle import load_bundle, save_bundle
from space_config.prepare import prepare_catalogue
from tests.boards import board, row
from tests.hub_fixtures import RunningHub
from tests.tiny import make_tiny_model

CLICKS = "demo/tiny-clicks"
LABELS = ("clicked", "liked_it")
FIELDS = ("prefix", "title", "tag", "predicted")
COLUMNS = ("prefix", "predicted", "title", "tag", "clicked")
THRESHOLDS = (0.3, 0.6)


@pytest.fixture(scope="session")
def two_catalogues(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder of two catalogues, clicks and toys."""
    folder = tmp_path_factory.mktemp("catalogues")
    hub = connect(hub_server.endpoint, hub_server.token, folder / "cache")
    hub.publish(_clicks_model(folder / "model"), CLICKS, message="Add a tiny model of clicks")
    ready = folder / "ready"
    prepare_catalogue(_clicks_catalogue(folder / "source"), ready / "clicks", hub, threads=1)
    shutil.copytree(tiny_catalogue, ready / "toys")
    return ready


def _clicks_model(folder: Path) -> Path:
    make_tiny_model(folder, LABELS, problem_type=MULTI, seed=2)
    bundle = replace(
        load_bundle(folder),
        text_fields=FIELDS,
        json_fields=("predicted",),
        field_separator=" [SEP] ",
        thresholds=THRESHOLDS,
        chosen_on="validation",
    )
    save_bundle(bundle, folder)
    (folder / "run.json").write_text(json.dumps({"config": {"column_names": COLUMNS}}), "utf-8")
    (folder / "results").mkdir()
    found = board(
        row("torch", title="Tiny clicks", repo_id=CLICKS, labels=LABELS),
        labels=LABELS,
        problem_type=MULTI,
    )
    save_leaderboard(found, folder / "results" / "leaderboard.json")
    return folder


def _clicks_catalogue(folder: Path) -> Path:
    folder.mkdir(parents=True)
    model = {"repo_id": CLICKS, "revision": None, "role": "fine-tuned", "title": "Tiny clicks"}
    task = {"labels": list(LABELS), "problem_type": MULTI}
    content = {"title": "Clicks on toys", "task": task, "models": [model]}
    (folder / "models.yaml").write_text(yaml.safe_dump(content), "utf-8")
    messages = {"messages": ["a good movie [SEP] film", "awful food"]}
    (folder / "messages.yaml").write_text(yaml.safe_dump(messages), "utf-8")
    return folder
