"""A Space under more than it can answer: refused in order, never broken, soon well again.

Rates and times are for benchmarks/api.py; here only what must hold on any machine.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import load
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import TUNED, running_space, space_environment

BODY = json.dumps({"texts": ["a good day"], "models": [TUNED]}).encode()


@pytest.fixture(scope="module")
def url(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("load")
    environment = space_environment(tiny_catalogue, folder / "home", hub_server.endpoint)
    environment["SPACE_MAX_REQUESTS_PER_MINUTE"] = "1000000"
    with running_space(environment, folder / "space.log") as running:
        url = f"{running.url}/api/classify"
        load.seconds_to_recover(url, BODY)  # the model is loaded from here on
        yield url


def test_sixteen_clients_at_once_are_all_answered_and_so_is_a_steady_load(url: str):
    busy = load.saturate(url, BODY, clients=16, seconds=1)
    assert set(busy.statuses) == {200}, busy.statuses
    steady = load.offer(url, BODY, rate=0.5 * busy.rate, seconds=1)
    assert set(steady.statuses) == {200}, steady.statuses


def test_far_more_than_can_be_answered_gets_only_200_and_429_and_then_all_is_well(url: str):
    # Ten times what may wait, at once: some must be refused however fast the machine is.
    many = json.dumps({"texts": ["a good day"] * 64, "models": [TUNED]}).encode()
    over = load.saturate(url, many, clients=40, seconds=1)
    assert set(over.statuses) == {200, 429}, over.statuses
    assert load.seconds_to_recover(url, BODY) < 30
    assert set(load.saturate(url, BODY, clients=1, seconds=0.2).statuses) == {200}
