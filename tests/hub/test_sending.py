"""A folder that grows reaches a private dataset repo of a real Hub, whatever happens meanwhile."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.client import connect
from hub.sending import Sender
from space_config.servers import free_port
from tests.hub.repos import new_name
from tests.hub_fixtures import PROJECT, TOKEN, RunningHub, running_hub

pytestmark = pytest.mark.slow

OFTEN_MIN = 0.01

# Sends what is there, then adds a line and ends before the next sending is due.
_ENDING = """
import sys, threading, time
from pathlib import Path
from hub.client import connect
endpoint, token, repo_id, folder = sys.argv[1:]
path = Path(folder) / "a.jsonl"
path.write_text("1\\n")
hub = connect(endpoint, token, Path(folder).parent / "cache")
sender = hub.keep_sending(Path(folder), repo_id, lock=threading.Lock())
while not sender.state().is_all_sent:
    time.sleep(0.05)
with path.open("a") as file:
    file.write("2\\n")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one line in one file."""
    (tmp_path / "said").mkdir()
    (tmp_path / "said" / "a.jsonl").write_text("1\n")
    return tmp_path / "said"


@pytest.fixture
def send() -> Iterator[Callable[..., Sender]]:
    """Starts a sender that stops at the end of the test: `send(endpoint, token, folder, id)`."""
    senders = []

    def send_(endpoint: str, token: str | None, folder: Path, repo_id: str) -> Sender:
        hub = connect(endpoint, token, folder.parent / "cache")
        lock = threading.Lock()
        senders.append(hub.keep_sending(folder, repo_id, lock=lock, every_min=OFTEN_MIN))
        return senders[-1]

    yield send_
    for sender in senders:
        sender.stop()


def wait_until(condition: Callable[[], bool], sender: Sender) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, sender.state()
        time.sleep(0.05)


def on_the_hub(server: RunningHub, repo_id: str, tmp_path: Path) -> str:
    hub = connect(server.endpoint, server.token, tmp_path / "reader-cache")
    return (hub.resolve(repo_id, repo_type="dataset").folder / "a.jsonl").read_text()


def test_lines_reach_a_private_dataset_repo_and_so_do_those_that_follow(
    hub_server: RunningHub, folder: Path, tmp_path: Path, send: Callable[..., Sender]
):
    repo_id = new_name()
    sender = send(hub_server.endpoint, hub_server.token, folder, repo_id)
    wait_until(lambda: sender.state().is_all_sent, sender)
    assert on_the_hub(hub_server, repo_id, tmp_path) == "1\n"
    assert hub_server.api().repo_info(repo_id, repo_type="dataset").private
    with (folder / "a.jsonl").open("a") as file:
        file.write("2\n")
    assert not sender.state().is_all_sent
    wait_until(lambda: sender.state().is_all_sent, sender)
    assert on_the_hub(hub_server, repo_id, tmp_path) == "1\n2\n"


def test_a_public_repo_gets_nothing(
    hub_server: RunningHub, folder: Path, send: Callable[..., Sender]
):
    repo_id = new_name()
    hub_server.api().create_repo(repo_id, repo_type="dataset", private=False)
    sender = send(hub_server.endpoint, hub_server.token, folder, repo_id)
    wait_until(lambda: sender.state().problem is not None, sender)
    assert "exists and is public" in sender.state().problem
    files = hub_server.api().list_repo_files(repo_id, repo_type="dataset")
    assert "a.jsonl" not in files and not sender.state().is_all_sent


@pytest.mark.parametrize(("token", "reason"), [("hf_demo_read", "only reads"), (None, "No token")])
def test_a_token_that_may_not_write_is_said(hub_server, folder, send, token, reason):
    sender = send(hub_server.endpoint, token, folder, new_name())
    wait_until(lambda: sender.state().problem is not None, sender)
    assert reason in sender.state().problem


def test_a_hub_that_comes_late_gets_everything(
    folder: Path, tmp_path: Path, send: Callable[..., Sender]
):
    port, repo_id = free_port(), new_name()
    sender = send(f"http://127.0.0.1:{port}", TOKEN, folder, repo_id)
    wait_until(lambda: sender.state().problem is not None, sender)
    assert f"127.0.0.1:{port}" in sender.state().problem
    with running_hub(tmp_path / "store", port) as hub:
        wait_until(lambda: sender.state().is_all_sent, sender)
        assert sender.state().problem is None
        assert on_the_hub(hub, repo_id, tmp_path) == "1\n"


def test_a_hub_that_goes_away_is_said_and_gets_the_rest_later(
    folder: Path, tmp_path: Path, send: Callable[..., Sender]
):
    port, repo_id = free_port(), new_name()
    with running_hub(tmp_path / "store", port) as hub:
        sender = send(hub.endpoint, TOKEN, folder, repo_id)
        wait_until(lambda: sender.state().is_all_sent, sender)
    with (folder / "a.jsonl").open("a") as file:
        file.write("2\n")
    wait_until(lambda: sender.state().problem is not None, sender)
    assert not sender.state().is_all_sent
    with running_hub(tmp_path / "store", port) as hub:
        wait_until(lambda: sender.state().is_all_sent, sender)
        assert on_the_hub(hub, repo_id, tmp_path) == "1\n2\n"


def test_what_is_left_is_sent_when_the_process_ends(
    hub_server: RunningHub, folder: Path, tmp_path: Path
):
    repo_id = new_name()
    arguments = [hub_server.endpoint, hub_server.token, repo_id, str(folder)]
    environment = hub_server.environment(tmp_path / "home")
    command = [sys.executable, "-c", _ENDING, *arguments]
    subprocess.run(command, cwd=PROJECT, env=environment, check=True, timeout=60)
    assert on_the_hub(hub_server, repo_id, tmp_path) == "1\n2\n"
