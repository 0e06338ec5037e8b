"""The app as AppTest runs it: in this process, over the catalogue of tiny models."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app_pages.shared import auth
from inference.runs.runs import Runs
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import PROJECT
from tests.waiting import wait_for

OpenApp = Callable[..., AppTest]
NOBODY = "http://127.0.0.1:9"  # the discard port: nobody listens there


@pytest.fixture
def open_app(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenApp]:
    """Runs app.py as a new visitor: `open_app(SPACE_MAX_CHARS="20")`, with its caches emptied.

    query: what stands behind the ? of the address, a name with its values.
    """

    def open_(query: Mapping[str, Sequence[str]] = {}, **environment: str) -> AppTest:
        defaults = {
            "HF_ENDPOINT": hub_server.endpoint,
            "HF_HUB_CACHE": str(tmp_path / "cache"),
            "SPACE_CATALOGUE": str(tiny_catalogue),
            "SPACE_FEEDBACK": str(tmp_path / "feedback"),
        }
        for name, value in {**defaults, **environment}.items():
            monkeypatch.setenv(name, value)
        app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60)
        app.query_params.update(query)
        return app.run()

    st.cache_resource.clear()
    yield open_
    for thread in threading.enumerate():
        if thread.name.endswith("warm-up"):
            thread.join(60)  # else it loads models while the next test does
    st.cache_resource.clear()


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    """The runs of a Space; what is at work at the end is stopped."""
    runs = Runs(tmp_path / "runs")
    yield runs
    if (name := runs.at_work()) is not None:
        runs.find(name).stop()
        wait_for(lambda: runs.at_work() is None, "the end")


@pytest.fixture
def open_as_owner(open_app: OpenApp, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> OpenApp:
    """Opens a page as the owner sees it; AppTest has no server address that would tell."""

    def open_(page: str, is_owner: bool = True, **environment: str) -> AppTest:
        monkeypatch.setattr(auth, "is_owner", lambda: is_owner)
        return open_app(SPACE_RUNS=str(runs.folder), **environment).switch_page(page).run()

    return open_


@pytest.fixture
def one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run from one visitor: AppTest gives each an address of its own."""
    monkeypatch.setattr(auth, "visitor", lambda: "somebody")


def html(app: AppTest) -> str:
    """All HTML blocks of the page."""
    return "".join(block.proto.body for block in app.get("html"))


def analyze(app: AppTest, text: str) -> AppTest:
    """Write a message on the first page and ask the models."""
    app.text_area(key="message").set_value(text)
    return app.button(key="analyze").click().run()


def boxes(app: AppTest) -> str:
    """What the page's error boxes say; a traceback fails the test."""
    assert not app.exception, app.exception
    return "".join(f"{box.proto.title} {box.value}" for box in app.error).replace("\\", "")
