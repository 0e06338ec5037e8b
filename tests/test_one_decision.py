"""One model, one decision: the page, the command, the HTTP API and transformers' own pipeline."""

import json
import random
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from playwright.sync_api import Page, expect
from scipy.special import logit

from hub.client import connect
from inference.data.problem_types import MULTI
from inference.models.bundle import Bundle, save_bundle
from space_config.prepare import prepare_catalogue
from tests.browser.conftest import OpenPage, chromium, open_page  # noqa: F401 (fixtures)
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import PROJECT, RunningSpace, running_space, space_environment
from tests.tiny import LABELS, WORDS, make_tiny_model
from training.trainer import folded_head

pytestmark = pytest.mark.slow

REPO = "demo/tiny-thresholds"
THRESHOLDS = (0.35, 0.5, 0.72)
AT_ONCE = 50
ROWS = ".st-key-results tbody tr"


def made_texts(count: int = 200) -> list[str]:
    """Different texts of the tiny model's words, the same ones each time."""
    draws = random.Random(7)
    return [f"{' '.join(draws.choices(WORDS, k=draws.randint(1, 20)))} {n}" for n in range(count)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose weights hold temperature and thresholds, as training leaves it."""
    folder = make_tiny_model(tmp_path_factory.mktemp("cut") / "model", LABELS, MULTI, seed=3)
    heights = logit(np.array(THRESHOLDS))
    assert folded_head.fold(folder, folder, 1.7, -heights)
    offsets = dict(zip(LABELS, heights.tolist(), strict=True))
    save_bundle(
        Bundle(LABELS, MULTI, max_tokens=64, thresholds=THRESHOLDS, logit_offsets=offsets), folder
    )
    return folder


@pytest.fixture(scope="module")
def serving(
    hub_server: RunningHub, model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSpace]:
    """A Space over that model alone."""
    folder = tmp_path_factory.mktemp("one-decision")
    hub = connect(hub_server.endpoint, hub_server.token, folder / "cache")
    hub.publish(model, REPO, message="Add a tiny model with thresholds")
    (folder / "source").mkdir()
    task = {"labels": list(LABELS), "problem_type": MULTI}
    models = [{"repo_id": REPO, "role": "fine-tuned", "title": "Tiny"}]
    content = {"title": "Thresholds", "task": task, "models": models}
    (folder / "source" / "models.yaml").write_text(yaml.safe_dump(content), "utf-8")
    (folder / "source" / "messages.yaml").write_text("messages: [a day]\n", "utf-8")
    prepare_catalogue(folder / "source", folder / "ready", hub, threads=1)
    environment = space_environment(folder / "ready", folder / "home", hub_server.endpoint)
    with running_space(environment, folder / "space.log") as running:
        yield running


@pytest.fixture(scope="module")
def by_pipeline(model: Path) -> list[set[str]]:
    """What anyone gets who loads the repo with transformers and knows nothing of decision.json."""
    from transformers import pipeline

    classify = pipeline("text-classification", str(model), top_k=None)
    found = [
        {one["label"] for one in scores if one["score"] >= 0.5} for scores in classify(made_texts())
    ]
    assert len({frozenset(one) for one in found}) > 3, "the texts tell too little apart"
    return found


def test_the_api_decides_as_the_pipeline(serving: RunningSpace, by_pipeline: list[set[str]]):
    decided = []
    texts = made_texts()
    for start in range(0, len(texts), AT_ONCE):
        body = json.dumps({"texts": texts[start : start + AT_ONCE]}).encode()
        request = urllib.request.Request(
            f"{serving.url}/api/classify", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=240) as response:
            decided += [set(result[0]["decided"]) for result in json.load(response)["results"]]
    assert decided == by_pipeline


def test_the_command_decides_as_the_pipeline(
    model: Path, by_pipeline: list[set[str]], tmp_path: Path
):
    lines = [json.dumps({"text": text}) for text in made_texts()]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    command = [sys.executable, "-m", "inference.batch", str(tmp_path / "in.jsonl")]
    command += [str(tmp_path / "out.jsonl"), "--model", str(model)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, timeout=240)
    rows = map(json.loads, (tmp_path / "out.jsonl").read_text("utf-8").splitlines())
    decided = [set(row["decided"]) for row in rows]
    assert decided == by_pipeline


@pytest.mark.browser
def test_the_page_decides_as_the_pipeline(
    open_page: OpenPage,  # noqa: F811 (a fixture)
    serving: RunningSpace,
    by_pipeline: list[set[str]],
):
    page: Page = open_page(serving.url)
    page.locator(ROWS).first.wait_for()
    page.get_by_text("Each line is a message of its own").click()
    texts = made_texts()
    for start in range(0, len(texts), AT_ONCE):
        page.get_by_label("Your message").fill("\n".join(texts[start : start + AT_ONCE]))
        page.keyboard.press("Control+Enter")
        shown = page.locator(f"{ROWS} .text")
        expect(shown.first).to_have_text(texts[start], timeout=60_000)
    seen = page.eval_on_selector_all(
        ROWS,
        """rows => rows.map(row => [
          row.querySelector('.text').textContent,
          [...row.querySelectorAll('.score.decided .label')].map(label => label.textContent)])""",
    )
    decided = {text: set(labels) for text, labels in seen}
    assert [decided[text] for text in texts] == by_pipeline
