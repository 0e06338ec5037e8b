"""Garbage is collected soon after a page was drawn, once for all who come meanwhile."""

import gc
import threading
import time
import tomllib
import weakref

import pytest

from app_pages.shared import garbage
from tests.app_pages.conftest import OpenApp
from tests.space_fixtures import PROJECT


class Ring:
    """Refers to itself, so that only a collection frees it."""

    def __init__(self) -> None:
        self.me = self


def is_gone_within(seconds: float, ring: "weakref.ref[Ring]") -> bool:
    deadline = time.monotonic() + seconds
    while ring() is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    return ring() is None


def wait_for_timers() -> None:
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer) and thread.function is garbage._collect:
            thread.join()


def test_those_who_come_meanwhile_share_a_collection(monkeypatch: pytest.MonkeyPatch):
    wait_for_timers()  # a page of an earlier test may have asked for one
    monkeypatch.setattr(garbage, "_AFTER_S", 0.2)
    seen: list[str] = []
    monkeypatch.setattr(garbage.gc, "collect", lambda: seen.append("collected"))
    for _ in range(20):
        garbage.collect_soon()
    assert not seen, "the page comes first"
    wait_for_timers()
    assert seen == ["collected"]
    garbage.collect_soon()
    wait_for_timers()
    assert seen == ["collected"] * 2, "what is left later is collected as well"


@pytest.mark.slow
def test_a_page_that_is_drawn_frees_what_an_ended_visit_left(open_app: OpenApp):
    gc.disable()
    try:
        ring = weakref.ref(Ring())
        assert ring() is not None
        open_app().run()
        assert is_gone_within(30, ring)
    finally:
        gc.enable()


def test_no_redrawn_fragment_costs_a_collection():
    config = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["runner"]["postScriptGC"] is False
