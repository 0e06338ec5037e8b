"""The app around the endpoints: routes, errors, limits, origins, and the documentation.

Its import costs as much as Streamlit's: mount.py does it when somebody asks.

Try: curl http://localhost:8501/api/openapi.json
"""

import re
from collections.abc import Sequence
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse

from hub.errors import UserError
from inference.api import schemas
from inference.api.access import MAX_BODY_BYTES, AccessCheck, BodyLimit
from inference.api.errors import http_error, internal_error, shape_error, user_error
from inference.api.routes import VERSION, Endpoints, first_model
from inference.api.traffic import REQUEST_ID
from inference.catalogue.catalogue import Catalogue
from inference.core.settings import Settings

_DESCRIPTION = """\
What the pages of this Space answer, for programs. An error is `{"error": kind, "message": text}`.
Who asks too often, or while too much waits, gets 429, and in `Retry-After` the seconds until the
next try. Each answer has a header `X-Request-ID`: the one that was sent, or a new one.
"""
# What a status means, and the kind of an error that has it.
_MEANING = {
    400: ("bad_request", "The body or the query is not of the documented shape."),
    401: ("unauthorized", "The key is missing or wrong."),
    413: ("body_too_large", f"The body is longer than {MAX_BODY_BYTES:,} bytes."),
    415: ("unsupported_media_type", "The body is not sent as JSON."),
    422: ("text_error", "A text, a model, a label or a catalogue cannot be used."),
    429: ("overloaded", "Too many requests of this visitor, or too much waits to be scored."),
    500: ("internal", "A bug, or a Space that is not set up correctly."),
    503: ("hub_unreachable", "A model cannot be had at the moment."),
}
_ASK, _LOOK, _WATCH = "What the models say", "What is here", "For machines that watch"


def make_app(
    endpoints: Endpoints, settings: Settings, catalogue: Catalogue, access: AccessCheck
) -> FastAPI:
    """The app; its documentation has examples that work with this catalogue."""
    app = FastAPIOffline(
        title="Worth Tuning",
        version=VERSION,
        description=_DESCRIPTION,
        redoc_url=None,
        # Else the page asks validator.swagger.io whether the schema is sound.
        swagger_ui_parameters={"validatorUrl": None, "tryItOutEnabled": True},
        middleware=[*_cors(settings.cors), Middleware(BodyLimit)],
        exception_handlers={
            UserError: user_error,
            HTTPException: http_error,
            RequestValidationError: _shape_error,
            Exception: internal_error,
        },
    )
    _add_routes(app, endpoints, access)
    schema = app.openapi()
    for path, example in _examples(catalogue).items():
        body = schema["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        body["example"] = example
    return app


def _add_routes(app: FastAPI, endpoints: Endpoints, access: AccessCheck) -> None:
    """Two endpoints are open to everybody; those that cost time count against the rate limit."""
    key = [] if access.key is None else [Depends(access.check_key)]
    locked = () if access.key is None else (401, 429)
    for path, ask, answer in (
        ("/classify", endpoints.classify, schemas.Classified),
        ("/compare", endpoints.compare, schemas.Compared),
        ("/predict", endpoints.predict, list[schemas.Prediction] | list[list[schemas.Prediction]]),
        ("/feedback", endpoints.feedback, schemas.Kept),
    ):
        app.add_api_route(
            path,
            ask,
            methods=["POST"],
            status_code=201 if answer is schemas.Kept else 200,
            response_model=answer,
            responses=_errors(400, 413, 415, 422, 429, 500, 503, *locked),
            dependencies=[*key, Depends(access.count)],
            tags=[_ASK],
        )
    for path, look, shown, statuses, dependencies, tag in (
        ("/models", endpoints.models, schemas.Models, (400, 422, 500, *locked), key, _LOOK),
        ("/info", endpoints.info, schemas.Info, (500, *locked), key, _LOOK),
        ("/health", endpoints.health, schemas.Status, (), [], _WATCH),
        ("/ready", endpoints.ready, schemas.Status, (500, 503), [], _WATCH),
        ("/metrics", endpoints.metrics, None, (500, *locked), key, _WATCH),
    ):
        app.add_api_route(
            path,
            look,
            response_model=shown,
            response_class=JSONResponse if shown else PlainTextResponse,
            responses=_errors(*statuses),
            dependencies=dependencies,
            tags=[tag],
        )


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    # Not by "model": of an endpoint that answers in plain text that would say its errors do too.
    schema = schemas.Error.model_json_schema()
    responses: dict[int | str, dict[str, Any]] = {}
    for status in sorted(set(statuses)):
        kind, meaning = _MEANING[status]
        content = {"schema": schema, "example": {"error": kind, "message": "What to do about it."}}
        responses[status] = {"description": meaning, "content": {"application/json": content}}
    return responses


def _examples(catalogue: Catalogue) -> dict[str, dict[str, object]]:
    """A body for every endpoint that takes one, which this Space can answer."""
    text = catalogue.messages[0] if catalogue.messages else "Two hours late and nobody says why."
    label, model = catalogue.labels[0], first_model(catalogue).repo_id
    return {
        "/classify": {"texts": [text], "top_k": 2},
        "/compare": {"texts": [text, "It was fine."]},
        "/predict": {"inputs": text},
        "/feedback": {"text": text, "model": model, "predicted": [label], "corrected": [label]},
    }


def _cors(origins: Sequence[str]) -> list[Middleware]:
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type", REQUEST_ID),
            expose_headers=("Retry-After", REQUEST_ID),
        )
    ]


def _shape_error(request: Request, error: Exception) -> JSONResponse:
    """Says where a body differs from its schema, and not what stands there."""
    assert isinstance(error, RequestValidationError), f"registered for it, got {error!r}"
    faults = []
    for fault in error.errors()[:3]:
        if fault["type"] == "json_invalid":
            faults.append(f"the body is not JSON: see character {fault['loc'][-1]}")
            continue
        # Pydantic also names the types that a value could have had.
        field = ".".join(str(part) for part in fault["loc"][1:] if re.fullmatch(r"\w+", str(part)))
        faults.append(f"{field}: {fault['msg']}" if field else str(fault["msg"]))
    return shape_error(request, faults)
