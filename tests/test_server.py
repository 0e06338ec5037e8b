"""server.py as a process of its own, as the image starts it."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks import load
from inference.feedback.log import read_feedback
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import BARE, TUNED, RunningSpace, running_space, space_environment
from tests.tiny import WORDS

pytestmark = pytest.mark.slow

QUESTION = json.dumps({"texts": ["a good day"], "models": [TUNED]}).encode()


@pytest.fixture(scope="module")
def server(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSpace]:
    folder = tmp_path_factory.mktemp("server")
    environment = space_environment(tiny_catalogue, folder / "home", hub_server.endpoint)
    environment["SPACE_MAX_REQUESTS_PER_MINUTE"] = "1000000"  # all who ask here have one address
    with running_space(environment, folder / "space.log") as running:
        yield running


def ask(server: RunningSpace, path: str, body: bytes | None = None) -> tuple[int, dict, dict]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, dict(response.headers), json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), json.loads(error.read())


def test_health_answers_and_has_loaded_no_model(server: RunningSpace):
    status, _, body = ask(server, "/api/health")
    assert (status, body) == (200, {"status": "ok"})
    maps = Path(f"/proc/{server.process.pid}/maps").read_text()
    for library in ("libtorch", "onnxruntime", "pydantic_core"):
        assert library not in maps, f"{library} is loaded before anybody asks for it"


def test_classify_answers_over_http(server: RunningSpace):
    body = json.dumps({"texts": ["a good day"], "models": [TUNED, BARE]}).encode()
    status, _, answer = ask(server, "/api/classify", body)
    assert status == 200, answer
    assert [result["repo_id"] for result in answer["results"][0]] == [TUNED, BARE]
    assert answer["failures"] == []
    for result in answer["results"][0]:
        assert sum(result["scores"].values()) == pytest.approx(1, abs=1e-4)


def test_it_is_ready_when_the_fine_tuned_model_is_loaded(server: RunningSpace):
    deadline = time.monotonic() + 60
    while (found := ask(server, "/api/ready"))[0] == 503 and time.monotonic() < deadline:
        assert found[2]["error"] == "not_ready", found
    assert (found[0], found[2]) == (200, {"status": "ready"})
    assert "libtorch" in Path(f"/proc/{server.process.pid}/maps").read_text()


def test_a_correction_is_on_the_disk_when_it_is_acknowledged(server: RunningSpace):
    said = {"text": "a good day", "model": TUNED, "predicted": ["neutral"]}
    body = json.dumps({**said, "corrected": ["positive"]}).encode()
    status, _, answer = ask(server, "/api/feedback", body)
    assert status == 201, answer
    (kept,) = read_feedback(server.log.parent / "home" / "feedback").feedback
    assert (kept.id, kept.fields["text"]) == (answer["id"], "a good day")
    assert (kept.corrected, kept.catalogue) == (("positive",), "Sentiment of toys")


def test_many_who_ask_at_once_get_the_answers_they_would_get_alone(server: RunningSpace):
    def scores(text: str) -> list[dict]:
        body = json.dumps({"texts": [text], "models": [TUNED]}).encode()
        status, _, answer = ask(server, "/api/classify", body)
        assert status == 200, answer
        return answer["results"][0]

    texts = [f"{word} movie, {word} day" for word in WORDS[:12]]
    alone = [scores(text) for text in texts]
    with ThreadPoolExecutor(len(texts)) as pool:
        together = list(pool.map(scores, texts))
    for one, other in zip(alone, together, strict=True):
        assert one[0]["decided"] == other[0]["decided"]
        assert one[0]["scores"] == pytest.approx(other[0]["scores"], abs=1e-5)


def test_sixteen_clients_at_once_are_all_answered_and_so_is_a_steady_load(server: RunningSpace):
    url = f"{server.url}/api/classify"
    busy = load.saturate(url, QUESTION, clients=16, seconds=1)
    assert set(busy.statuses) == {200}, busy.statuses
    steady = load.offer(url, QUESTION, rate=0.5 * busy.rate, seconds=1)
    assert set(steady.statuses) == {200}, steady.statuses


def test_far_more_than_can_be_answered_gets_200_and_429_and_then_all_is_well(server: RunningSpace):
    url = f"{server.url}/api/classify"
    # Ten times what may wait, at once: some must be refused however fast the machine is.
    many = json.dumps({"texts": ["a good day"] * 64, "models": [TUNED]}).encode()
    over = load.saturate(url, many, clients=40, seconds=1)
    assert set(over.statuses) == {200, 429}, over.statuses
    assert load.seconds_to_recover(url, QUESTION) < 30
    assert set(load.saturate(url, QUESTION, clients=1, seconds=0.2).statuses) == {200}


def test_errors_are_json_without_a_trace(server: RunningSpace):
    status, _, body = ask(server, "/api/classify", b'{"texts": [" "]}')
    assert (status, body["error"]) == (422, "text_error")


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/docs", "/leaderboard"])
def test_every_response_carries_the_security_headers(server: RunningSpace, path: str):
    with urllib.request.urlopen(f"{server.url}{path}", timeout=30) as response:
        headers = response.headers
    assert "frame-ancestors 'self' https://huggingface.co" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["X-Frame-Options"] is None, "this would blank the page inside a Space"


def test_a_bug_of_ours_is_shown_as_a_plain_sentence():
    def page() -> None:
        from server import apologize

        apologize(RuntimeError("secret detail"))

    app = AppTest.from_function(page).run()
    assert not app.exception
    assert [box.value for box in app.error] == [
        "Something went wrong on our side. Reload the page to go on."
    ]
