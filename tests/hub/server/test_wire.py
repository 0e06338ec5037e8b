"""Reading of requests: lines of any cut, bounds, and bodies that are not what they should be."""

import asyncio

import pytest
from starlette.requests import Request

from hub.server import wire
from hub.server.refusals import BadRequest, TooLarge


def request(*chunks: bytes, query: str = "") -> Request:
    """A request whose body arrives in these pieces."""
    pieces = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    pieces.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        return pieces.pop(0)

    return Request({"type": "http", "query_string": query.encode(), "headers": []}, receive)


def lines(*chunks: bytes, max_bytes: int = 100) -> list[bytes]:
    async def collect() -> list[bytes]:
        return [bytes(line) async for line in wire.lines(request(*chunks), max_bytes)]

    return asyncio.run(collect())


@pytest.mark.parametrize("size", range(1, 12))
def test_lines_are_found_however_the_body_is_cut(size):
    body = b"a\n\nbcd\nlast"
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    assert lines(*chunks) == [b"a", b"", b"bcd", b"last"]


def test_a_line_over_the_bound_is_refused():
    with pytest.raises(TooLarge):
        lines(b"x" * 60, b"x" * 60)
    assert lines(*[b"x" * 60 + b"\n"] * 5) == [b"x" * 60] * 5


@pytest.mark.parametrize("body", [b"{", b"[]", b"3", b"\xff", b"[" * 10**6, b'{"a": 1}{'])
def test_a_body_that_is_no_json_object_is_refused(body):
    with pytest.raises(BadRequest):
        asyncio.run(wire.read_json(request(body)))


def test_a_body_over_the_bound_is_refused():
    with pytest.raises(TooLarge):
        asyncio.run(wire.read_bytes(request(*[b"x" * 2**20] * 17)))


@pytest.mark.parametrize("value", [None, 3, ["x"], "\ud800"])
def test_a_field_that_is_no_text_is_refused(value):
    with pytest.raises(BadRequest, match="'name'"):
        wire.text_of({"name": value}, "name")
    assert wire.text_of({}, "name", "default") == "default"


def test_a_page_size_is_a_bounded_positive_number():
    assert wire.page_size(request(), 10, 100) == 10
    assert wire.page_size(request(query="limit=1000"), 10, 100) == 100
    for text in ("0", "-1", "x", "1e3"):
        with pytest.raises(BadRequest):
            wire.page_size(request(query=f"limit={text}"), 10, 100)
