"""The programs that the page About shows run as they stand, against a published model."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hub.client import connect
from inference.catalogue import snippets
from inference.data.problem_types import MULTI, SINGLE
from inference.models import classifier
from inference.models.bundle import Bundle, save_bundle
from tests.hub_fixtures import RunningHub
from tests.tiny import LABELS, make_tiny_model, with_config
from training.export.export import export_classifier

pytestmark = pytest.mark.slow

THRESHOLDS = {MULTI: (0.2, 0.5, 0.8), SINGLE: ()}


def ran(program: str, hub_server: RunningHub, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=folder,
        env=hub_server.environment(folder / "home"),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with its small ONNX file."""
    folder = make_tiny_model(tmp_path_factory.mktemp("snippets") / "model", LABELS, MULTI)
    save_bundle(Bundle(LABELS, MULTI, max_tokens=32), folder)
    assert export_classifier(folder, ["a good day", "bad food"]).notice is None
    return folder


@pytest.mark.parametrize("problem_type", [SINGLE, MULTI])
def test_the_onnx_program_scores_and_decides_as_this_project_does(
    hub_server: RunningHub, exported: Path, tmp_path: Path, problem_type: str
):
    # the same graph, read by softmax or by sigmoid
    folder = with_config(exported, tmp_path / "model", problem_type=problem_type)
    thresholds = THRESHOLDS[problem_type]
    own = Bundle(LABELS, problem_type, max_tokens=32, temperature=1.5, thresholds=thresholds)
    save_bundle(own, folder)
    repo_id = f"demo/snippet-{problem_type[:5]}"
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    sha = hub.publish(folder, repo_id, message="Add").sha
    said = ran(snippets.onnx(repo_id, sha, problem_type), hub_server, tmp_path)
    lines = [re.split(r"\s+", line, maxsplit=2) for line in said.splitlines()]
    model = classifier.load_classifier(folder, engine="onnx_int8", threads=1)
    expected = model.score(["Two hours late and nobody says why."])
    assert [name for name, _, _ in lines] == list(LABELS)
    assert np.allclose([float(score) for _, score, _ in lines], expected[0], atol=6e-4)
    decided = [name for name, _, mark in lines if mark]
    (chosen,) = classifier.decide(model.bundle, expected)
    assert decided == [label for label, is_chosen in zip(LABELS, chosen, strict=True) if is_chosen]


def test_the_transformers_program_prints_every_label(
    hub_server: RunningHub, tmp_path: Path, tiny_model: Path
):
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    sha = hub.publish(tiny_model, "demo/snippet-torch", message="Add").sha
    said = ran(snippets.transformers("demo/snippet-torch", sha), hub_server, tmp_path)
    assert all(f"'{label}'" in said for label in LABELS), said


def test_the_body_that_curl_sends_is_the_json_that_the_api_reads():
    words = shlex.split(snippets.curl("http://localhost:8501", "demo/x"))
    assert words[:4] == ["curl", "-X", "POST", "http://localhost:8501/api/classify"]
    body = json.loads(words[-1])
    assert body["models"] == ["demo/x"] and len(body["texts"]) == 1
