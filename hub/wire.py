"""How requests are read and answers written: bounded bodies, JSON, pages, errors with their code.

The routes (hub/routes_*.py) say what is answered; this says how it looks to the real clients.
Try: curl -i http://127.0.0.1:PORT/api/models/nobody/nothing
"""

import json
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hub import refusals
from hub.auth import Guard, Viewer
from hub.names import KINDS, Repo
from hub.refusals import BadRequest, EntryNotFound, Refusal, RepoNotFound, TooLarge
from hub.store import Store

MAX_JSON_BYTES = 16 * 2**20
_KIND_OF_SEGMENT = {segment: kind for kind, (segment, _) in KINDS.items()}
_STATUS: dict[type[Refusal], int] = {
    refusals.BadRequest: 400,
    refusals.TooLarge: 413,
    refusals.NotSignedIn: 401,
    refusals.BadToken: 401,
    refusals.Forbidden: 403,
    refusals.RepoNotFound: 404,
    refusals.RevisionNotFound: 404,
    refusals.EntryNotFound: 404,
    refusals.GatedRepo: 403,
    refusals.RepoExists: 409,
    refusals.RefExists: 409,
    refusals.StaleParent: 412,
}
_HIDDEN_WITHOUT_TOKEN = (refusals.RepoNotFound, refusals.GatedRepo)
_NOTHING: Mapping[str, object] = {}
_log = logging.getLogger("hub")


class RawPath:
    """Routes on the path as it was sent, so that `refs%2Fpr%2F1` stays one segment."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            scope = {**scope, "path": scope["raw_path"].decode("ascii", "replace")}
        await self._app(scope, receive, send)


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
    return guard(request).viewer(request.headers.get("authorization", ""))


def part(request: Request, name: str) -> str:
    """A path parameter, decoded."""
    return unquote(request.path_params[name])


def kind(request: Request) -> str:
    """`model`, `dataset` or `space`: from the path, models where it does not say."""
    segment = request.path_params.get("kinds", "models")
    if segment not in _KIND_OF_SEGMENT:
        raise HTTPException(404)
    return _KIND_OF_SEGMENT[segment]


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


def repo_url(request: Request, repo: Repo) -> str:
    """The repo's web address, from the host name that the client used."""
    return f"{str(request.base_url).rstrip('/')}/{KINDS[repo.kind][1]}{repo.id}"


def iso(time_ms: int) -> str:
    """A time as the Hub writes it: 2026-01-31T12:00:00.000Z."""
    moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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


def parse_object(text: bytes) -> dict[str, object]:
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
    return value


async def lines(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """The body line by line, never more than one line in memory.

    Raises:
        TooLarge: a line is over `max_bytes`.
    """
    pending = bytearray()
    async for chunk in request.stream():
        start = len(pending)
        pending += chunk
        while (end := pending.find(b"\n", start)) >= 0:
            yield bytes(pending[:end])
            del pending[: end + 1]
            start = 0
        if len(pending) > max_bytes:
            raise TooLarge(f"A line of the commit is over {max_bytes} bytes; upload it by LFS.")
    if pending:
        yield bytes(pending)


def page(request: Request, content: object, cursor: str | None) -> JSONResponse:
    """One page of a listing; `cursor` leads to the next, None: there is none."""
    response = JSONResponse(content)
    if cursor is not None:
        query = [(key, value) for key, value in request.query_params.multi_items()]
        query = [(key, value) for key, value in query if key != "cursor"]
        path = quote(request.scope["raw_path"].decode("ascii"), safe="/%")
        target = (
            f"{str(request.base_url).rstrip('/')}{path}?{urlencode([*query, ('cursor', cursor)])}"
        )
        response.headers["link"] = f'<{target}>; rel="next"'
    return response


def refuse(request: Request, error: Exception, more: Mapping[str, object] = _NOTHING) -> Response:
    """The answer to a request that raised a Refusal; `more` joins its JSON body."""
    assert isinstance(error, Refusal), error
    status = _STATUS[type(error)]
    if isinstance(error, _HIDDEN_WITHOUT_TOKEN) and "authorization" not in request.headers:
        status = 401
    headers = {"x-repo-commit": error.commit} if isinstance(error, EntryNotFound) else {}
    return _failure(status, error.code, str(error), more, headers)


def refuse_route(request: Request, error: Exception) -> Response:
    """The answer where no route fits: a repo without a namespace is one that does not exist."""
    assert isinstance(error, HTTPException), error
    first, *others = request.url.path.strip("/").split("/")
    is_api = first == "api" and bool(others) and others[0] in _KIND_OF_SEGMENT
    is_about_repo = is_api or "resolve" in others
    if error.status_code == 404 and is_about_repo:
        return refuse(request, RepoNotFound(f"Repository not found: {request.url.path}"))
    return _failure(error.status_code, "NotFound", error.detail, {}, error.headers or {})


def fail(request: Request, error: Exception) -> Response:
    """The answer to a bug of ours or a full disk; the log has the details."""
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _failure(500, "InternalError", f"Internal error: {type(error).__name__}", {}, {})


def hang_up(request: Request, error: Exception) -> Response:
    """For a client that went away in mid request; nobody reads this."""
    return Response(status_code=400)


def _failure(
    status: int, code: str, message: str, more: Mapping[str, object], headers: Mapping[str, str]
) -> JSONResponse:
    plain = message.replace("\n", " ").encode("ascii", "backslashreplace").decode()[:1000]
    return JSONResponse(
        {"error": message, **more},
        status,
        {**headers, "x-error-code": code, "x-error-message": plain},
    )


HANDLERS = {
    Refusal: refuse,
    HTTPException: refuse_route,
    ClientDisconnect: hang_up,
    Exception: fail,
}
