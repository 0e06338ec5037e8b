"""Routes of git's own protocol: clone, fetch, pull and push over HTTP, served by git's program.

A mirror of the repo (hub/server/mirrors.py) is brought up to date before each request; a push is
kept in the store by git's hook (hub/server/pushes.py) before git itself agrees to it.
Try: git clone http://127.0.0.1:PORT/demo/hello
"""

import subprocess
import sys
from pathlib import Path
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.server import backend, git, mirrors, wire
from hub.server.names import Repo
from hub.server.refusals import BadRequest, TooLarge

_FETCH, _PUSH = "git-upload-pack", "git-receive-pack"
MAX_PUSH_BYTES = 2**30
_PROGRAM = Path(__file__).parents[2]  # the folder that holds hub/


def _allowed_repo(request: Request, service: str) -> Repo:
    """The repo in the path, for a viewer who may do what the service does.

    Raises:
        Refusal: they may not, or git is not installed.
    """
    repo = wire.writable_repo(request) if service == _PUSH else wire.readable_repo(request)
    git.program()
    return repo


def refs(request: Request) -> Response:
    """What a git client asks first: the branches and tags, and how to go on."""
    service = request.query_params.get("service", "")
    if service not in (_FETCH, _PUSH):
        raise BadRequest("Only git's smart protocol is served here; use git itself.")
    repo = _allowed_repo(request, service)
    with mirrors.current(wire.store(request), repo):
        return _answer(request, repo, subprocess.DEVNULL)


async def exchange(request: Request) -> Response:
    """The second half of a fetch, or a push."""
    service = request.url.path.rsplit("/", 1)[-1]
    repo = await run_in_threadpool(_allowed_repo, request, service)
    store = wire.store(request)
    with store.blobs.arrive() as arrival:
        # A slow client keeps nobody waiting: the mirror is held only once all has come.
        async for chunk in wire.chunks(request):
            await run_in_threadpool(arrival.write, chunk)
            if arrival.size_bytes > MAX_PUSH_BYTES:
                raise TooLarge(f"A push is at most {MAX_PUSH_BYTES} bytes; push fewer commits.")
        staged = await run_in_threadpool(arrival.finish)

        def serve() -> Response:
            with mirrors.current(store, repo), staged.path.open("rb") as body:
                return _answer(request, repo, body, staged.size_bytes)

        return await run_in_threadpool(serve)


def _answer(request: Request, repo: Repo, body: IO[bytes] | int, size_bytes: int = 0) -> Response:
    """What git answers; a fetch is streamed, the rest is complete by then."""
    is_long = request.url.path.endswith(_FETCH)
    return backend.answer(_environment(request, repo, size_bytes), body, is_streamed=is_long)


def _environment(request: Request, repo: Repo, size_bytes: int) -> dict[str, str]:
    """The request as CGI (RFC 3875) hands it on, and what the hook of a push must know."""
    store, service = wire.store(request), request.url.path.rsplit("/", 1)[-1]
    mirror = store.mirror(repo)
    is_first = service == "refs"
    values = {
        "GIT_PROJECT_ROOT": str(mirror.parent),
        "GIT_HTTP_EXPORT_ALL": "1",  # who may see it has been decided
        "PATH_INFO": f"/{mirror.name}/{'info/refs' if is_first else service}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": f"service={request.query_params['service']}" if is_first else "",
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(size_bytes),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "HTTP_GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REMOTE_USER": wire.viewer(request).user,
        "HUB_PYTHON": sys.executable,
        "HUB_ROOT": str(store.root),
        "HUB_REPO": str(repo.key),
        "PYTHONPATH": str(_PROGRAM),
    }
    return {**git.environment(), **{name: value for name, value in values.items() if value}}


_REPO = "/{namespace}/{name}"
ROUTES = [
    Route(f"{prefix}{_REPO}/{path}", endpoint, methods=[method])
    for prefix in ("", "/{kinds}")
    for method, path, endpoint in (
        ("GET", "info/refs", refs),
        ("POST", _FETCH, exchange),
        ("POST", _PUSH, exchange),
    )
]
