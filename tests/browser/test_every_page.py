"""What holds for each page of app.py: no barrier by axe-core, a silent console, no other site."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import OpenPage, barriers, looked_at
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import PROJECT, RunningSpace, running_space, space_environment

LISTED = re.findall(r'"app_pages/(\w+)\.py"', (PROJECT / "app.py").read_text("utf-8"))
SIGNING_IN = ["account"]  # listed only where a provider is set up, and then nobody is local owner
TALKING = ["chat"]  # listed only where a chat is on show: test_chat_page.py asks the same of it


@pytest.fixture(scope="module")
def owned(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSpace]:
    """A Space whose visitor is its owner."""
    folder = tmp_path_factory.mktemp("owned")
    environment = space_environment(tiny_catalogue, folder / "home", hub_server.endpoint)
    environment |= {"SPACE_LOCAL_OWNER": "1", "SPACE_RUNS": str(folder / "runs")}
    with running_space(environment, folder / "space.log") as running:
        yield running


@pytest.fixture(scope="module")
def signing_in(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSpace]:
    """A Space with sign-in; its provider is not asked before somebody signs in."""
    folder = tmp_path_factory.mktemp("signing-in")
    environment = space_environment(tiny_catalogue, folder / "home", hub_server.endpoint)
    environment |= {
        "OAUTH_CLIENT_ID": "client",
        "OAUTH_CLIENT_SECRET": "a secret of the tests",
        "OPENID_PROVIDER_URL": "http://127.0.0.1:9",
        "SPACE_HOST": "127.0.0.1:8501",
    }
    with running_space(environment, folder / "space.log") as running:
        yield running


@pytest.mark.parametrize("name", [name for name in LISTED if name not in SIGNING_IN + TALKING])
def test_no_barrier_no_console_error_and_no_other_site(
    open_page: OpenPage, owned: RunningSpace, name: str
):
    path = "" if name == "compare" else name
    found, errors = looked_at(open_page, f"{owned.url}/{path}")
    assert not found, "\n".join(found)
    assert not errors, errors


@pytest.mark.parametrize("name", SIGNING_IN)
def test_no_barrier_to_signing_in(open_page: OpenPage, signing_in: RunningSpace, name: str):
    found, errors = looked_at(open_page, f"{signing_in.url}/{name}")
    assert not found, "\n".join(found)
    assert not errors, errors


def test_axe_finds_a_barrier_where_there_is_one(open_page: OpenPage):
    page = open_page("data:text/html,<html lang=en><title>x</title><main><button></button></main>")
    assert any(one.startswith("button-name") for one in barriers(page))
