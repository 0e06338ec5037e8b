"""Session files: the folder of a visitor's files, gone when the visit or the server ends."""

import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inference.jobs.queue import Job

_LAST_STEP_S = 600.0
_LAST_STEP_OF_ALL_S = 2.0  # of a server that is told to end, and killed if it takes its time
_ROOMS = 8  # of uploads and of their scores, so that a visitor cannot fill the disk


class SessionFiles:
    """A folder that is there as long as this object is, and the jobs that work in it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="worth-tuning-"))
        self._rooms: list[Path] = []
        self._jobs: list[Job[Any]] = []
        # Streamlit tells of the end of a session only by letting go of what it held.
        self._end = weakref.finalize(self, _leave, self.folder, self._jobs)
        _open.add(self)

    def room(self) -> Path:
        """Return a new empty folder inside; of more than a few, the oldest goes."""
        made = Path(tempfile.mkdtemp(dir=self.folder))
        self._rooms.append(made)
        while len(self._rooms) > _ROOMS:
            shutil.rmtree(self._rooms.pop(0), ignore_errors=True)
        return made

    def follow(self, job: Job[Any]) -> None:
        """Have a job stopped when the visit ends."""
        self._jobs.append(job)

    @property
    def jobs(self) -> Sequence[Job[Any]]:
        return tuple(self._jobs)

    def end(self) -> None:
        """Stop the jobs and remove the files now."""
        self._end()


_open: weakref.WeakSet[SessionFiles] = weakref.WeakSet()


def end_all() -> None:
    """Stop all jobs and remove all files, as the server ends: a signal runs no finalizer."""
    visits = tuple(_open)
    for visit in visits:
        _stop(visit.jobs)
    deadline = time.monotonic() + _LAST_STEP_OF_ALL_S
    for visit in visits:
        _remove(visit.folder, visit.jobs, deadline)


def _leave(folder: Path, jobs: Sequence[Job[Any]]) -> None:
    _stop(jobs)
    remaining = (folder, jobs, time.monotonic() + _LAST_STEP_S)
    if all(job.is_over for job in jobs):
        _remove(*remaining)
    else:  # a job writes until it is over, which may take it some seconds
        threading.Thread(target=_remove, args=remaining, name="leave", daemon=True).start()


def _stop(jobs: Sequence[Job[Any]]) -> None:
    for job in jobs:
        job.stop()


def _remove(folder: Path, jobs: Sequence[Job[Any]], deadline: float) -> None:
    for job in jobs:
        job.wait(max(0.0, deadline - time.monotonic()))
    shutil.rmtree(folder, ignore_errors=True)
