"""Garbage is collected soon after a page was drawn, once for all who come meanwhile."""

import asyncio
import gc
import re
import threading
import time
import weakref
from pathlib import Path

import pytest

from app_pages.shared import garbage
from tests.app_pages.conftest import OpenApp
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import running_space, space_environment
from tests.visits import visit
from tests.waiting import wait_for


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
        if thread.name == garbage.THREAD_NAME:
            thread.join()


def test_those_who_come_meanwhile_share_a_collection(monkeypatch: pytest.MonkeyPatch):
    wait_for_timers()  # a page of an earlier test may have asked for one
    seen: list[str] = []
    monkeypatch.setattr(garbage.gc, "collect", lambda: seen.append("collected"))
    for _ in range(20):
        garbage.collect_soon(after_s=0.2)
    assert not seen, "the page comes first"
    wait_for_timers()
    assert seen == ["collected"]
    garbage.collect_soon(after_s=0.2)
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


# Runs first in every Python process of a Space: each full collection is a line of its log.
NOTE_COLLECTIONS = """
import gc, sys
def note(phase, info):
    if phase == "start" and info["generation"] == 2:
        print("collected by", sys._getframe(1).f_globals["__name__"], flush=True)
gc.callbacks.append(note)
gc.disable()
"""
OURS, STREAMLITS = garbage.__name__, "streamlit.runtime.scriptrunner.script_runner"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, {OURS}), ({"STREAMLIT_RUNNER_POST_SCRIPT_GC": "true"}, {OURS, STREAMLITS})],
    ids=["as it is", "with Streamlit's own"],
)
def test_a_page_that_is_drawn_costs_the_collection_that_is_asked_for_and_no_other(
    hub_server: RunningHub,
    tiny_catalogue: Path,
    tmp_path: Path,
    changes: dict[str, str],
    expected: set[str],
):
    (tmp_path / "sitecustomize.py").write_text(NOTE_COLLECTIONS, "utf-8")
    environment = space_environment(tiny_catalogue, tmp_path / "home", hub_server.endpoint)
    environment |= {"PYTHONPATH": str(tmp_path), **changes}
    log = tmp_path / "space.log"

    def collectors() -> set[str]:
        return set(re.findall(r"^collected by (\S+)", log.read_text("utf-8"), re.MULTILINE))

    with running_space(environment, log) as space:
        asyncio.run(visit(space.url))
        wait_for(lambda: OURS in collectors(), "the collection")
    assert collectors() & {OURS, STREAMLITS} == expected
