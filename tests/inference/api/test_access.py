import pytest

from inference.core.settings import Secret
from tests.inference.asked_api import TEXT, asked

KEY = "schlüssel"
OPEN = ("health", "ready", "docs", "openapi.json")


def bearer(key: str) -> dict[str, bytes]:
    return {"Authorization": b"Bearer " + key.encode()}


def test_who_asks_too_often_is_told_when_to_come_back_and_others_are_served():
    with asked(per_minute=2) as client:
        statuses = [client.post("classify", json=TEXT).status_code for _ in range(3)]
        refused = client.post("classify", json=TEXT)
        other = {"X-Forwarded-For": "203.0.113.9"}
        assert client.post("classify", json=TEXT, headers=other).status_code == 200
        assert client.get("models").status_code == 200
    assert statuses == [200, 200, 429]
    assert refused.json()["error"] == "limit_reached"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_with_a_key_only_who_sends_it_is_answered():
    with asked(api_key=Secret(KEY)) as client:
        for headers in ({}, bearer("wrong"), {"Authorization": f"Basic {KEY}".encode()}):
            refused = client.post("classify", json=TEXT, headers=headers)
            assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized")
            assert refused.headers["WWW-Authenticate"] == "Bearer"
            assert KEY not in refused.text
        assert client.post("classify", json=TEXT, headers=bearer(KEY)).status_code == 200
        for path in ("info", "models", "metrics"):
            assert client.get(path).status_code == 401, path
            assert client.get(path, headers=bearer(KEY)).status_code == 200, path


@pytest.mark.parametrize("path", OPEN)
def test_probes_and_documentation_need_no_key(path):
    with asked(api_key=Secret(KEY)) as client:
        assert client.get(path).status_code == 200


def test_guessing_the_key_is_limited_too():
    with asked(api_key=Secret(KEY), per_minute=2) as client:
        statuses = [client.get("models", headers=bearer(str(n))).status_code for n in range(3)]
        assert statuses == [401, 401, 429]
