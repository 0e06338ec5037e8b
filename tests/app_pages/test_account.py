"""The account page for somebody who may sign in, a visitor who has, and the owner."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.space_fixtures import PROJECT

AUTH = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": "only for this test, of this machine",
    "huggingface": {"client_id": "x", "client_secret": "y", "server_metadata_url": "http://z"},
}
ADA = {"is_logged_in": True, "provider": "huggingface", "sub": "1", "preferred_username": "*ada*"}


@pytest.fixture
def open_page(tiny_catalogue: Path, monkeypatch: pytest.MonkeyPatch):
    """The page by itself, for such a user: `open_page({...claims}, SPACE_OWNERS="ada")`."""

    def open_(user: dict[str, object], **environment: str) -> AppTest:
        for name, value in {"SPACE_CATALOGUE": str(tiny_catalogue), **environment}.items():
            monkeypatch.setenv(name, value)
        page = AppTest.from_file(str(PROJECT / "app_pages" / "account.py"), default_timeout=60)
        page.secrets["auth"] = AUTH
        page.user = user
        return page.run()

    st.cache_resource.clear()
    yield open_
    st.cache_resource.clear()


def test_a_visitor_may_sign_in_and_sees_the_limits(open_page):
    app = open_page({"is_logged_in": False}, SPACE_MAX_REQUESTS_PER_MINUTE="7")
    assert not app.exception
    assert [button.label for button in app.button] == ["Sign in with Hugging Face"]
    assert app.metric[0].value == "7 of 7"


def test_who_has_signed_in_is_named_as_plain_text_and_may_sign_out(open_page):
    app = open_page(ADA)
    assert app.text[0].value == "Signed in as *ada*"
    assert [button.label for button in app.button] == ["Sign out"]
    assert "A visitor of this Space." in [caption.value for caption in app.caption]


def test_the_owner_is_told_so(open_page):
    app = open_page(ADA, SPACE_OWNERS="*ada*")
    assert app.caption[0].value.startswith("You own this Space")
