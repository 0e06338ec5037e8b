"""The HTTP API over two models that find every text good, asked without a server.

Use `with asked(...) as client:`; all requests then share one event loop, as they do in a server.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from inference.api import mount
from inference.api.rate_limit import RateLimit
from inference.core import event_log
from inference.core.settings import load_settings
from tests.inference.constant_models import CATALOGUE, open_constant

LIMITS = replace(load_settings({}), max_chars=100, max_texts=3)
# The same repos in another task, as entries of its own.
_MORE = replace(
    CATALOGUE,
    title="More toys",
    labels=("no", "yes"),
    models=tuple(replace(entry) for entry in CATALOGUE.models),
)
CATALOGUES = {"toys": CATALOGUE, "more": _MORE}
TEXT = {"texts": ["one"], "models": ["demo/b"]}


def app_of(
    open_model=open_constant,
    load_catalogues=lambda: CATALOGUES,
    per_minute: int = 60,
    keep=lambda feedback: None,
    **limits: object,
) -> Starlette:
    """The API under /api, as server.py mounts it."""
    service = mount.Service(
        load_settings=lambda: replace(LIMITS, **limits),
        load_catalogues=load_catalogues,
        open_model=open_model,
        spend=RateLimit(per_minute).spend,
        keep=keep,
    )
    return Starlette(routes=[Mount("/api", app=mount.build_api(service))])


@contextmanager
def asked(**service: object) -> Iterator[TestClient]:
    """A client of the API; a bug is a status of 500, as it is for a real caller."""
    app = app_of(**service)
    base_url = "http://testserver/api/"
    with TestClient(app, raise_server_exceptions=False, base_url=base_url) as client:
        yield client


@contextmanager
def journal_lines() -> Iterator[list[dict[str, object]]]:
    """What is noted in the journal meanwhile."""
    lines: list[dict[str, object]] = []
    handler = logging.Handler()
    handler.emit = lambda line: lines.append(json.loads(line.getMessage()))
    logging.getLogger(event_log.NAME).addHandler(handler)
    try:
        yield lines
    finally:
        logging.getLogger(event_log.NAME).removeHandler(handler)
