"""The first response: the view is in Streamlit's page at /, and nowhere else; texts are escaped."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from app_pages.message import first_paint
from app_pages.message.first_paint import FirstView
from app_pages.shared import widgets
from hub.errors import UserError
from tests.space_fixtures import MESSAGES

INDEX = Path(st.__file__).parent / "static" / "index.html"
VIEW = '<main id="first-view">Grüße</main>'


@pytest.fixture
def fresh() -> Iterator[None]:
    """Nothing is known of the catalogue of other tests, nor later of this one's."""

    def forget() -> None:
        st.cache_resource.clear()
        first_paint._drawn.cache_clear()

    forget()
    yield
    forget()


def client(
    answer: Callable[[Request], Response], draw: Callable[[str | None], str | None]
) -> TestClient:
    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "HEAD"])])
    return TestClient(FirstView(app, draw=draw))


def index(request: Request) -> Response:
    return FileResponse(INDEX)


def test_streamlits_page_has_the_view_behind_its_root_and_the_title():
    with client(index, lambda catalogue_name: VIEW) as asked:
        got = asked.get("/")
    assert got.status_code == 200
    assert f'<div id="root"></div>{VIEW}' in got.text
    assert "<title>Worth Tuning</title>" in got.text
    assert got.headers["content-type"].startswith("text/html")
    assert int(got.headers["content-length"]) == len(got.content)


def test_a_browser_with_an_older_page_gets_the_whole_new_one():
    with client(index, lambda catalogue_name: VIEW) as asked:
        plain = TestClient(Starlette(routes=[Route("/", index)])).get("/")
        known = {"If-None-Match": plain.headers["etag"]}
        known["If-Modified-Since"] = plain.headers["last-modified"]
        got = asked.get("/", headers=known)
    assert got.status_code == 200 and VIEW in got.text
    assert "etag" not in got.headers and "last-modified" not in got.headers


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/leaderboard", index),
        ("/", lambda request: JSONResponse({"detail": '<div id="root"></div>'})),
        ("/", lambda request: PlainTextResponse("<div id=root>", status_code=503)),
    ],
)
def test_nothing_else_is_touched(path: str, answer: Callable[[Request], Response]):
    usual = TestClient(Starlette(routes=[Route("/{path:path}", answer)])).get(path)
    with client(answer, lambda catalogue_name: VIEW) as asked:
        got = asked.get(path)
    assert (got.status_code, got.content) == (usual.status_code, usual.content)
    assert got.headers.get("etag") == usual.headers.get("etag")


def test_without_a_view_the_page_is_streamlits_own():
    with client(index, lambda catalogue_name: None) as asked:
        assert asked.get("/").text == INDEX.read_text("utf-8")
        assert not asked.head("/").content


def test_the_catalogue_of_the_address_is_drawn():
    seen = []
    with client(index, lambda catalogue_name: seen.append(catalogue_name) or VIEW) as asked:
        asked.get("/")
        asked.get("/?__theme=dark&catalogue=click&text=%C3%BC")
        asked.get("/?recipe=click")  # an older link
    assert seen == [None, "click", "click"]


def test_the_view_has_the_answer_the_examples_and_the_looks(
    fresh: None, tiny_catalogue: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SPACE_CATALOGUE", str(tiny_catalogue))
    view = first_paint.draw("no such catalogue")
    assert view is not None
    catalogue = widgets.catalogue()
    assert "Sentiment of toys" in view
    assert all(message in view for message in MESSAGES)
    for entry in catalogue.models:
        assert entry.title in view
    assert ".first-results table" in view and ".st-key-results table" not in view
    assert re.search(r"--paper-dark: #[0-9A-Fa-f]{6}", view)


def test_without_a_catalogue_there_is_no_view(
    fresh: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SPACE_CATALOGUE", str(tmp_path / "missing"))
    with pytest.raises(UserError):
        widgets.catalogues()
    assert first_paint.draw(None) is None
