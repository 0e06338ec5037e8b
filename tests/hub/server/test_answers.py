"""Answers as clients read them."""

import json

import pytest
from starlette.requests import Request

from hub.server import answers, refusals


def request(**headers: str) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/x", "headers": raw, "query_string": b""}
    return Request({**scope, "server": ("127.0.0.1", 80), "scheme": "http"})


def subclasses(base: type) -> list[type]:
    return [kind for child in base.__subclasses__() for kind in (child, *subclasses(child))]


@pytest.mark.parametrize("kind", subclasses(refusals.Refusal))
def test_every_refusal_has_a_status_and_a_code(kind):
    error = kind("why", "c0ffee") if kind is refusals.EntryNotFound else kind("why")
    response = answers.refuse(request(authorization="Bearer x"), error)
    assert 400 <= response.status_code < 500 or kind is refusals.NoGit
    assert response.headers["x-error-code"] == kind.code
    assert json.loads(response.body) == {"error": "why"}


def test_a_hidden_repo_asks_for_a_token_first():
    error = refusals.RepoNotFound("no")
    assert answers.refuse(request(), error).status_code == 401
    assert answers.refuse(request(authorization="Bearer x"), error).status_code == 404


def test_a_message_cannot_add_headers():
    response = answers.refuse(request(), refusals.BadRequest("a\r\nX-Evil: 1 ü"))
    assert response.headers["x-error-message"] == "a??X-Evil: 1 ?"
    assert json.loads(response.body)["error"] == "a\r\nX-Evil: 1 ü"


def test_times_are_in_utc_with_milliseconds():
    assert answers.iso(1_769_860_800_007) == "2026-01-31T12:00:00.007Z"
