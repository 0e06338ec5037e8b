import json

import pytest

from tests.inference.asked_api import TEXT, asked

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("not json", 400, "bad_request"),
        ('"text"', 400, "bad_request"),
        ("{}", 400, "bad_request"),
        ("", 400, "bad_request"),
        ('{"texts": "one"}', 400, "bad_request"),
        ('{"texts": [1]}', 400, "bad_request"),
        ('{"texts": ["a"], "models": "demo/a"}', 400, "bad_request"),
        ('{"texts": ["a"], "model": ["demo/a"]}', 400, "bad_request"),
        ('{"texts": ["a"], "top_k": "1"}', 400, "bad_request"),
        ('{"texts": ["a"], "top_k": 0}', 400, "bad_request"),
        ('{"texts": ["a"], "top_k": NaN}', 400, "bad_request"),
        ('{"texts": ["a"], "top_k": 1' + "0" * 5000 + "}", 400, "bad_request"),
        ('{"texts": []}', 400, "bad_request"),
        ('{"texts": [" "]}', 422, "text_error"),
        ('{"texts": ["a", "b", "c", "d"]}', 422, "text_error"),
        (json.dumps({"texts": ["x" * 101]}), 422, "text_error"),
        ('{"texts": ["a"], "models": []}', 422, "choice_error"),
        ('{"texts": ["a"], "models": ["demo/x"]}', 422, "choice_error"),
        (b"\xff\xfe", 400, "bad_request"),
        ("[" * 100_000, 400, "bad_request"),
    ],
    ids=str,
)
def test_a_wrong_question_gets_a_plain_error(body, status, error):
    with asked() as client:
        response = client.post("classify", content=body, headers=JSON)
    assert (response.status_code, response.json()["error"]) == (status, error), response.text
    assert response.json()["message"] and len(response.text) < 400
    assert "functools" not in response.text and "Traceback" not in response.text


@pytest.mark.parametrize("text", ["\ud83d", "a\ud83d\ude00b", "nul \x00 inside", "e\u0301\u202e"])
def test_any_text_that_json_can_hold_is_scored(text):
    with asked() as client:
        body = json.dumps({**TEXT, "texts": [text]})
        assert client.post("classify", content=body, headers=JSON).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_that_is_not_sent_as_json_is_refused(kind):
    with asked() as client:
        headers = {} if kind is None else {"Content-Type": kind}
        response = client.post("classify", content=json.dumps(TEXT), headers=headers)
    assert (response.status_code, response.json()["error"]) == (415, "unsupported_media_type")


def test_a_body_over_the_limit_is_refused_before_it_is_read_whole():
    sent = 0

    def chunks():
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 2**20

    with asked() as client:
        response = client.post("classify", content=chunks(), headers=JSON)
        stated = client.post("classify", content=b" " * (2**21 + 1), headers=JSON)
    for refused in (response, stated):
        assert (refused.status_code, refused.json()["error"]) == (413, "body_too_large")


@pytest.mark.parametrize(("method", "path"), [("GET", "nothing"), ("GET", "classify")])
def test_what_does_not_exist_is_said_in_json(method, path):
    with asked() as client:
        response = client.request(method, path)
    assert response.status_code in (404, 405)
    assert set(response.json()) == {"error", "message"}


def test_pages_of_other_origins_may_ask_only_where_they_are_named():
    def preflight(client, origin):
        return client.options(
            "classify",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type",
            },
        )

    with asked(cors=("https://a.example",)) as client:
        named = preflight(client, "https://a.example")
        assert named.headers["Access-Control-Allow-Origin"] == "https://a.example"
        other = preflight(client, "https://b.example")
        assert other.status_code == 400 and "Access-Control-Allow-Origin" not in other.headers
        answer = client.post("classify", json=TEXT, headers={"Origin": "https://a.example"})
        assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
    with asked() as client:
        assert "Access-Control-Allow-Origin" not in preflight(client, "https://a.example").headers


def test_every_example_of_the_documentation_is_answered():
    with asked() as client:
        schema = client.get("openapi.json").json()
        assert schema["servers"] == [{"url": "/api"}]
        tried_out = 0
        for path, operations in schema["paths"].items():
            if "post" in operations:
                body = operations["post"]["requestBody"]["content"]["application/json"]
                answer = client.post(path[1:], json=body["example"])
                assert answer.status_code in (200, 201), (path, answer.text)
                tried_out += 1
        assert tried_out == 4


def test_the_documentation_is_served_from_here():
    with asked() as client:
        page = client.get("docs").text
        assert "://" not in page.replace("http://www.w3.org", ""), "it asks another site"
        for file in ("swagger-ui.css", "swagger-ui-bundle.js"):
            assert client.get(f"static-offline-docs/{file}").status_code == 200
