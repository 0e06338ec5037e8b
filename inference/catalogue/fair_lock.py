"""A fair lock: one model computes at a time, persons in the order they came, a long job after them.

Owns who is next, not the work. The scoring threads of one analysis already fill the few cores of a
Space; a lock of the standard library would let a job that takes it again at once keep it forever.
"""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.models.classifier import HasScores

_TEXTS_A_TURN = 64  # some tenths of a second, which a person may have to wait


class FairLock:
    """A lock that is taken in two ways; safe for threads, not to be taken twice by one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_taken = False
        self._persons: deque[object] = deque()  # who waits, first come first

    @contextmanager
    def of_person(self) -> Iterator[None]:
        """Wait for the turn of somebody who looks at the page, before all jobs."""
        person = object()
        with self._changed:
            self._persons.append(person)
            try:
                # In order: the HTTP API comes back at once for its next batch, a visitor does not.
                self._changed.wait_for(lambda: not self._is_taken and self._persons[0] is person)
                self._is_taken = True
            finally:
                self._persons.remove(person)
                self._changed.notify_all()
        yield from self._use()

    @contextmanager
    def of_job(self) -> Iterator[None]:
        """Wait for the turn of a job in the background, until no person waits."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_taken and not self._persons)
            self._is_taken = True
        yield from self._use()

    def _use(self) -> Iterator[None]:
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()


SCORING = FairLock()


@dataclass(frozen=True)
class TurnTakingScorer:
    """A scorer for a job: it takes a turn for every few texts, so that nobody waits for long."""

    scorer: HasScores
    lock: FairLock = SCORING

    def score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, C) float32 in [0, 1], in the order of the texts."""
        parts = []
        for start in range(0, len(texts), _TEXTS_A_TURN):
            with self.lock.of_job():
                parts.append(self.scorer.score(texts[start : start + _TEXTS_A_TURN]))
        return np.concatenate(parts) if parts else self.scorer.score(())
