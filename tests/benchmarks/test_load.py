"""The load on a server: every answer counts once, and a connection that grew old is no failure."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks import load

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Once(socketserver.StreamRequestHandler):
    """Answers one request and closes the connection, though it was asked to keep it."""

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        self.rfile.read(2)
        self.wfile.write(ANSWER)


class Late(Once):
    """Closes the connection only when the next request is on its way."""

    def handle(self) -> None:
        super().handle()
        self.rfile.readline()


@contextmanager
def serving(handler: type[Once] = Once) -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/x"
        server.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize("handler", [Once, Late])
def test_connections_that_the_server_closed_meanwhile_are_no_failures(handler: type[Once]):
    with serving(handler) as url:
        outcome = load.offer(url, b"{}", rate=20, seconds=1)
    assert outcome.statuses == {200: 20}, outcome.statuses
    assert len(outcome.seconds) == 20


def test_a_server_that_is_not_there_is_a_failure_of_every_request():
    with serving() as url:
        pass
    outcome = load.offer(url, b"{}", rate=50, seconds=0.1)
    assert outcome.statuses == {load.FAILED: 5}
