"""Micro-batches: requests that wait for one model are scored together, and not too many may wait.

Owns who waits and how much; what is computed is the caller's function. Nobody waits for company: a
batch is whoever stood in line while the one before it was computed. So that nothing needs a lock,
all of it happens on one event loop, but for the computing itself.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from starlette.concurrency import run_in_threadpool

from inference.catalogue.comparison import Comparison
from inference.core.errors import Overloaded, TextError

# What waits longest at 50 texts a second, a slow machine's rate, is answered after 5 s.
MAX_WAITING = 256
MAX_BATCH = 64  # texts; some tenths of a second, after which it is another visitor's turn

Score = Callable[[Sequence[str]], Comparison]


@dataclass(frozen=True, eq=False)
class _Waiting:
    """The texts of one request, and the answer that it waits for."""

    texts: Sequence[str]
    score: Score
    answer: "asyncio.Future[Comparison]"


class MicroBatches:
    """A line for every model; on_batch is told how many texts were scored at once."""

    def __init__(
        self,
        *,
        max_waiting: int = MAX_WAITING,
        max_batch: int = MAX_BATCH,
        on_batch: Callable[[int], None] = lambda texts: None,
    ) -> None:
        self.waiting = 0
        self.max_waiting = max_waiting
        self._max_batch = max_batch
        self._on_batch = on_batch
        self._lines: dict[Hashable, deque[_Waiting]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._text_s = 0.0

    @contextmanager
    def admitted(self, texts: int) -> Iterator[None]:
        """Let a request in that will have so many texts scored, each model's counted.

        One that is larger than the line is let in where nobody waits.

        Raises:
            Overloaded: too much waits already.
        """
        if self.waiting and self.waiting + texts > self.max_waiting:
            raise Overloaded(
                f"{self.waiting} texts wait to be scored, and {self.max_waiting} may: try again in "
                f"{self._wait_s} s.",
                self._wait_s,
            )
        self.waiting += texts
        try:
            yield
        finally:
            self.waiting -= texts

    async def score(self, model: Hashable, texts: Sequence[str], score: Score) -> Comparison:
        """What `score` says of the texts, which it may be asked together with those of others.

        model: names what is asked; requests with the same one share a batch. score is called in a
        thread and gives a row a text.

        Raises:
            TextError: one of these texts cannot be scored; whatever else `score` raises.
        """
        answer: asyncio.Future[Comparison] = asyncio.get_running_loop().create_future()
        line = self._lines.setdefault(model, deque())
        line.append(_Waiting(texts, score, answer))
        if len(line) == 1:
            worker = asyncio.create_task(self._serve(model, line))
            self._workers.add(worker)  # the loop itself would let it be collected
            worker.add_done_callback(self._workers.discard)
        return await answer

    @property
    def _wait_s(self) -> int:
        """How long what waits now will take, at the rate of the last batch."""
        return min(60, max(1, math.ceil(self.waiting * self._text_s)))

    async def _serve(self, model: Hashable, line: "deque[_Waiting]") -> None:
        """Score what stands in line until nobody does."""
        try:
            while line:
                batch = self._next_batch(line)
                await self._answer(batch)
                for _ in batch:  # they stood in line until now, so that no second worker began
                    line.popleft()
        finally:
            del self._lines[model]

    def _next_batch(self, line: "deque[_Waiting]") -> list[_Waiting]:
        """The first in line, and those behind it for whom there is room."""
        batch: list[_Waiting] = []
        texts = 0
        for waiting in line:
            texts += len(waiting.texts)
            if batch and texts > self._max_batch:
                break
            batch.append(waiting)
        return batch

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        texts = [text for waiting in batch for text in waiting.texts]
        self._on_batch(len(texts))
        started = time.perf_counter()
        scoring = asyncio.ensure_future(run_in_threadpool(batch[0].score, texts))
        await asyncio.wait([scoring])
        error = scoring.exception()
        if isinstance(error, TextError) and len(batch) > 1:
            for waiting in batch:  # one of them has a text that cannot be scored
                await self._answer([waiting])
            return
        self._text_s = (time.perf_counter() - started) / len(texts)
        end = 0
        for waiting in batch:
            start, end = end, end + len(waiting.texts)
            if waiting.answer.done():
                continue  # whoever asked has gone
            if error is not None:
                waiting.answer.set_exception(error)
            else:
                waiting.answer.set_result(_rows(scoring.result(), start, end))


def _rows(comparison: Comparison, start: int, end: int) -> Comparison:
    texts, cells = comparison.texts[start:end], comparison.cells[start:end]
    return replace(comparison, texts=texts, cells=cells)
