"""A folder whose files only grow, sent to a private dataset repo every few minutes.

Owns the wait for a Hub that does not answer yet and what can be told of the state. What is sent and
when is the business of huggingface_hub's CommitScheduler, which also sends the rest when the
process ends by itself. Not covered: files that shrink or go away.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hub.errors import HubError

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo, HfApi


class Scheduler(Protocol):
    """A CommitScheduler at work; problem says why the Hub took nothing the last time."""

    lock: threading.Lock  # held while it looks at the files
    last_uploaded: dict[Path, float]  # file -> its time of change when it was sent
    problem: str | None

    def stop(self) -> None:
        """Send nothing any more."""


@dataclass(frozen=True)
class SendingState:
    """How far the Hub is behind the folder; problem: why it took nothing the last time."""

    is_all_sent: bool
    problem: str | None


class Sender:
    """Sends in the background from its making on, as long as the process lives."""

    def __init__(
        self,
        begin: Callable[[], Scheduler],
        folder: Path,
        every_min: float,
        lock: threading.Lock,
    ) -> None:
        """begin asks the Hub and is tried again until it answers; lock guards whole lines."""
        self._begin = begin
        self._folder = folder.expanduser().resolve()
        self._every_min = every_min
        self._lock = lock
        self._scheduler: Scheduler | None = None
        self._problem: str | None = None
        self._is_stopped = threading.Event()
        threading.Thread(target=self._start, name="sender", daemon=True).start()

    def state(self) -> SendingState:
        """What is still to be sent, and what stood in the way; asks no Hub."""
        scheduler = self._scheduler
        problem = self._problem if scheduler is None else scheduler.problem
        sent = {} if scheduler is None else scheduler.last_uploaded
        files = [path for path in self._folder.rglob("*") if path.is_file()]
        return SendingState(all(sent.get(path) == path.stat().st_mtime for path in files), problem)

    def stop(self) -> None:
        """Send nothing any more, not even the rest."""
        self._is_stopped.set()
        if self._scheduler is not None:
            self._scheduler.stop()

    def _start(self) -> None:
        while not self._is_stopped.is_set():
            try:
                scheduler = self._begin()
            except HubError as error:
                self._problem = str(error)
                self._is_stopped.wait(60 * self._every_min)
            else:
                scheduler.lock = self._lock
                self._scheduler = scheduler
                return


def scheduler(
    api: "HfApi",
    repo_id: str,
    folder: Path,
    every_min: float,
    asking: Callable[[], AbstractContextManager[None]],
) -> Scheduler:
    """A CommitScheduler for a dataset repo that exists, already at work.

    asking: bounds a question in time and turns its failures into HubErrors. Left alone,
    huggingface_hub 2.4 asks a Hub that is away for half a minute, also while the process ends.
    """
    from huggingface_hub import CommitScheduler

    class Bounded(CommitScheduler):
        problem: str | None = None

        def push_to_hub(self) -> "CommitInfo | None":
            try:
                with asking():
                    sent = super().push_to_hub()
            except HubError as error:
                self.problem = str(error)
                raise
            self.problem = None
            return sent

    return Bounded(
        repo_id=repo_id, repo_type="dataset", folder_path=folder, every=every_min, hf_api=api
    )
