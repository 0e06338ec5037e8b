"""Git's own CGI program, `git http-backend`: run for one request, ended with it.

Who may ask for what is decided above (hub/server/routes_git.py).
Try: man git-http-backend
"""

import io
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from typing import IO

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from hub.server import git
from hub.server.refusals import NoGit

_CHUNK_BYTES = 2**16  # what a pipe holds


def answer(environment: Mapping[str, str], body: IO[bytes] | int, *, is_streamed: bool) -> Response:
    """What the program answers to a request, given as CGI's variables and the file of its body.

    is_streamed: answer while it still works, and end it when nobody listens any more; without,
    all is done when this returns.

    Raises:
        NoGit: this part of git is not installed.
    """
    process = subprocess.Popen(
        [git.program(), "http-backend"],
        env=environment,
        stdin=body,
        stdout=subprocess.PIPE,
        start_new_session=True,  # it starts others, and all end together
    )
    assert isinstance(process.stdout, io.BufferedReader), process
    headers: dict[str, str] = {}
    while line := process.stdout.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if not headers:
        process.communicate()
        raise NoGit("git's http-backend does not run here; Alpine keeps it in `git-daemon`.")
    status = int(headers.pop("status", "200")[:3])
    if is_streamed:
        return _Streamed(process, status, headers)
    content, _ = process.communicate()
    return Response(content, status, headers)


class _Streamed(StreamingResponse):
    """What a program prints, as it prints it; no program outlives its client."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", status: int, headers: Mapping[str, str]
    ) -> None:
        super().__init__(_pieces(process), status, headers)
        self._process = process

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()


def _pieces(process: "subprocess.Popen[bytes]") -> Iterator[bytes]:
    assert isinstance(process.stdout, io.BufferedReader), process
    while chunk := process.stdout.read1(_CHUNK_BYTES):
        yield chunk
