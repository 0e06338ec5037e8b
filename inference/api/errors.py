"""Errors of the HTTP API: {"error": kind, "message": text} with a status of 4xx or 5xx.

Owns which status an error gets and what a caller reads of it; never a trace, never what was sent.

Try: curl -i http://localhost:8501/api/nothing
"""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from hub.errors import HubError, UserError
from inference.core.errors import (
    ChoiceError,
    FeedbackError,
    LimitReached,
    ModelError,
    Overloaded,
    TextError,
)

# What the framework refuses; all else it refuses is a bad request.
_KINDS = {
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}
_MAX_CHARS = (
    300  # of a message about the shape of a body, which may name keys that somebody made up
)


def error_json(error: UserError) -> dict[str, str]:
    """TextError -> "text_error": the kind is the name of our error class."""
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()
    return {"error": kind, "message": str(error)}


def user_error(request: Request, error: Exception) -> JSONResponse:
    """422 for what the caller can mend, 429 too often or too much, 503 what may work again."""
    assert isinstance(error, UserError), f"registered for UserError, called with {error!r}"
    if isinstance(error, LimitReached | Overloaded):
        return JSONResponse(error_json(error), 429, {"Retry-After": str(error.wait_s)})
    status = 503 if isinstance(error, HubError | ModelError | FeedbackError) else 500
    if isinstance(error, TextError | ChoiceError):
        status = 422
    return JSONResponse(error_json(error), status)


def http_error(request: Request, error: Exception) -> JSONResponse:
    """What the framework refused."""
    assert isinstance(error, HTTPException), f"registered for HTTPException, got {error!r}"
    kind = _KINDS.get(error.status_code, "bad_request")
    message = error.detail
    if error.status_code in (404, 405):  # the framework only gives the status its name
        message = f"Nothing answers {request.method} here; /api/docs shows what there is."
    body = {"error": kind, "message": message}
    return JSONResponse(body, error.status_code, error.headers)


def shape_error(request: Request, faults: list[str]) -> JSONResponse:
    """400 for a body or a query of another shape than documented, 415 for one that is no JSON."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and kind != "application/json":
        message = "Send the body as JSON, with the header Content-Type: application/json."
        return JSONResponse({"error": _KINDS[415], "message": message}, 415)
    message = "; ".join(faults)
    if len(message) > _MAX_CHARS:
        message = f"{message[: _MAX_CHARS - 1]}…"
    return JSONResponse({"error": "bad_request", "message": message}, 400)


def internal_error(request: Request, error: Exception) -> JSONResponse:
    """A bug of ours: the trace goes to the log, not to the caller."""
    message = "Something went wrong here; the server's log says what."
    return JSONResponse({"error": "internal", "message": message}, 500)
