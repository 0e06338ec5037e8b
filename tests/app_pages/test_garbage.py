"""What packages bring is taken out of garbage collection's way, once after each import."""

import gc
import sys
import types
from collections.abc import Iterator

import pytest

from app_pages import garbage
from tests.app_pages.conftest import OpenApp


@pytest.fixture(autouse=True)
def unsettled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process in which nobody has opened a page."""
    monkeypatch.setattr(garbage, "_settled", 0)
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_what_is_there_is_frozen_once_until_more_is_imported(monkeypatch: pytest.MonkeyPatch):
    garbage.settle()
    frozen = gc.get_freeze_count()
    assert frozen > 10_000
    new = [[] for _ in range(1000)]
    garbage.settle()
    assert gc.get_freeze_count() <= frozen, "nothing was imported"
    for number in range(100):
        monkeypatch.setitem(sys.modules, f"module{number}", types.ModuleType(f"module{number}"))
    garbage.settle()
    assert gc.get_freeze_count() >= frozen + len(new)


def test_a_page_that_was_drawn_leaves_its_packages_frozen(open_app: OpenApp):
    open_app().run()
    assert gc.get_freeze_count() > 10_000
