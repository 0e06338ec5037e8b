"""A real Space for the tests: two tiny models on the loopback Hub, a catalogue, a server process.

Use `tiny_catalogue` for the folder and `running_space(...)` for a server over it.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import yaml

from hub.client import connect
from inference.evaluation.leaderboard import Leaderboard, MccDifference
from space_config.prepare import prepare_catalogue
from space_config.servers import free_port
from tests.boards import board, row
from tests.hub_fixtures import RunningHub
from tests.results_files import write_results
from tests.tiny import make_tiny_model

PROJECT = Path(__file__).resolve().parents[1]
TUNED, BARE = "demo/tiny-tuned", "demo/tiny-bare"
MESSAGES = ["i love this movie", "the food was awful", "it was a day"]
LABELS = ["negative", "neutral", "positive"]
START_LIMIT_S = 60.0


@dataclass(frozen=True)
class RunningSpace:
    """A Space that listens, its process and what it has printed."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def rss_mb(self) -> float:
        """Resident memory of the server process, in megabytes."""
        return psutil.Process(self.process.pid).memory_info().rss / 1e6


@contextmanager
def running_space(
    environment: Mapping[str, str],
    log: Path,
    python: tuple[str, ...] = (),
    port: int | None = None,
) -> Iterator[RunningSpace]:
    """`streamlit run server.py`, on a free port unless given; `python` are flags for python."""
    port = port or free_port()
    command = [sys.executable, *python, "-m", "streamlit", "run", "server.py"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--server.port", str(port), "--server.address", "127.0.0.1"],
            cwd=PROJECT,
            env=environment,
            stdout=out,
            stderr=out,
        )
    try:
        space = RunningSpace(f"http://127.0.0.1:{port}", process, log)
        wait_until_healthy(space.url, process, log)
        yield space
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_healthy(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return once the Space answers; fail with its log if it ends or stays silent."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/api/health", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise AssertionError(f"the Space did not start:\n{log.read_text('utf-8')}")


def space_environment(catalogue: Path, home: Path, endpoint: str) -> dict[str, str]:
    """What a Space process needs to know; no token, as its models are public."""
    return {
        **os.environ,
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "SPACE_CATALOGUE": str(catalogue),
        "SPACE_FEEDBACK": str(home / "feedback"),
        "CPU_CORES": "2",
        "OMP_NUM_THREADS": "2",
    }


@contextmanager
def owner_space(home: Path, hub: RunningHub, catalogue: Path, runs: str) -> Iterator[RunningSpace]:
    """A Space whose owner is whoever is on this machine; its runs lie in home / runs."""
    environment = {
        **space_environment(catalogue, home / "home", hub.endpoint),
        "HF_TOKEN": hub.token,
        "SPACE_LOCAL_OWNER": "1",
        "SPACE_RUNS": str(home / runs),
        "DEVICE": "cpu",
        "CPU_CORES": "1",
        "OMP_NUM_THREADS": "1",
    }
    with running_space(environment, home / "space.log") as space:
        yield space


@pytest.fixture(scope="session")
def tiny_catalogue(hub_server: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue of a tiny classifier and a tiny bare encoder, prepared as a Space ships it."""
    folder = tmp_path_factory.mktemp("catalogue")
    hub = connect(hub_server.endpoint, hub_server.token, folder / "cache")
    tuned = make_tiny_model(folder / "tuned", LABELS)
    write_results(tuned, leaderboard())
    for repo_id, model in (
        (TUNED, tuned),
        (BARE, make_tiny_model(folder / "bare", labels=None, seed=1)),
    ):
        hub.publish(model, repo_id, message="Add a tiny model")
    prepare_catalogue(write_catalogue(folder / "source"), folder / "ready", hub, threads=2)
    return folder / "ready"


def leaderboard() -> Leaderboard:
    """Three rows as training stores them."""
    better = MccDifference(0.11, (0.06, 0.16), "better")
    return board(
        row(
            "torch", title="Tiny, tuned", repo_id=TUNED, mcc=0.61, macro_f1=0.71, difference=better
        ),
        row(
            "tfidf_lr",
            title="Words counted",
            role="baseline",
            engine="scikit-learn",
            mcc=0.5,
            macro_f1=0.62,
            latency_p50_ms=0.8,
        ),
        row(
            "zero_shot",
            title="Tiny, bare",
            role="zero-shot",
            repo_id=BARE,
            revision="b" * 40,
            mcc=0.2,
            macro_f1=0.45,
            size_bytes=9_100_000,
            latency_p50_ms=7.5,
        ),
        labels=tuple(LABELS),
    )


def write_catalogue(folder: Path) -> Path:
    """models.yaml and messages.yaml as a person writes them: nothing pinned, nothing stored."""
    folder.mkdir(parents=True)
    models = [
        {"repo_id": TUNED, "revision": None, "role": "fine-tuned", "title": "Tiny, tuned"},
        {
            "repo_id": BARE,
            "revision": None,
            "role": "zero-shot",
            "title": "Tiny, bare",
            "label_descriptions": {"negative": "bad", "neutral": "a day", "positive": "good"},
        },
    ]
    task = {"labels": LABELS, "problem_type": "single_label_classification"}
    content = {"title": "Sentiment of toys", "task": task, "models": models}
    (folder / "models.yaml").write_text(yaml.safe_dump(content), "utf-8")
    (folder / "messages.yaml").write_text(yaml.safe_dump({"messages": MESSAGES}), "utf-8")
    return folder
