"""Process: one command at a time for all runs of a folder, in a process that outlives the server.

    RUNS/.lock             held by whoever works, until the last of its processes has ended
    RUNS/NAME/work.json    what was started last, when, and by which process
    RUNS/NAME/outcome.json how it ended; missing while it goes on, or when it was interrupted
    RUNS/NAME/log.txt      all that the run's commands printed, one after the other

Owns starting, watching over and stopping a command, and telling from these files how it stands; so
a reload, a second tab or a restart of the server lose nothing. What is worth starting is runs.py's.
A command gets the lowest priority, as visitors are served beside it.

    python -m inference.runs.process RUNS/NAME train 20 -- \
        python -m training.train --config recipe.yaml
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TextIO

from inference.core import settings
from inference.core.atomic_write import write_whole
from inference.core.errors import WorkError, run_command

LOG = "log.txt"
RUNNING, DONE, FAILED, STOPPED, INTERRUPTED = "running", "done", "failed", "stopped", "interrupted"
_LOCK, _WORK, _OUTCOME = ".lock", "work.json", "outcome.json"
_ROOT = Path(__file__).resolve().parents[2]
END_WITHIN_S = 20.0  # of a request to stop; then the command is killed
_LOOK_EVERY_S = 0.05
_PATIENCE_S = 2.0  # with those who hold the lock for a moment, to see whether it is free


@dataclass(frozen=True)
class Work:
    """What was started last in a run's folder, and its state: RUNNING or how it ended.

    started_at, ended_at: seconds since 1970. code: of the command, negative for a signal.
    """

    kind: str
    state: str
    started_at: float
    ended_at: float | None = None
    code: int | None = None


@dataclass(frozen=True)
class _Begun:
    """work.json; process is None until the one that watches over the command has begun."""

    kind: str
    started_at: float
    process: int | None = None


@dataclass(frozen=True)
class _Outcome:
    """outcome.json."""

    ended_at: float
    code: int
    was_stopped: bool


def find(folder: Path) -> Work | None:
    """How the last command of a run stands; None if there was none."""
    begun = _read_begun(folder)
    if begun is None:
        return None
    # In this order: a command that ends between the two looks is then running, not interrupted.
    is_running = at_work(folder.parent) == folder.name
    try:
        outcome = _Outcome(**json.loads((folder / _OUTCOME).read_text("utf-8")))
    except FileNotFoundError:
        return Work(begun.kind, RUNNING if is_running else INTERRUPTED, begun.started_at)
    ended = STOPPED if outcome.was_stopped else FAILED
    state = DONE if outcome.code == 0 else ended
    return Work(begun.kind, state, begun.started_at, outcome.ended_at, outcome.code)


def at_work(runs: Path) -> str | None:
    """The name of the run that a command works for now; None if there is none."""
    try:
        lock = (runs / _LOCK).open(encoding="utf-8")
    except FileNotFoundError:
        return None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return lock.read().strip() or None
        return None


def start(
    folder: Path, kind: str, command: Sequence[str], end_within_s: float = END_WITHIN_S
) -> None:
    """Start a command for a run, unless one is at work for any run of the same folder.

    end_within_s: the seconds it has to end when it is asked to; then it is killed.

    Raises:
        WorkError: one is.
    """
    with (folder.parent / _LOCK).open("a+", encoding="utf-8") as lock:
        if not _wait_until(lambda: _is_held_by_us(lock), _PATIENCE_S):
            raise WorkError(
                f"The run {at_work(folder.parent)} is at work, and only one may be at a time: wait "
                "until it has ended, or stop it."
            )
        lock.truncate(0)  # nobody is named as long as work.json tells of an earlier process
        (folder / _OUTCOME).unlink(missing_ok=True)
        _write_begun(folder, _Begun(kind, time.time()))
        lock.write(folder.name)
        lock.flush()
        watcher = [
            sys.executable,
            "-m",
            "inference.runs.process",
            str(folder),
            kind,
            str(end_within_s),
            "--",
            *command,
        ]
        with (folder / LOG).open("ab") as log:
            process = subprocess.Popen(
                watcher,
                cwd=_ROOT,
                # The command speaks with the Hub, but signs nobody in.
                env=settings.child_environment(PYTHONUNBUFFERED="1", OAUTH_CLIENT_SECRET=""),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock.fileno()],  # which keeps the lock when we close our end of it
                start_new_session=True,  # so that the end of the server does not end it
            )
    threading.Thread(target=process.wait, name=f"wait for {folder.name}", daemon=True).start()


def stop(folder: Path) -> None:
    """Ask the command of a run to end; it is killed if that takes longer than start() gave it.

    Raises:
        WorkError: nothing is at work in it.
    """

    def has_process() -> bool:
        begun = _read_begun(folder)
        return begun is not None and begun.process is not None

    if at_work(folder.parent) != folder.name or not _wait_until(has_process, END_WITHIN_S):
        raise WorkError(f"Nothing is at work in the run {folder.name}: there is nothing to stop.")
    begun = _read_begun(folder)
    assert begun is not None and begun.process is not None, begun
    try:
        os.killpg(begun.process, signal.SIGTERM)  # the watcher, the command and its children
    except ProcessLookupError:
        return  # ended by itself just now


def _is_held_by_us(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_until(is_true: Callable[[], bool], patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while not is_true():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_EVERY_S)
    return True


def _read_begun(folder: Path) -> _Begun | None:
    try:
        return _Begun(**json.loads((folder / _WORK).read_text("utf-8")))
    except FileNotFoundError:
        return None


def _write_begun(folder: Path, begun: _Begun) -> None:
    write_whole(folder / _WORK, json.dumps(asdict(begun)) + "\n")


class _Watcher:
    """Watches over one command: passes SIGTERM on, kills it if that does not help."""

    def __init__(self) -> None:
        self.was_stopped = False

    def stop(self, number: int, frame: FrameType | None) -> None:
        """The handler of SIGTERM."""
        self.was_stopped = True

    def watch(self, command: Sequence[str], end_within_s: float) -> int:
        """Run it to its end; return its code."""
        # close_fds=False: as long as the command works, it holds the lock too.
        with subprocess.Popen(command, close_fds=False) as process:
            while process.poll() is None and not self.was_stopped:
                time.sleep(_LOOK_EVERY_S)
            process.terminate()  # again for most; the signal may have come before the command
            try:
                return process.wait(end_within_s)
            except subprocess.TimeoutExpired:
                process.kill()
                return process.wait()


def main() -> None:
    """The process that watches over a command; start() begins it."""
    folder, kind, end_within_s, _, *command = sys.argv[1:]
    watcher = _Watcher()
    signal.signal(signal.SIGTERM, watcher.stop)
    os.nice(19)
    run = Path(folder)
    begun = _read_begun(run)
    started_at = time.time() if begun is None else begun.started_at
    _write_begun(run, _Begun(kind, started_at, os.getpid()))
    at = datetime.fromtimestamp(started_at, UTC).isoformat(" ", "seconds")
    print(f"--- {kind}, {at}", flush=True)
    code = watcher.watch(command, float(end_within_s))
    outcome = _Outcome(time.time(), code, watcher.was_stopped)
    write_whole(run / _OUTCOME, json.dumps(asdict(outcome)) + "\n")


if __name__ == "__main__":
    run_command(main)
