"""Who is the owner, who a visitor is, and what a provider may make us believe."""

from dataclasses import dataclass, field

import pytest
import streamlit as st

from app_pages.shared import auth as people
from app_pages.shared.widgets import rate_limit
from inference.core.errors import LimitReached, NotTheOwner, SettingsError
from inference.core.settings import Secret, SignIn

HUB_ADA = {"is_logged_in": True, "provider": "huggingface", "sub": "1", "preferred_username": "ada"}


@dataclass
class Context:
    """Of a visitor: the address of the other end, and the headers of the request."""

    ip_address: str | None = None
    headers: dict[str, str] = field(default_factory=lambda: {"Host": "localhost:8501"})


class User(dict):
    def to_dict(self) -> dict[str, object]:
        return dict(self)


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch):
    """Has this process serve such a visitor: `visit({...claims}, SPACE_OWNERS="ada")`."""

    def visit_(
        user: dict[str, object] | None = None,
        context: Context | None = None,
        address: str = "127.0.0.1",
        **environment: str,
    ) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        st.cache_resource.clear()
        monkeypatch.setattr(people.st, "user", User(user or {}))
        monkeypatch.setattr(people.st, "context", context or Context())
        monkeypatch.setattr(people.st, "get_option", {"server.address": address}.get)

    yield visit_
    st.cache_resource.clear()


@pytest.mark.parametrize(
    ("claims", "owners", "is_owner"),
    [
        (HUB_ADA, "grace, ada", True),
        (HUB_ADA, "", False),
        (HUB_ADA, "Ada", False),
        (HUB_ADA, "huggingface:1", True),
        ({**HUB_ADA, "is_logged_in": False}, "ada", False),
        # anybody may call himself ada at a provider that lets people choose
        ({**HUB_ADA, "provider": "corp"}, "ada", False),
        ({**HUB_ADA, "provider": "corp"}, "corp:1", True),
        ({**HUB_ADA, "provider": "corp", "email": "a@b.c"}, "corp:a@b.c", False),
        (
            {**HUB_ADA, "provider": "corp", "email": "a@b.c", "email_verified": "true"},
            "corp:a@b.c",
            False,
        ),
        (
            {**HUB_ADA, "provider": "corp", "email": "a@b.c", "email_verified": True},
            "corp:a@b.c",
            True,
        ),
    ],
)
def test_the_owner_is_who_the_settings_name(visit, claims, owners: str, is_owner: bool):
    visit(claims, SPACE_OWNERS=owners)
    assert people.is_owner() is is_owner
    if is_owner:
        people.require_owner()
    else:
        with pytest.raises(NotTheOwner, match="SPACE_OWNERS"):
            people.require_owner()


def test_nobody_is_the_owner_unless_something_says_so(visit):
    visit()
    assert not people.is_owner()


PROXIED = {"Host": "localhost:8501", "X-Forwarded-For": "203.0.113.9"}


@pytest.mark.parametrize(
    ("user", "context", "address", "is_owner"),
    [
        ({}, Context(), "127.0.0.1", True),
        ({}, Context(headers={"Host": "[::1]:8501"}), "localhost", True),
        ({}, Context(), "0.0.0.0", False),
        ({}, Context(ip_address="203.0.113.9"), "127.0.0.1", False),
        ({}, Context(headers={"Host": "rebound.example:8501"}), "127.0.0.1", False),
        ({}, Context(headers={}), "127.0.0.1", False),
        ({}, Context(headers=PROXIED), "127.0.0.1", False),
    ],
)
def test_the_local_owner_is_on_this_machine(visit, user, context, address: str, is_owner: bool):
    visit(user, context, address, SPACE_LOCAL_OWNER="1")
    assert people.is_owner() is is_owner


def test_there_is_no_local_owner_where_people_can_sign_in(visit, monkeypatch):
    visit({"is_logged_in": False}, SPACE_LOCAL_OWNER="1")
    sections = {"client_id": "x", "client_kwargs": {"scope": "openid"}, "corp": {"client_id": "y"}}
    monkeypatch.setattr(people.st, "secrets", {"auth": sections})
    assert people.providers() == ("default", "corp")
    assert not people.is_owner()


@pytest.mark.parametrize(
    ("user", "context", "expected"),
    [
        ({}, Context(), "127.0.0.1"),
        (
            {},
            Context(ip_address="10.0.0.3", headers={"X-Forwarded-For": "198.51.100.7"}),
            "198.51.100.7",
        ),
        (HUB_ADA, Context(ip_address="203.0.113.9"), "huggingface:1"),
    ],
)
def test_a_visitor_is_known_by_account_or_address(visit, user, context, expected: str):
    visit(user, context)
    assert people.visitor() == expected


def test_the_limit_is_told_before_it_bites(visit):
    visit(SPACE_MAX_REQUESTS_PER_MINUTE="2")
    assert people.limit_note() == "2 of 2 requests left this minute"
    people.count_request()
    assert people.requests_left() == 1
    people.count_request()
    with pytest.raises(LimitReached, match="2 requests a minute"):
        people.count_request()
    visitor_elsewhere = Context(ip_address="203.0.113.9", headers={})
    limit = rate_limit()
    visit(context=visitor_elsewhere)
    assert limit.left(people.visitor()) == 2


def test_a_setting_that_cannot_be_used_makes_nobody_the_owner(visit):
    visit(SPACE_LOCAL_OWNER="yes")
    with pytest.raises(SettingsError, match="SPACE_LOCAL_OWNER is 'yes'"):
        people.is_owner()


def test_the_secrets_of_a_space_are_made_of_its_variables():
    app = SignIn("https://ada-toys.hf.space", "id", Secret("secret"), "https://huggingface.co")
    auth = people.secrets(app)["auth"]
    assert auth["redirect_uri"] == "https://ada-toys.hf.space/oauth2callback"
    assert len(auth["cookie_secret"]) == 64 and "secret" not in auth["cookie_secret"]
    provider = auth["huggingface"]
    assert provider["server_metadata_url"].startswith("https://huggingface.co/.well-known/")
    assert provider["client_kwargs"]["scope"] == "openid profile"
    assert people.secrets(None) is None


@pytest.mark.parametrize(
    ("provider", "title"), [("huggingface", "Hugging Face"), ("default", ""), ("corp-x", "Corp X")]
)
def test_a_provider_has_a_readable_name(provider: str, title: str):
    assert people.provider_title(provider) == title
