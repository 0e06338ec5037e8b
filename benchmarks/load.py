"""Load on an HTTP server of this machine: so many clients, or so many requests a second.

Owns the sending and counting. Its own few lines of HTTP/1.1 in place of a library, as on two cores
the client takes its share from the server that is measured; only what this project's API answers
(a Content-Length, a connection that stays open) is understood.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

FAILED = 0  # in place of a status: refused, cut off or silent
_TIMEOUT_S = 30.0
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class LoadResult:
    """What came of a load; seconds: of each answer of 200, in the order they came."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    elapsed_s: float = 0.0

    @property
    def rate(self) -> float:
        """Answers of 200 a second."""
        return self.statuses[200] / self.elapsed_s

    def note(self, status: int, seconds: float) -> None:
        """Count one answer."""
        self.statuses[status] += 1
        if status == 200:
            self.seconds.append(seconds)


class LoadClient:
    """Posts one JSON body again and again, over as many connections as are needed at once."""

    def __init__(self, url: str, body: bytes) -> None:
        parts = urlsplit(url)
        assert parts.hostname and parts.port, f"no host and port in {url}"
        self._place = parts.hostname, parts.port
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._request = head.encode() + body
        self._idle: list[Connection] = []

    async def send(self, outcome: LoadResult) -> None:
        """Send one request and count its answer."""
        started = time.perf_counter()
        try:
            status = await asyncio.wait_for(self._exchange(), _TIMEOUT_S)
        except (OSError, EOFError, TimeoutError):
            status = FAILED
        outcome.note(status, time.perf_counter() - started)

    async def _exchange(self) -> int:
        while kept := self._kept():
            try:
                return await self._ask(*kept)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                if getattr(error, "partial", b""):
                    raise
                # Closed while the request was on its way: not a failure of the server (RFC 9112,
                # 9.3.1), and nothing was answered.
        return await self._ask(*await asyncio.open_connection(*self._place))

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        writer.write(self._request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        self._idle.append((reader, writer))
        return int(head.split(b" ")[1])

    def _kept(self) -> Connection | None:
        """A connection from before that still holds: servers close those that idle for long."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    def close(self) -> None:
        """Close the connections."""
        for _, writer in self._idle:
            writer.close()


def saturate(url: str, body: bytes, *, clients: int, seconds: float) -> LoadResult:
    """So many clients, each of which asks again as soon as it is answered."""

    async def drive(sender: LoadClient, outcome: LoadResult) -> None:
        async def ask_on() -> None:
            while time.perf_counter() < end:
                await sender.send(outcome)

        end = time.perf_counter() + seconds
        await asyncio.gather(*(ask_on() for _ in range(clients)))

    return _run(url, body, drive)


def offer(url: str, body: bytes, *, rate: float, seconds: float) -> LoadResult:
    """So many requests a second, whether those before them were answered or not."""

    async def drive(sender: LoadClient, outcome: LoadResult) -> None:
        started, sent = time.perf_counter(), []
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0, started + number / rate - time.perf_counter()))
            sent.append(asyncio.create_task(sender.send(outcome)))
        await asyncio.gather(*sent)

    return _run(url, body, drive)


def seconds_to_recover(url: str, body: bytes) -> float:
    """From now until a request is answered by 200, asked ten times a second."""

    async def drive(sender: LoadClient, outcome: LoadResult) -> None:
        while not outcome.statuses[200]:
            await sender.send(outcome)
            await asyncio.sleep(0.1)

    return _run(url, body, drive).elapsed_s


def _run(
    url: str, body: bytes, drive: Callable[[LoadClient, LoadResult], Awaitable[None]]
) -> LoadResult:
    async def run() -> LoadResult:
        sender, outcome = LoadClient(url, body), LoadResult()
        started = time.perf_counter()
        try:
            await drive(sender, outcome)
        finally:
            sender.close()
        outcome.elapsed_s = time.perf_counter() - started
        return outcome

    return asyncio.run(run())
