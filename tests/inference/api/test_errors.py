import json

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from hub.errors import AccessDenied, HubUnreachable
from inference.api.errors import http_error, internal_error, shape_error, user_error
from inference.core.errors import ConfigError, FeedbackError, LimitReached, Overloaded, TextError


def request(method: str = "POST", kind: bytes = b"application/json") -> Request:
    return Request({"type": "http", "method": method, "headers": [(b"content-type", kind)]})


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (TextError("empty"), 422, "text_error"),
        (LimitReached("too many", 7), 429, "limit_reached"),
        (Overloaded("too much", 7), 429, "overloaded"),
        (HubUnreachable("asleep"), 503, "hub_unreachable"),
        (AccessDenied("gated"), 503, "access_denied"),
        (FeedbackError("full"), 503, "feedback_error"),
        (ConfigError("wrong"), 500, "config_error"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_has_its_status_its_kind_and_its_own_words(error, status, kind):
    response = user_error(request(), error)
    assert response.status_code == status
    assert json.loads(response.body) == {"error": kind, "message": str(error)}
    assert response.headers.get("Retry-After") == ("7" if status == 429 else None)


def test_a_bug_is_not_described_to_the_caller():
    body = json.loads(internal_error(request(), RuntimeError("secret")).body)
    assert body["error"] == "internal" and "secret" not in body["message"]


def test_what_the_framework_refuses_has_a_kind_and_keeps_its_headers():
    refused = http_error(request("GET"), HTTPException(405, headers={"Allow": "POST"}))
    assert json.loads(refused.body)["error"] == "method_not_allowed"
    assert "GET" in json.loads(refused.body)["message"] and refused.headers["Allow"] == "POST"


def test_a_message_about_a_body_is_short_whatever_its_keys_are_called():
    body = json.loads(shape_error(request(), ["k" * 10_000]).body)
    assert body["error"] == "bad_request" and len(body["message"]) == 300
