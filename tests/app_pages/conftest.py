"""The app as AppTest runs it: in this process, over the catalogue of tiny models."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.hub_fixtures import RunningHub
from tests.space_fixtures import PROJECT

OpenApp = Callable[..., AppTest]


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
    st.cache_resource.clear()


def html(app: AppTest) -> str:
    """All HTML blocks of the page."""
    return "".join(block.proto.body for block in app.get("html"))
