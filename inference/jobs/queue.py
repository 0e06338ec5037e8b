"""Jobs: long work for visitors, in the background, a few at a time; the others wait in a queue.

Owns the queue and the threads; what a job does is a generator of its steps, which is closed when
the job is stopped. A job lives in memory: it ends with the process.
"""

import enum
import threading
import time
from collections.abc import Callable, Generator
from typing import Generic, TypeVar

from hub.errors import UserError

Step = TypeVar("Step")


class JobState(enum.Enum):
    """Where a job stands; the last three are final."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Job(Generic[Step]):
    """One job; its attributes may be read by any thread at any time.

    step: the last that its work yielded. error: why it failed; None where that is a bug of ours,
    whose trace is in the log. running_s: seconds since its turn came.
    """

    def __init__(self, queue: "JobQueue", work: Callable[[], Generator[Step, None, None]]) -> None:
        self.state = JobState.WAITING
        self.step: Step | None = None
        self.error: UserError | None = None
        self.running_s = 0.0
        self._queue = queue
        self._work = work
        self._is_stopped = threading.Event()

    @property
    def is_over(self) -> bool:
        return self.state in (JobState.DONE, JobState.STOPPED, JobState.FAILED)

    @property
    def ahead(self) -> int:
        """Jobs that are to come before this one, those that run included."""
        return self._queue.ahead(self)

    def stop(self) -> None:
        """Have it end after the step it is at; a job that waits leaves the queue at once."""
        self._is_stopped.set()
        self._queue.wake()

    def wait(self, timeout_s: float) -> bool:
        """Wait until it is over; return whether it is."""
        return self._queue.wait_for(lambda: self.is_over, timeout_s)

    @property
    def is_stopping(self) -> bool:
        return self._is_stopped.is_set()

    def run(self) -> None:
        """Do the work; called by the queue when the turn has come."""
        started = time.monotonic()
        steps = self._work()
        try:
            for self.step in steps:
                self.running_s = time.monotonic() - started
                if self.is_stopping:
                    steps.close()
                    self.state = JobState.STOPPED
                    return
            self.state = JobState.DONE
        except UserError as error:
            self.error = error
        finally:
            if self.state is JobState.RUNNING:
                self.state = JobState.FAILED


class JobQueue:
    """First come, first served, `at_once` at a time; safe for threads."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._changed = threading.Condition()
        self._waiting: list[Job] = []
        self._running: list[Job] = []

    def submit(self, work: Callable[[], Generator[Step, None, None]]) -> Job[Step]:
        """Put work at the end of the queue and return at once."""
        job = Job(self, work)
        with self._changed:
            self._waiting.append(job)
        # A daemon: a server that is told to end does not wait for a job of an hour.
        threading.Thread(target=self._see_through, args=(job,), name="job", daemon=True).start()
        return job

    def ahead(self, job: Job) -> int:
        """Jobs before this one; 0 when it runs or is over."""
        with self._changed:
            if job not in self._waiting:
                return 0
            return self._waiting.index(job) + len(self._running)

    def wake(self) -> None:
        """Have those who wait look again."""
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, is_so: Callable[[], bool], timeout_s: float) -> bool:
        """Wait for something that jobs bring about; return whether it is so."""
        with self._changed:
            return self._changed.wait_for(is_so, timeout_s)

    def _see_through(self, job: Job) -> None:
        with self._changed:
            self._changed.wait_for(lambda: job.is_stopping or self._is_next(job))
            self._waiting.remove(job)
            if job.is_stopping:
                job.state = JobState.STOPPED
            else:
                job.state = JobState.RUNNING
                self._running.append(job)
            self._changed.notify_all()
        if job.state is not JobState.RUNNING:
            return
        try:
            job.run()
        finally:
            with self._changed:
                self._running.remove(job)
                self._changed.notify_all()

    def _is_next(self, job: Job) -> bool:
        return len(self._running) < self._at_once and self._waiting[0] is job
