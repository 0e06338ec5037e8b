"""The HTTP API under /api: what models are on show, and their answers as JSON.

    GET  /health     {"status": "ok"}; loads no model
    GET  /ready      503 until the first model is loaded
    GET  /info       limits of a request, and which model answers first
    GET  /models     the task's labels and the models on show
    GET  /metrics    figures for Prometheus
    GET  /docs       all of this with examples to try
    POST /classify   {"texts": ["..."], "models": ["owner/name"]}; without models: all on show
    POST /compare    the same question, a row a text, with a mark where the models disagree
    POST /predict    {"inputs": "..."}: one model, as text-embeddings-inference answers
    POST /feedback   what is right about a text, kept for the next training

Owns what the app needs of its house, and when the rest is loaded: FastAPI takes longer to import
than all else that the first page needs, so nothing but /health is answered before somebody asks.
The endpoints are routes.py's.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.errors import UserError
from inference.api.errors import user_error
from inference.catalogue.catalogue import Catalogue, ModelEntry
from inference.catalogue.opening import OpenModel
from inference.core.settings import Settings
from inference.feedback.log import Feedback


@dataclass(frozen=True)
class Service:
    """What the API needs of its house; settings and catalogues are read on the first question."""

    load_settings: Callable[[], Settings]
    load_catalogues: Callable[[], Mapping[str, Catalogue]]
    open_model: Callable[[ModelEntry], OpenModel]
    spend: Callable[[str], None]
    """Counts a request of a visitor, known by address; raises LimitReached."""
    keep: Callable[[Feedback], None]
    """Keeps a correction; raises FeedbackError."""


def build_api(service: Service) -> Starlette:
    """The API as an ASGI app, to be mounted at /api."""
    return Starlette(
        routes=[Route("/health", health, methods=["GET"]), Mount("/", app=_OnDemand(service))]
    )


async def health(request: Request) -> JSONResponse:
    """The process answers; says nothing about models."""
    return JSONResponse({"status": "ok"})


class _OnDemand:
    """The app with everything but /health, loaded by the first request for any of it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._app: ASGIApp | None = None
        self._loading = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            app = await run_in_threadpool(self._load) if self._app is None else self._app
        except UserError as error:
            await user_error(Request(scope), error)(scope, receive, send)
            return
        await app(scope, receive, send)

    def _load(self) -> ASGIApp:
        with self._loading:
            if self._app is None:
                self._app = _app(self._service)
            return self._app


def _app(service: Service) -> ASGIApp:
    """The app over settings and catalogues as they are now.

    Raises:
        UserError: one of them cannot be used; nothing is loaded, so that it is tried again.
    """
    from inference.api import traffic
    from inference.api.access import AccessCheck
    from inference.api.app import make_app
    from inference.api.routes import Endpoints

    settings, catalogues = service.load_settings(), service.load_catalogues()
    figures = traffic.TrafficMetrics()
    endpoints = Endpoints(settings, catalogues, service.open_model, service.keep, figures)
    access = AccessCheck(settings.api_key, service.spend)
    first = next(iter(catalogues.values()))
    return traffic.TrafficMiddleware(make_app(endpoints, settings, first, access), figures)
