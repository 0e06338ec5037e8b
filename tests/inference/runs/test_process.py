"""Commands of runs: one at a time, outliving who started them, known from their files alone."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from inference.core.errors import WorkError
from inference.runs import process
from tests.waiting import SLEEP, wait_for


def state(folder: Path) -> str | None:
    found = process.find(folder)
    return found.state if found else None


def begun(folder: Path) -> bool:
    log = folder / process.LOG
    return log.exists() and "begun" in log.read_text("utf-8")


def watcher_of(folder: Path) -> psutil.Process:
    return psutil.Process(json.loads((folder / "work.json").read_text("utf-8"))["process"])


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    """A folder of two runs; what is at work in it afterwards is ended."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    yield tmp_path
    if name := process.at_work(tmp_path):
        with contextlib.suppress(WorkError):  # it ended between the two looks
            process.stop(tmp_path / name)
        wait_for(lambda: process.at_work(tmp_path) is None, "the end")


def test_a_folder_without_work_has_none(runs: Path):
    assert process.find(runs / "one") is None
    assert process.at_work(runs) is None


@pytest.mark.parametrize(("code", "expected"), [(0, process.DONE), (3, process.FAILED)])
def test_how_a_command_ended_is_told_from_its_code(runs: Path, code: int, expected: str):
    process.start(runs / "one", "check", (sys.executable, "-c", f"print('said'); exit({code})"))
    wait_for(lambda: state(runs / "one") != process.RUNNING, "the command")
    found = process.find(runs / "one")
    assert (found.kind, found.state, found.code) == ("check", expected, code)
    assert found.ended_at >= found.started_at
    assert "said" in (runs / "one" / process.LOG).read_text("utf-8")


@pytest.mark.slow
def test_only_one_works_at_a_time_and_the_next_may_when_it_has_ended(runs: Path):
    process.start(runs / "one", "train", SLEEP)
    assert process.at_work(runs) == "one" and state(runs / "one") == process.RUNNING
    with pytest.raises(WorkError, match="run one is at work"):
        process.start(runs / "other", "train", SLEEP)
    process.stop(runs / "one")
    wait_for(lambda: state(runs / "one") == process.STOPPED, "the stop")
    wait_for(lambda: process.at_work(runs) is None, "the release")
    process.start(runs / "other", "train", SLEEP)
    assert process.at_work(runs) == "other" and state(runs / "one") == process.STOPPED


def test_work_goes_on_when_who_started_it_is_killed_and_anybody_can_stop_it(runs: Path):
    code = (
        "import sys, time; from pathlib import Path; from inference.runs import process as work; "
    )
    code += "work.start(Path(sys.argv[1]), 'train', sys.argv[2:]); time.sleep(600)"
    command = [sys.executable, "-c", code, str(runs / "one"), *SLEEP]
    starter = subprocess.Popen(command, start_new_session=True)
    wait_for(lambda: begun(runs / "one"), "the command")
    os.killpg(starter.pid, signal.SIGKILL)
    starter.wait()
    assert state(runs / "one") == process.RUNNING
    process.stop(runs / "one")
    wait_for(lambda: state(runs / "one") == process.STOPPED, "the stop")


def test_what_was_killed_with_its_watcher_counts_as_interrupted(runs: Path):
    process.start(runs / "one", "train", SLEEP)
    wait_for(lambda: begun(runs / "one"), "the command")
    os.killpg(watcher_of(runs / "one").pid, signal.SIGKILL)
    wait_for(lambda: state(runs / "one") == process.INTERRUPTED, "the kill")
    with pytest.raises(WorkError, match="Nothing is at work"):
        process.stop(runs / "one")


def test_a_command_whose_watcher_died_still_works_and_can_be_stopped(runs: Path):
    process.start(runs / "one", "train", SLEEP)
    wait_for(lambda: begun(runs / "one"), "the command")
    watcher_of(runs / "one").kill()
    assert process.at_work(runs) == "one", "the command holds the lock too"
    process.stop(runs / "one")
    wait_for(lambda: state(runs / "one") == process.INTERRUPTED, "the stop")


def test_a_command_that_does_not_listen_is_killed(runs: Path):
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    deaf += "print('begun', flush=True); time.sleep(600)"
    process.start(runs / "one", "train", (sys.executable, "-c", deaf), end_within_s=0.2)
    wait_for(lambda: begun(runs / "one"), "the command")
    process.stop(runs / "one")
    wait_for(lambda: state(runs / "one") == process.STOPPED, "the kill")
    assert process.find(runs / "one").code == -signal.SIGKILL


def test_a_command_learns_nothing_of_the_sign_in(runs: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OAUTH_CLIENT_SECRET", "a-secret")
    tell = "import os; print(repr(os.environ['OAUTH_CLIENT_SECRET']))"
    process.start(runs / "one", "check", (sys.executable, "-c", tell))
    wait_for(lambda: state(runs / "one") == process.DONE, "the command")
    assert "a-secret" not in (runs / "one" / process.LOG).read_text("utf-8")
