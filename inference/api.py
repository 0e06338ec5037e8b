"""The HTTP API under /api: what models are on show, and their answers as JSON.

    GET  /health     {"status": "ok"}; loads no model
    GET  /models     the task's labels and the models on show
    POST /classify   {"texts": ["..."], "models": ["owner/name"]}; without models: all on show

Owns the wire format; asking is ask.py's. An error is {"error": kind, "message": text} with a
status of 4xx or 5xx, never a trace; who asks too often gets 429 with Retry-After in seconds.
Several models: one that fails is listed under "failures" while the others answer; when none
answers, the first failure decides the status.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.errors import HubError, UserError
from inference.allowance import visitor_at
from inference.ask import Answer, ask, check_texts, choose
from inference.catalogue import Catalogue, ModelEntry
from inference.compare import Comparison
from inference.errors import ChoiceError, LimitReached, ModelError, TextError
from inference.journal import record
from inference.opening import OpenModel
from inference.settings import Settings

MAX_BODY_BYTES = 2 * 2**20


@dataclass(frozen=True)
class Service:
    """What the API needs of its house; settings and catalogue are read on the first question."""

    load_settings: Callable[[], Settings]
    load_catalogue: Callable[[], Catalogue]
    open_model: Callable[[ModelEntry], OpenModel]
    spend: Callable[[str], None]
    """Counts a request of a visitor, known by address; raises LimitReached."""


def build(service: Service) -> Starlette:
    """The API as an ASGI app, to be mounted at /api."""

    async def models(request: Request) -> JSONResponse:
        catalogue = await run_in_threadpool(service.load_catalogue)
        return JSONResponse(_catalogue_json(catalogue))

    async def classify(request: Request) -> JSONResponse:
        question = await _read_question(request)
        peer = request.client.host if request.client else None
        service.spend(visitor_at(peer, request.headers.get("X-Forwarded-For")))
        # Loading and scoring keep a core busy: off the event loop, which also serves the pages.
        return JSONResponse(await run_in_threadpool(_classify, service, question))

    return Starlette(
        routes=[
            Route("/health", health, methods=["GET"]),
            Route("/models", models, methods=["GET"]),
            Route("/classify", classify, methods=["POST"]),
        ],
        exception_handlers={
            UserError: user_error,
            HTTPException: http_error,
            Exception: internal_error,
        },
        middleware=[Middleware(_Recorded)],
    )


class _Recorded:
    """Notes every answer in the journal, but for those that only say that the process lives."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, status = time.perf_counter(), 500

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            # The name of the endpoint and not the path, which may be anything that a caller wrote.
            endpoint = getattr(scope.get("endpoint"), "__name__", "none")
            if endpoint != health.__name__:
                wait_ms = round(1000 * (time.perf_counter() - started), 1)
                record("request answered", endpoint=endpoint, status=status, wait_ms=wait_ms)


async def health(request: Request) -> JSONResponse:
    """The process answers; says nothing about models."""
    return JSONResponse({"status": "ok"})


@dataclass(frozen=True)
class Question:
    """The body of POST /classify; `models` None means all on show."""

    texts: tuple[str, ...]
    models: tuple[str, ...] | None


async def _read_question(request: Request) -> Question:
    """The body, read no further than its limit.

    Raises:
        HTTPException: 413 too long, 400 not JSON or not of the documented shape.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, f"The body is longer than {MAX_BODY_BYTES:,} bytes.")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:  # the latter: nested too deeply
        raise HTTPException(400, "The body is not JSON.") from error
    if not isinstance(value, dict) or not {"texts"} <= set(value) <= {"texts", "models"}:
        raise HTTPException(400, 'Expected {"texts": [...]} or {"texts": [...], "models": [...]}.')
    return Question(
        texts=_strings(value, "texts"),
        models=_strings(value, "models") if value.get("models") is not None else None,
    )


def _strings(value: Mapping[str, object], key: str) -> tuple[str, ...]:
    strings = value[key]
    if not isinstance(strings, list) or not all(isinstance(item, str) for item in strings):
        raise HTTPException(400, f'"{key}" must be a list of strings.')
    return tuple(strings)


def _classify(service: Service, question: Question) -> dict[str, object]:
    texts = check_texts(question.texts, service.load_settings())
    catalogue = service.load_catalogue()
    repo_ids = question.models
    if repo_ids is None:
        repo_ids = tuple(entry.repo_id for entry in catalogue.models)
    answer = ask(choose(catalogue, repo_ids), texts, catalogue, service.open_model)
    failures = len(answer.failures)
    record("classified", texts=len(texts), models=len(repo_ids), failures=failures)
    if answer.comparison is None:
        raise answer.failures[0].error
    return _answer_json(answer, answer.comparison)


def _answer_json(answer: Answer, comparison: Comparison) -> dict[str, object]:
    """Results in the order of the texts; a score is null where a model has no such label."""
    return {
        "labels": list(comparison.labels),
        "problem_type": comparison.problem_type,
        "models": [asdict(column) for column in comparison.columns],
        "results": [
            [
                {
                    "repo_id": column.repo_id,
                    "decided": list(cell.decided),
                    "scores": dict(zip(comparison.labels, cell.scores, strict=True)),
                }
                for column, cell in zip(comparison.columns, cells, strict=True)
            ]
            for cells in comparison.cells
        ],
        "failures": [
            {"repo_id": failure.entry.repo_id, **_error_json(failure.error)}
            for failure in answer.failures
        ],
    }


def _catalogue_json(catalogue: Catalogue) -> dict[str, object]:
    return {
        "title": catalogue.title,
        "labels": list(catalogue.labels),
        "problem_type": catalogue.problem_type,
        "models": [
            {
                "repo_id": entry.repo_id,
                "revision": entry.revision,
                "role": entry.role,
                "title": entry.title,
            }
            for entry in catalogue.models
        ],
    }


def _error_json(error: UserError) -> dict[str, str]:
    """TextError -> "text_error": the kind is the name of our error class."""
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()
    return {"error": kind, "message": str(error)}


def user_error(request: Request, error: Exception) -> JSONResponse:
    """422 for what the caller can mend, 429 too often, 503 while the Hub or a model fails."""
    assert isinstance(error, UserError), f"registered for UserError, called with {error!r}"
    if isinstance(error, LimitReached):
        return JSONResponse(_error_json(error), 429, {"Retry-After": str(error.wait_s)})
    status = 503 if isinstance(error, HubError | ModelError) else 500
    if isinstance(error, TextError | ChoiceError):
        status = 422
    return JSONResponse(_error_json(error), status)


def http_error(request: Request, error: Exception) -> JSONResponse:
    """What Starlette or the reading of the body refused."""
    assert isinstance(error, HTTPException), f"registered for HTTPException, got {error!r}"
    body = {"error": "bad_request" if error.status_code != 404 else "not_found"}
    return JSONResponse({**body, "message": error.detail}, error.status_code, error.headers)


def internal_error(request: Request, error: Exception) -> JSONResponse:
    """A bug of ours: the trace goes to the log, not to the caller."""
    message = "Something went wrong here; the server's log says what."
    return JSONResponse({"error": "internal", "message": message}, 500)
