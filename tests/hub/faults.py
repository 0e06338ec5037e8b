"""A Hub that misbehaves: a real HTTP reverse proxy on loopback, in front of the real server.

    with faulty_hub(hub_server.endpoint) as proxy:
        proxy.inject(Fault("status", "GET .*/resolve/", status=503, times=2))

Each fault names the requests it meets by a regular expression over "METHOD path"; the first one
that fits and is not used up strikes. `proxy.seen` keeps what was asked, and with which token.
"""

import http.client
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

KINDS = {
    "hang",  # read the request, never answer
    "status",  # answer with `status`, `headers` and `body` and leave the Hub alone
    "truncate",  # announce the whole body, break off after `at` bytes
    "shorten",  # announce and send a body that lacks its last byte
    "flip",  # change the byte at `at`
    "stall",  # send `at` bytes of the body, then nothing more
    "slow",  # send the body in ten pieces, `pause_s` apart
    "fail",  # let the Hub do it, then answer with `status`
    "drop",  # let the Hub do it, then close the connection without an answer
    "late",  # do `first`, then let the Hub do it
    "html",  # answer 200 with a page, as a captive portal does
}


@dataclass
class Fault:
    """What goes wrong, for which requests, how often."""

    kind: str
    requests: str = "."
    times: int | None = None  # None: for ever
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"error": "a fault of the test"}'
    first: Callable[[], object] = lambda: None
    at: int = 0
    pause_s: float = 0.0
    struck: int = 0

    def __post_init__(self) -> None:
        assert self.kind in KINDS, f"{self.kind} is none of {sorted(KINDS)}"

    def strikes(self, request: str) -> bool:
        """True if it meets this request; counts."""
        is_left = self.times is None or self.struck < self.times
        if not (is_left and re.match(self.requests, request)):
            return False
        self.struck += 1
        return True


@dataclass(frozen=True)
class Seen:
    """One request that arrived."""

    method: str
    path: str
    authorization: str | None


class FaultyHub:
    """The proxy's address, its faults, and what it saw."""

    def __init__(self, server: "_Server") -> None:
        self._server = server
        self.endpoint = f"http://127.0.0.1:{server.server_address[1]}"

    @property
    def seen(self) -> list[Seen]:
        return self._server.seen

    def inject(self, *faults: Fault) -> None:
        """These faults from now on, and no others."""
        self._server.faults = list(faults)

    def refuse(self) -> None:
        """Close the port: from now on connections are refused."""
        self._server.close_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Relay)
        self.upstream = urlsplit(upstream).netloc
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.is_closed = threading.Event()
        self.lock = threading.Lock()
        self.connections: list[socket.socket] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def close_all(self) -> None:
        if not self.is_closed.is_set():
            self.is_closed.set()
            self.shutdown()
            self.server_close()
            for connection in self.connections:
                with suppress(OSError):  # those that the client closed first
                    connection.shutdown(socket.SHUT_RDWR)


class _Relay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.append(self.connection)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True  # the client, or the test, hung up

    def relay(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self._fault()
        if fault and fault.kind == "hang":
            self.server.is_closed.wait()
            self.close_connection = True
        elif fault and fault.kind == "status":
            self._answer(fault.status, fault.headers, fault.body)
        elif fault and fault.kind == "html":
            self._answer(200, {"Content-Type": "text/html"}, b"<html>please log in</html>")
        else:
            self._forward(body, fault)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = relay

    def _fault(self) -> Fault | None:
        with self.server.lock:
            self.server.seen.append(
                Seen(self.command, self.path, self.headers.get("Authorization"))
            )
            request = f"{self.command} {self.path}"
            return next((f for f in self.server.faults if f.strikes(request)), None)

    def _forward(self, body: bytes, fault: Fault | None) -> None:
        if fault and fault.kind == "late":
            fault.first()
        hub = http.client.HTTPConnection(self.server.upstream, timeout=60)
        hub.request(self.command, self.path, body or None, dict(self.headers))
        answer = hub.getresponse()
        content = answer.read()
        hub.close()
        if fault and fault.kind == "drop":
            self.close_connection = True
            return
        if fault and fault.kind == "fail":
            self._answer(fault.status, fault.headers, fault.body)
            return
        skip = {"transfer-encoding", "connection", "date", "server", "content-length"}
        headers = {k: v for k, v in answer.getheaders() if k.lower() not in skip}
        if fault and fault.kind == "shorten":
            content = content[:-1]
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        headers["Content-Length"] = length or str(len(content))
        if fault and fault.kind == "flip":
            content = content[: fault.at] + bytes([content[fault.at] ^ 1]) + content[fault.at + 1 :]
        self._answer(answer.status, headers, content, fault)

    def _answer(
        self, status: int, headers: dict[str, str], content: bytes, fault: Fault | None = None
    ) -> None:
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault and fault.kind in ("truncate", "stall"):
            self.wfile.write(content[: fault.at])
            self.wfile.flush()
            if fault.kind == "stall":
                self.server.is_closed.wait()
            self.close_connection = True
        elif fault and fault.kind == "slow":
            step = len(content) // 10 + 1
            for start in range(0, len(content), step):
                self.wfile.write(content[start : start + step])
                self.wfile.flush()
                time.sleep(fault.pause_s)
        else:
            self.wfile.write(content)


@contextmanager
def faulty_hub(upstream: str) -> Iterator[FaultyHub]:
    """A proxy in front of `upstream` without faults yet; gone at the end."""
    server = _Server(upstream)
    try:
        yield FaultyHub(server)
    finally:
        server.close_all()
