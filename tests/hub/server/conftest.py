"""A store of one empty repo, and the Hub that real git speaks to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.server.names import Repo
from hub.server.store import Store
from tests.hub.server.clones import needs_git
from tests.hub_fixtures import RunningHub


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def repo(store: Store) -> Repo:
    return store.create("model", "demo", "x", is_private=False, sdk="", author="demo")


@pytest.fixture(scope="session")
def has_git() -> None:
    """Skips the tests of real git where there is none."""
    needs_git()


@pytest.fixture
def hub(hub_server: RunningHub) -> RunningHub:
    """The Hub of all tests, under a short name."""
    return hub_server
