"""The Space over time: a model is loaded once, the oldest makes room, sessions leave no memory."""

import asyncio
import gc
import json
import urllib.request
import weakref
from dataclasses import replace
from pathlib import Path

import pytest

from app_pages.shared import widgets
from tests.app_pages.conftest import OpenApp, open_app  # noqa: F401 (the fixture)
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import LABELS, TUNED, running_space, space_environment
from tests.visits import visit

pytestmark = pytest.mark.slow

SESSIONS, AT_ONCE = 200, 4
MOST_GROWTH_MB = 100.0


def test_20_reruns_load_a_model_once(open_app: OpenApp):  # noqa: F811
    app = open_app()
    entry = widgets.catalogue().models[0]
    first = widgets.open_model(entry)
    for number in range(20):
        app.text_area(key="message").set_value(f"message {number}")
        app.button(key="analyze").click().run()
        assert not app.exception and not app.error, app.error
    assert len(app.session_state.history) == 20
    assert widgets.open_model(entry) is first, "it was loaded anew"


def test_a_third_model_makes_the_oldest_one_go(open_app: OpenApp):  # noqa: F811
    open_app(SPACE_MAX_MODELS="2")
    tuned, bare = widgets.catalogue().models
    same = {label: label for label in LABELS}
    third = replace(tuned, role="pretrained", label_map=same)
    oldest = weakref.ref(widgets.open_model(tuned))
    newer = widgets.open_model(bare)
    widgets.open_model(third)
    gc.collect()
    assert oldest() is None, "three models are in memory where two may be"
    assert widgets.open_model(bare) is newer


async def visit_often(url: str, count: int) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with gate:
            await visit(url)

    await asyncio.gather(*(one() for _ in range(count)))


def test_200_sessions_leave_less_than_100_mb(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path: Path
):
    environment = space_environment(tiny_catalogue, tmp_path / "home", hub_server.endpoint)
    environment["STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL"] = "1"
    with running_space(environment, tmp_path / "space.log") as space:
        body = json.dumps({"texts": ["a good day"], "models": [TUNED]}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{space.url}/api/classify", body, headers)
        urllib.request.urlopen(request, timeout=120).close()  # the engine is in memory from here on
        asyncio.run(visit_often(space.url, 20))
        before_mb = space.rss_mb
        asyncio.run(visit_often(space.url, SESSIONS))
        growth_mb = space.rss_mb - before_mb
    print(f"{SESSIONS} sessions: {before_mb:.0f} MB and {growth_mb:+.1f} MB")
    assert growth_mb < MOST_GROWTH_MB, f"grew by {growth_mb:.1f} MB over {SESSIONS} sessions"
