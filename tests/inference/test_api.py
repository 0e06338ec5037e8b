import json
import logging
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from hub.errors import AccessDenied, HubUnreachable
from inference import api, journal, settings
from inference.allowance import Allowance
from inference.catalogue import ModelEntry
from inference.errors import ModelError
from inference.opening import OpenModel
from tests.inference.test_ask import CATALOGUE, LABELS, open_constant

LIMITS = replace(settings.load({}), max_chars=100, max_texts=3)


def client(
    open_model=open_constant, load_catalogue=lambda: CATALOGUE, per_minute: int = 60
) -> TestClient:
    service = api.Service(lambda: LIMITS, load_catalogue, open_model, Allowance(per_minute).spend)
    return TestClient(api.build(service), raise_server_exceptions=False)


def test_health_answers_without_reading_anything():
    def broken():
        raise ModelError("the catalogue is gone")

    assert client(load_catalogue=broken).get("/health").json() == {"status": "ok"}


def test_models_lists_what_is_on_show():
    answer = client().get("/models").json()
    assert answer["labels"] == list(LABELS)
    assert [model["repo_id"] for model in answer["models"]] == ["demo/a", "demo/b"]


def test_classify_gives_every_label_a_score_for_each_text_and_model():
    question = {"texts": ["one", "two"], "models": ["demo/b"]}
    answer = client().post("/classify", json=question).json()
    assert [model["repo_id"] for model in answer["models"]] == ["demo/b"]
    assert len(answer["results"]) == 2
    (result,) = answer["results"][0]
    assert result["decided"] == ["good"]
    assert result["scores"] == pytest.approx({"bad": 0.25, "good": 0.75})


def test_without_models_all_on_show_are_asked():
    answer = client().post("/classify", json={"texts": ["one"]}).json()
    assert [result["repo_id"] for result in answer["results"][0]] == ["demo/a", "demo/b"]


def test_a_model_that_fails_is_listed_beside_the_answers():
    def open_model(entry: ModelEntry) -> OpenModel:
        if entry.repo_id == "demo/a":
            raise AccessDenied("demo/a is gated")
        return open_constant(entry)

    response = client(open_model).post("/classify", json={"texts": ["one"]})
    assert response.status_code == 200
    failure = {"repo_id": "demo/a", "error": "access_denied", "message": "demo/a is gated"}
    assert response.json()["failures"] == [failure]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("not json", 400, "bad_request"),
        ('"text"', 400, "bad_request"),
        ("{}", 400, "bad_request"),
        ('{"texts": "one"}', 400, "bad_request"),
        ('{"texts": [1]}', 400, "bad_request"),
        ('{"texts": ["a"], "models": "demo/a"}', 400, "bad_request"),
        ('{"texts": ["a"], "model": ["demo/a"]}', 400, "bad_request"),
        ('{"texts": []}', 422, "text_error"),
        ('{"texts": [" "]}', 422, "text_error"),
        ('{"texts": ["a", "b", "c", "d"]}', 422, "text_error"),
        (json.dumps({"texts": ["x" * 101]}), 422, "text_error"),
        ('{"texts": ["a"], "models": []}', 422, "choice_error"),
        ('{"texts": ["a"], "models": ["demo/x"]}', 422, "choice_error"),
        (b"\xff\xfe", 400, "bad_request"),
        ("[" * 100_000, 400, "bad_request"),
    ],
)
def test_a_wrong_question_gets_a_plain_error(body, status, error):
    response = client().post("/classify", content=body)
    assert (response.status_code, response.json()["error"]) == (status, error), response.text
    assert response.json()["message"]


def test_a_body_over_the_limit_is_refused_before_it_is_read_whole():
    sent = 0

    def chunks():
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 2**20

    response = client().post("/classify", content=chunks())
    assert response.status_code == 413, response.text
    assert response.json()["error"] == "bad_request"


@pytest.mark.parametrize(
    ("raised", "status", "error"),
    [
        (HubUnreachable("no answer"), 503, "hub_unreachable"),
        (ModelError("no labels"), 503, "model_error"),
        (RuntimeError("secret trace"), 500, "internal"),
    ],
)
def test_when_no_model_answers_the_error_says_so_without_a_trace(raised, status, error):
    def refuse(entry: ModelEntry) -> OpenModel:
        raise raised

    response = client(refuse).post("/classify", json={"texts": ["one"]})
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert "secret" not in response.text and "Traceback" not in response.text


def test_the_journal_tells_of_each_answer_and_nothing_of_what_was_asked():
    lines: list[dict[str, object]] = []
    handler = logging.Handler()
    handler.emit = lambda line: lines.append(json.loads(line.getMessage()))
    logging.getLogger(journal.NAME).addHandler(handler)
    try:
        asked = client()
        asked.post("/classify", json={"texts": ["a secret"], "models": ["demo/b"]})
        asked.get("/a-secret-path")
        asked.get("/health")
    finally:
        logging.getLogger(journal.NAME).removeHandler(handler)
    found = [(line["event"], line.get("endpoint"), line.get("status")) for line in lines]
    assert found == [
        ("classified", None, None),
        ("request answered", "classify", 200),
        ("request answered", "none", 404),
    ]
    assert lines[0]["texts"] == 1 and "secret" not in json.dumps(lines)


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("GET", "/classify")])
def test_what_does_not_exist_is_said_in_json(method, path):
    response = client().request(method, path)
    assert response.status_code in (404, 405)
    assert set(response.json()) == {"error", "message"}


def test_who_asks_too_often_is_told_when_to_come_back_and_others_are_served():
    asked = client(per_minute=2)
    ask = {"texts": ["one"], "models": ["demo/b"]}
    assert [asked.post("/classify", json=ask).status_code for _ in range(3)] == [200, 200, 429]
    refused = asked.post("/classify", json=ask)
    assert refused.json()["error"] == "limit_reached"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    other = {"X-Forwarded-For": "203.0.113.9"}
    assert asked.post("/classify", json=ask, headers=other).status_code == 200
    assert asked.get("/models").status_code == 200
