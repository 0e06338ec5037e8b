"""The whole product on real tweets with the real base model: the demo, then its users elsewhere.

One journey is made for all tests of this file: some hundred tweets, one epoch, its own folder.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import expect

from inference.evaluation.leaderboard import load_leaderboard
from space_config.servers import free_port
from tests.browser.conftest import (  # noqa: F401 (two are fixtures)
    OpenPage,
    chromium,
    open_page,
    screenshot,
)
from tests.pages import blocks

ROOT = Path(__file__).parent.parent
# Two hundred tweets each to train, to validate and to test.
FLAGS = [
    *("--max_train_samples", "200", "--validation_size", "0.005", "--test_size", "0.005"),
    *("--min_steps", "20"),
]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Demo(NamedTuple):
    """A demo that serves: its process, what it printed, where its Space is, how long it took."""

    process: subprocess.Popen
    output: str
    url: str
    root: Path
    seconds: float


def command(root: Path, *flags: str) -> list[str]:
    return [sys.executable, "-u", "-m", "space_config.demo", "--root", str(root), *flags, *FLAGS]


def serve(root: Path) -> Demo:
    """Start a demo and read what it prints until its Space is up."""
    port = free_port()
    started = time.monotonic()
    process = subprocess.Popen(
        command(root, "--port", str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        output += line
        if line.startswith("The Space is at"):
            url = f"http://localhost:{port}"
            return Demo(process, output, url, root, time.monotonic() - started)
    raise AssertionError(f"the demo ended:\n{output}")


def end(demo: Demo) -> None:
    if demo.process.poll() is None:
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(timeout=30) == 130


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    root = tmp_path_factory.mktemp("journey") / "demo"
    interrupted = subprocess.Popen(
        command(root, "--check"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    time.sleep(8)  # somewhere in the middle: the base model is being put on the Hub
    interrupted.send_signal(signal.SIGKILL)
    interrupted.wait()
    running = serve(root)
    yield running
    end(running)


def test_a_killed_demo_carries_on_and_says_where_it_is(demo: Demo):
    stages = re.findall(r"^\[(\d)/6\] .* left in all$", demo.output, re.MULTILINE)
    assert stages == list("123456"), demo.output


def test_the_space_answers_with_both_models(demo: Demo):
    body = json.dumps({"texts": ["I love this, what a great day!"]}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{demo.url}/api/classify", body, headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    text = json.dumps(answer)
    assert "demo/tweet-sentiment" in text and "sentence-transformers/all-MiniLM-L6-v2" in text
    assert "failures" not in answer or not answer["failures"], answer


def elsewhere(demo: Demo, program: str) -> str:
    """What a Python program prints in another process, another folder, with its own cache."""
    hub_url = re.search(r"listening on (\S+)", demo.output)
    assert hub_url is not None, demo.output
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub_url[1],
        "HF_HOME": str(demo.root.parent / "elsewhere"),
    }
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=demo.root.parent,
        env=environment,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_python_of_the_pages_runs_against_the_published_model(demo: Demo):
    of_the_hub = [block for block in blocks("python") if "localhost" not in block]
    assert of_the_hub, "no example would have been run"
    printed = elsewhere(demo, "\n".join(of_the_hub))
    for label in ("negative", "neutral", "positive"):
        assert label in printed, printed


def test_the_leaderboard_holds_the_models_measured_on_the_frozen_test_rows(demo: Demo):
    board = load_leaderboard(demo.root / "space" / "leaderboard.json")
    roles = [row.model.role for row in board.rows]
    assert roles.count("fine-tuned") == 2 and roles.count("zero-shot") == 1, roles
    assert roles.count("baseline") == 5, roles
    assert board.judged is not None and board.judged.difference is not None


def test_the_receipt_of_the_published_run_holds(demo: Demo):
    (run,) = (demo.root / "runs").iterdir()
    command = [sys.executable, "-m", "training.verify", str(run)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " checks hold, " in done.stdout


@pytest.mark.browser
def test_a_visitor_reads_both_models_in_the_table(demo: Demo, open_page: OpenPage):  # noqa: F811
    page = open_page(demo.url)
    page.get_by_label("Your message").fill("I love this, what a great day!")
    page.get_by_role("button", name="Analyze").click()
    top = page.locator(".st-key-results tbody tr").first
    expect(top.locator(".text")).to_have_text("I love this, what a great day!", timeout=60_000)
    cells = top.locator("td[data-role]").all_inner_texts()
    two_labels = r"((negative|neutral|positive)\s+0\.\d\d\s*){2}"
    assert len(cells) == 2 and all(re.fullmatch(two_labels, cell) for cell in cells), cells
    screenshot(page, "journey")


def test_a_second_demo_of_the_same_folder_is_refused(demo: Demo):
    again = subprocess.run(command(demo.root, "--check"), capture_output=True, text=True, cwd=ROOT)
    assert again.returncode == 1 and "already running" in again.stderr, again.stderr


def test_the_next_run_uses_what_is_there(demo: Demo):
    """Last of this file: it ends the demo that the others ask."""
    end(demo)
    again = serve(demo.root)
    end(again)
    assert again.output.count("already there") == 3, again.output
    assert again.seconds < demo.seconds / 3, (again.seconds, demo.seconds)
