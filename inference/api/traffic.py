"""The traffic of the HTTP API: who asked what and how long it took, for the journal and Prometheus.

Owns the request id, the line in the journal and the figures of GET /metrics; all without a word of
what was asked.

Try: curl http://localhost:8501/api/metrics
"""

import re
import time
from uuid import uuid4

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference.core.event_log import record_event

REQUEST_ID = "X-Request-ID"
METRICS_TYPE = CONTENT_TYPE_LATEST
_QUIET = frozenset(("health", "ready", "metrics"))  # asked all the time, by machines
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128)


class TrafficMetrics:
    """What GET /metrics tells; each API has its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.requests = Counter(
            "api_requests", "Requests answered.", ["endpoint", "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "api_request_seconds",
            "Time until a request was answered.",
            ["endpoint"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.batches = Histogram(
            "api_batch_texts",
            "Texts that one model scored at once, of one request or several.",
            buckets=_TEXTS,
            registry=self._registry,
        )
        self.waiting = Gauge(
            "api_waiting_texts", "Texts that are scored or wait for it.", registry=self._registry
        )

    def text(self) -> bytes:
        """All of it in Prometheus' own format."""
        return generate_latest(self._registry)


class TrafficMiddleware:
    """Gives every request an id, counts its answer, and notes it in the journal."""

    def __init__(self, app: ASGIApp, figures: TrafficMetrics) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its response back with the id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        request_id = _request_id(Headers(scope=scope).get(REQUEST_ID, ""))

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            # The name of the endpoint and not the path, which may be anything that a caller wrote.
            endpoint = getattr(scope.get("endpoint"), "__name__", "none")
            seconds = time.perf_counter() - started
            self._figures.requests.labels(endpoint, status).inc()
            self._figures.seconds.labels(endpoint).observe(seconds)
            if endpoint not in _QUIET:
                wait_ms = round(1000 * seconds, 1)
                record_event(
                    "request answered",
                    endpoint=endpoint,
                    status=status,
                    wait_ms=wait_ms,
                    request_id=request_id,
                )


def _request_id(asked: str) -> str:
    """The caller's own where it is a plain word, so that it can be found in two logs."""
    return asked if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", asked) else uuid4().hex
