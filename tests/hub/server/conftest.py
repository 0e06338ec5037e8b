"""A store of one empty repo, for the tests of what is done to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.server.names import Repo
from hub.server.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def repo(store: Store) -> Repo:
    return store.create("model", "demo", "x", is_private=False, sdk="", author="demo")
