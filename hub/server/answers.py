"""How the Hub on loopback answers: pages, addresses, and errors with the code clients decide by.

Every error has X-Error-Code and X-Error-Message, and a JSON body with `error`.
Try: curl -i http://127.0.0.1:PORT/api/models/nobody/nothing
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.server import refusals
from hub.server.names import KINDS, Repo, is_for_git
from hub.server.refusals import EntryNotFound, Refusal, RepoNotFound

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
    refusals.NoGit: 501,
}
_HIDDEN_WITHOUT_TOKEN = (refusals.RepoNotFound, refusals.GatedRepo)
_NOTHING: Mapping[str, object] = {}
# Addresses of repos named without a namespace, such as gpt2.
_BARE_REPO = re.compile(
    r"/api/(models|datasets|spaces)/[^/]+(/(revision|tree|paths-info|refs|commits?|preupload)\b|$)"
    r"|(/datasets|/spaces)?/[^/]+/resolve/"
)
_CODES = {400: "BadRequest", 404: "NotFound", 405: "MethodNotAllowed", 416: "RangeNotSatisfiable"}


class HubWire:
    """Routes on the path as it was sent, and leaves no error without its code.

    A revision travels as one segment, `refs%2Fpr%2F1`, which decoding would tear apart.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def send_coded(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                names = {name for name, _ in message["headers"]}
                code = _CODES.get(message["status"], "Error")
                if b"x-error-code" not in names:  # a range that FileResponse refused
                    message["headers"] = [*message["headers"], (b"x-error-code", code.encode())]
            await send(message)

        if scope["type"] == "http":
            scope = {**scope, "path": scope["raw_path"].decode("ascii", "replace")}
        await self._app(scope, receive, send_coded)


def repo_url(request: Request, repo: Repo) -> str:
    """The repo's web address, from the host name that the client used."""
    return f"{str(request.base_url).rstrip('/')}/{KINDS[repo.kind][1]}{repo.id}"


def iso(time_ms: int) -> str:
    """A time as the Hub writes it: 2026-01-31T12:00:00.000Z."""
    moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
    if status == 401 and is_for_git(request.url.path):
        headers["www-authenticate"] = 'Basic realm="token as password"'  # or git would not ask
    return _failure(status, error.code, str(error), more, headers)


def refuse_route(request: Request, error: Exception) -> Response:
    """The answer where no route fits: a repo without a namespace is one that does not exist."""
    assert isinstance(error, HTTPException), error
    path = request.url.path
    if error.status_code == 404 and _BARE_REPO.match(path):
        return refuse(request, RepoNotFound(f"Repository not found: {path}"))
    code = _CODES.get(error.status_code, "Error")
    message = f"{error.detail}: this Hub does not serve {request.method} {path}"
    return _failure(error.status_code, code, message, {}, error.headers or {})


def fail(request: Request, error: Exception) -> Response:
    """The answer to a bug of ours or a full disk; uvicorn logs the traceback."""
    reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
    return _failure(500, "InternalError", f"Internal error: {reason}", {}, {})


def hang_up(request: Request, error: Exception) -> Response:
    """For a client that went away in mid request; nobody reads this."""
    return Response(status_code=400)


def _failure(
    status: int, code: str, message: str, more: Mapping[str, object], headers: Mapping[str, str]
) -> JSONResponse:
    plain = re.sub(r"[^\x20-\x7e]", "?", message)[:1000]  # what a header can carry
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
