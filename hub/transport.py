"""The HTTP client under huggingface_hub: how long we wait, what is asked again, who sees a token.

huggingface_hub 2.4 waits for ever on some calls, sleeps up to 46 s on others and sends a token on
to its own list of hosts. Here silence is bounded per operation (`patience`), a busy Hub is asked
again within that bound, and a token goes only to the endpoint it was given for.
Outside `patience` (other libraries in this process) only missing time limits are filled in.
Import it late: it pulls in httpx2.

Try: python -c "from hub.transport import origin; print(origin('http://127.0.0.1:8600/demo/a'))"
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx2

from hub.failures import unreachable

PAUSES_S = (0.4, 0.8, 1.6)  # before the 2nd, 3rd and 4th time of asking
_REFUSED_TRIES = 2  # a refused connection is final sooner than a busy Hub
_STALLS = 2  # the second silence in the middle of a download ends it
_PROGRESS_BYTES = 10 * 2**20  # what huggingface_hub writes at once, and keeps after a stall
_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_OTHERS_S = {"connect": 5.0, "read": 60.0, "write": 60.0, "pool": 60.0}
_LOOPBACK: dict[str, httpx2.BaseTransport | None] = {
    f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")
}

# token -> the only origins that may see it; filled by `entrust`, shared by all clients.
_TRUSTED: dict[str, set[str]] = {}


class Patience:
    """How long an operation bears silence: every byte that arrives starts the wait anew."""

    def __init__(self, silence_s: float) -> None:
        self.silence_s = silence_s
        self.stalls = 0  # downloads that fell silent in the middle, one after the other
        self._heard_at = time.monotonic()

    def heard(self) -> None:
        """Note that the Hub is alive."""
        self._heard_at = time.monotonic()

    def left_s(self) -> float:
        """Seconds of silence still to bear."""
        return self._heard_at + self.silence_s - time.monotonic()


_PATIENCE: ContextVar[Patience | None] = ContextVar("_PATIENCE", default=None)


@contextmanager
def patience(silence_s: float) -> Iterator[None]:
    """Bound the silence of all requests made inside, by this thread or a copied context."""
    before = _PATIENCE.set(Patience(silence_s))
    try:
        yield
    finally:
        _PATIENCE.reset(before)


def origin(url: str) -> str:
    """Scheme, host and port, by which it is decided who may see a token."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def entrust(token: str, endpoint: str) -> None:
    """Let this endpoint see the token; other hosts do not, whatever a redirect says."""
    _TRUSTED.setdefault(token, set()).add(origin(endpoint))


def _drop_foreign_token(request: httpx2.Request) -> None:
    if _PATIENCE.get() is None:
        return  # another library of this process, with a token and an endpoint of its own
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    goes_to = origin(str(request.url))
    if token in _TRUSTED and not any(_belongs(goes_to, home) for home in _TRUSTED[token]):
        del request.headers["authorization"]


def _belongs(endpoint: str, home: str) -> bool:
    """True for the endpoint itself, and for https://anything.huggingface.co if that is it."""
    scheme, host = home.split("://")
    is_below = endpoint.startswith("https://") and endpoint.endswith(f".{host}")
    return endpoint == home or (scheme == "https" and is_below)


class PatientClient(httpx2.Client):
    """An httpx2 client that keeps to the current operation's patience."""

    def __init__(self, request_hook: Callable[[httpx2.Request], object]) -> None:
        super().__init__(
            event_hooks={"request": [request_hook, _drop_foreign_token]},
            follow_redirects=True,
            timeout=None,
            mounts=_LOOPBACK,  # a proxy for the internet cannot reach the Hub on this machine
        )

    def send(
        self, request: httpx2.Request, *, stream: bool = False, **options: Any
    ) -> httpx2.Response:
        """Send it, again where that can help.

        Raises:
            HubUnreachable: refused, silent or busy beyond the operation's patience. It is not
                among the errors that huggingface_hub asks again for, so it ends the operation.
        """
        wait = _PATIENCE.get()
        asked = dict(request.extensions.get("timeout") or {})
        if wait is None or not isinstance(request.stream, httpx2.ByteStream):
            # a file being uploaded: huggingface_hub rewinds it and sends it again by itself
            request.extensions["timeout"] = _filled(asked, _OTHERS_S)
            return super().send(request, stream=stream, **options)
        base = f"{request.url.scheme}://{request.url.netloc.decode()}"
        for tries in count(1):
            request.extensions["timeout"] = _limits(asked, wait, stream)
            try:
                response = super().send(request, stream=stream, **options)
            except httpx2.TransportError as error:
                problem, pause_s = _problem(error, wait), _pause_after(request, error, tries)
            else:
                if response.status_code not in _BUSY:
                    wait.heard()
                    if stream:
                        response.stream = _Heard(response.stream, wait, base)
                    return response
                response.close()
                pause_s = _asked_pause_s(response) or PAUSES_S[min(tries, len(PAUSES_S)) - 1]
                problem = f"answered {response.status_code} (busy or broken), {tries} times"
                if pause_s >= wait.left_s():
                    problem = f"answered {response.status_code} and wants {pause_s:.0f} s of pause"
            if pause_s is None or tries > len(PAUSES_S) or pause_s >= wait.left_s():
                raise unreachable(base, problem)
            time.sleep(pause_s)
        raise AssertionError("count() does not end")


def _filled(asked: dict[str, float | None], limits_s: dict[str, float]) -> dict[str, float]:
    return {part: asked.get(part) or limit_s for part, limit_s in limits_s.items()}


def _limits(asked: dict[str, float | None], wait: Patience, stream: bool) -> dict[str, float]:
    """The time limits of one try: what was asked for, within what is left of the patience."""
    left_s = max(wait.left_s(), 0.1)
    limits_s = {
        part: min(asked.get(part) or left_s, left_s)
        for part in ("connect", "read", "write", "pool")
    }
    if stream:
        limits_s["read"] = min(limits_s["read"], wait.silence_s / 2)
    return limits_s


def _pause_after(request: httpx2.Request, error: httpx2.TransportError, tries: int) -> float | None:
    """Seconds until it makes sense to ask again; None if it makes none."""
    if isinstance(error, httpx2.ConnectError):
        return PAUSES_S[0] if tries < _REFUSED_TRIES else None
    # What was sent may have been done although the answer was lost: only the caller can tell.
    return PAUSES_S[0] if request.method in ("GET", "HEAD") else None


def _problem(error: httpx2.TransportError, wait: Patience) -> str:
    if isinstance(error, httpx2.TimeoutException):
        return f"did not answer within {wait.silence_s:.0f} s"
    if isinstance(error, httpx2.ConnectError):
        return f"cannot be reached ({error})"
    return f"broke off the connection ({type(error).__name__})"


def _asked_pause_s(response: httpx2.Response) -> float | None:
    """What Retry-After asks for, in seconds; its other form, a date, is not used by the Hub."""
    value = response.headers.get("retry-after", "").strip()
    return float(value) if value.isdecimal() else None


class _Heard(httpx2.SyncByteStream):
    """A response body whose every chunk renews the patience; it may stall once, not twice.

    huggingface_hub 2.4 asks again after a stall, five times, from its last full 10 MB on: shorter
    of that, the same bytes come again and look like progress.
    """

    def __init__(self, body: Any, wait: Patience, base: str) -> None:
        self._body = body
        self._wait = wait
        self._base = base

    def __iter__(self) -> Iterator[bytes]:
        size_bytes = 0
        try:
            for chunk in self._body:
                self._wait.heard()
                size_bytes += len(chunk)
                if size_bytes > _PROGRESS_BYTES:
                    self._wait.stalls = 0
                yield chunk
        except httpx2.TimeoutException as error:
            self._wait.stalls += 1
            if self._wait.stalls < _STALLS:
                raise
            problem = f"fell silent in the middle of a file, {_STALLS} times"
            raise unreachable(self._base, problem) from error

    def close(self) -> None:
        self._body.close()
