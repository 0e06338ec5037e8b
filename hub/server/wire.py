"""How requests are read: decoded path parameters, the repo they name, and bounded bodies.

The routes (hub/server/routes_*.py) say what is done, hub/server/answers.py how it is answered.
"""

import json
from collections.abc import AsyncIterator, Mapping
from urllib.parse import unquote

from starlette.exceptions import HTTPException
from starlette.requests import Request

from hub.server.auth import Guard, Viewer
from hub.server.names import KIND_OF_SEGMENT, Repo, is_for_git
from hub.server.refusals import BadRequest, TooLarge
from hub.server.store import Store

MAX_JSON_BYTES = 16 * 2**20
_CHUNK_BYTES = 2**20


def store(request: Request) -> Store:
    """The store this app serves."""
    kept: Store = request.app.state.store
    return kept


def guard(request: Request) -> Guard:
    """The tokens this app knows."""
    kept: Guard = request.app.state.guard
    return kept


def viewer(request: Request) -> Viewer:
    """Who sent the request."""
    header = request.headers.get("authorization", "")
    return guard(request).viewer(header, is_git=is_for_git(request.url.path))


def part(request: Request, name: str) -> str:
    """A path parameter, decoded."""
    return unquote(request.path_params[name])


def kind(request: Request) -> str:
    """`model`, `dataset` or `space`: from the path, models where it does not say."""
    segment = request.path_params.get("kinds", "models")
    if segment not in KIND_OF_SEGMENT:
        raise HTTPException(404)
    return KIND_OF_SEGMENT[segment]


def named_repo(request: Request) -> Repo:
    """The repo in the path, whoever may see it: check with one of the viewer's `check_*`."""
    name = part(request, "name").removesuffix(".git")
    return store(request).find(kind(request), part(request, "namespace"), name)


def seen_repo(request: Request) -> Repo:
    """The repo in the path, for a viewer who may see it."""
    who = viewer(request)
    repo = named_repo(request)
    who.check_sees(repo)
    return repo


def readable_repo(request: Request) -> Repo:
    """The repo in the path, for a viewer who may read its files."""
    who = viewer(request)
    repo = named_repo(request)
    who.check_reads(repo)
    return repo


def writable_repo(request: Request) -> Repo:
    """The repo in the path, for a viewer who may change it."""
    who = viewer(request)
    repo = named_repo(request)
    who.check_writes(repo)
    return repo


def is_true(request: Request, name: str) -> bool:
    """True if the query asks for `name`."""
    return request.query_params.get(name, "").lower() in ("1", "true")


def page_size(request: Request, default: int, most: int) -> int:
    """The query's `limit`, at most `most`.

    Raises:
        BadRequest: it is not a positive number.
    """
    text = request.query_params.get("limit", str(default))
    if not text.isdecimal() or int(text) < 1:
        raise BadRequest(f"limit={text[:20]!r} is not a positive number.")
    return min(int(text), most)


async def read_bytes(request: Request) -> bytes:
    """The body.

    Raises:
        TooLarge: it is over MAX_JSON_BYTES.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise TooLarge(f"The request body is over {MAX_JSON_BYTES} bytes.")
    return bytes(body)


async def read_json(request: Request) -> dict[str, object]:
    """The body, a JSON object; {} when it is empty.

    Raises:
        BadRequest, TooLarge: it is something else.
    """
    return parse_object(await read_bytes(request) or b"{}")


def parse_object(text: bytes | bytearray) -> dict[str, object]:
    """The JSON object in a text.

    Raises:
        BadRequest: it holds something else.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The request body is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise BadRequest(f"Expected a JSON object, got {type(content).__name__}.")
    return content


def text_of(body: Mapping[str, object], name: str, default: str | None = None) -> str:
    """A field that holds a text.

    Raises:
        BadRequest: it is missing without a default, or no text.
    """
    value = body.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise BadRequest(f"Field {name!r} must be a text, got {type(value).__name__}.")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise BadRequest(f"Field {name!r} holds half of a surrogate pair.")
    return value


def objects(body: Mapping[str, object], name: str) -> list[dict[str, object]]:
    """A field that holds a list of objects.

    Raises:
        BadRequest: it does not.
    """
    rows = body.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadRequest(f"Field {name!r} must be a list of objects.")
    return rows


def size_of(body: Mapping[str, object]) -> int:
    """The field `size`, a number of bytes.

    Raises:
        BadRequest: it is not one.
    """
    size = body.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise BadRequest(f"Field 'size' must be a number of bytes, got {str(size)[:40]!r}.")
    return size


async def lines(request: Request, max_bytes: int) -> AsyncIterator[bytearray]:
    """The body line by line, never more than one line in memory.

    Raises:
        TooLarge: a line is over `max_bytes`.
    """
    pending = bytearray()
    async for chunk in request.stream():
        start = len(pending)
        pending += chunk
        while (end := pending.find(b"\n", start)) >= 0:
            yield pending[:end]
            del pending[: end + 1]
            start = 0
        if len(pending) > max_bytes:
            raise TooLarge(f"A line of the commit is over {max_bytes} bytes; upload it by LFS.")
    if pending:
        yield pending


async def chunks(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces of about 1 MiB: one hop to a thread each, not one a packet."""
    pending = bytearray()
    async for chunk in request.stream():
        pending += chunk
        if len(pending) >= _CHUNK_BYTES:
            yield bytes(pending)
            pending.clear()
    if pending:
        yield bytes(pending)
