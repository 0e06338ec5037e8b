"""A real Hub on loopback for the tests: a server process of its own on a free port.

Use the fixture `hub_server` for the one all tests of a session share, or `running_hub(folder)`
for one that a test may kill.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from huggingface_hub import HfApi

PROJECT = Path(__file__).resolve().parents[1]
TOKEN, READ_TOKEN, OTHER_TOKEN = "hf_demo_write", "hf_demo_read", "hf_other_write"
ORG = "sentence-transformers"
START_LIMIT_S = 60.0


@dataclass(frozen=True)
class RunningHub:
    """Where a test's Hub listens, and the secrets it knows."""

    endpoint: str
    root: Path
    token: str  # user demo, write, member of sentence-transformers
    read_token: str  # user demo, read
    other_token: str  # user other, write
    pid: int = 0

    def api(self, token: str | bool | None = None) -> HfApi:
        """The real client, as the owner; with another token, or with none for False."""
        return HfApi(endpoint=self.endpoint, token=self.token if token is None else token)

    def environment(self, home: Path, token: str | None = None) -> dict[str, str]:
        """The environment of a client process; `home` is its HF_HOME."""
        return {
            **os.environ,
            "HF_ENDPOINT": self.endpoint,
            "HF_TOKEN": self.token if token is None else token,
            "HF_HOME": str(home),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            "OMP_NUM_THREADS": "2",
            "PYTHONPATH": str(PROJECT),
        }


@contextmanager
def running_hub(root: Path, port: int = 0) -> Iterator[RunningHub]:
    """A Hub over `root`, stopped at the end; a test may kill it earlier by its pid."""
    tokens = [
        f"demo:write:{TOKEN}:{ORG}",
        f"demo:read:{READ_TOKEN}:{ORG}",
        f"other:write:{OTHER_TOKEN}",
    ]
    flags = [flag for token in tokens for flag in ("--token", token)]
    command = [sys.executable, "-m", "hub.server", "--root", str(root), "--port", str(port)]
    root.mkdir(parents=True, exist_ok=True)
    log = root / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen([*command, *flags], cwd=PROJECT, stdout=out, stderr=out)
    try:
        endpoint = _endpoint(server, log)
        yield RunningHub(endpoint, root, TOKEN, READ_TOKEN, OTHER_TOKEN, server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _endpoint(server: "subprocess.Popen[bytes]", log: Path) -> str:
    """The address the server announces."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and server.poll() is None:
        for line in log.read_text().splitlines(keepends=True):
            if line.startswith("listening on ") and line.endswith("\n"):
                return line.removeprefix("listening on ").strip()
        time.sleep(0.02)
    raise AssertionError(f"the Hub did not start (exit {server.poll()}):\n{log.read_text()}")


@pytest.fixture(scope="session")
def hub_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """The Hub that all tests of a session share: use repo names of your own."""
    with running_hub(tmp_path_factory.mktemp("hub") / "store") as hub:
        yield hub


def arriving_bytes(hub: RunningHub) -> int:
    """How much of the largest unfinished upload lies in tmp/."""
    largest = 0
    for file in (hub.root / "tmp").iterdir():
        with suppress(FileNotFoundError):  # it has just been put in place
            largest = max(largest, file.stat().st_size)
    return largest
