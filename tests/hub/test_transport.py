"""Silence, busy answers and tokens at the level of single requests."""

import time
from collections.abc import Iterator

import httpx2
import pytest

from hub import transport
from hub.errors import HubUnreachable
from hub.transport import Patience, PatientClient, patience
from tests.hub.faults import Fault, FaultyHub, faulty_hub
from tests.hub.repos import at_most
from tests.hub_fixtures import RunningHub


@pytest.fixture
def proxy(hub_server: RunningHub) -> Iterator[FaultyHub]:
    with faulty_hub(hub_server.endpoint) as proxy:
        yield proxy


@pytest.fixture
def client() -> Iterator[PatientClient]:
    with PatientClient(lambda request: None) as client:
        yield client


def test_patience_is_renewed_by_every_sign_of_life():
    wait = Patience(1.0)
    time.sleep(0.3)
    assert wait.left_s() < 0.8
    wait.heard()
    assert wait.left_s() > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_busy_hub_is_asked_again(client: PatientClient, proxy: FaultyHub, method: str):
    proxy.inject(Fault("status", times=2))
    with patience(5.0):
        answer = client.request(method, f"{proxy.endpoint}/api/nothing", content=b"{}")
    assert answer.status_code in (404, 405) and len(proxy.seen) == 3


@pytest.mark.slow
def test_a_pause_that_is_asked_for_is_kept(client: PatientClient, proxy: FaultyHub):
    proxy.inject(Fault("status", status=429, headers={"Retry-After": "1"}, times=1))
    start = time.monotonic()
    with patience(5.0):
        client.get(f"{proxy.endpoint}/api/nothing")
    assert time.monotonic() - start >= 1.0


def test_a_pause_longer_than_the_patience_ends_it_at_once(client: PatientClient, proxy: FaultyHub):
    proxy.inject(Fault("status", status=429, headers={"Retry-After": "600"}))
    with at_most(1.0), patience(5.0), pytest.raises(HubUnreachable, match="600 s"):
        client.get(f"{proxy.endpoint}/api/nothing")


def test_what_may_have_been_done_is_not_sent_twice(client: PatientClient, proxy: FaultyHub):
    proxy.inject(Fault("drop"))
    with patience(5.0), pytest.raises(HubUnreachable, match="broke off"):
        client.post(f"{proxy.endpoint}/api/nothing", content=b"{}")
    assert len(proxy.seen) == 1


def test_a_limit_that_was_asked_for_may_be_shorter_than_the_patience(
    client: PatientClient, proxy: FaultyHub
):
    proxy.inject(Fault("hang", times=1))
    with at_most(2.0), patience(4.0):
        client.get(f"{proxy.endpoint}/api/nothing", timeout=0.3)


def test_outside_patience_errors_stay_those_of_httpx(client: PatientClient, proxy: FaultyHub):
    proxy.inject(Fault("status"))
    assert client.get(f"{proxy.endpoint}/api/nothing").status_code == 503
    proxy.refuse()
    with pytest.raises(httpx2.ConnectError):
        client.get(f"{proxy.endpoint}/api/nothing")


@pytest.mark.parametrize(
    ("url", "is_sent"),
    [
        ("http://127.0.0.1:8008/api/whoami-v2", True),
        ("http://127.0.0.1:8009/api/whoami-v2", False),
        ("https://127.0.0.1:8008/api/whoami-v2", False),
        ("https://huggingface.co/api/whoami-v2", False),
        ("https://x.huggingface.co/", False),
        ("http://127.0.0.1.evil.example:8008/", False),
    ],
)
def test_a_token_goes_only_to_the_endpoint_it_was_given_for(url: str, is_sent: bool):
    transport.entrust("hf_secret", "http://127.0.0.1:8008")
    request = httpx2.Request("GET", url, headers={"Authorization": "Bearer hf_secret"})
    with patience(1.0):
        transport._drop_foreign_token(request)
    assert ("authorization" in request.headers) is is_sent


def test_the_tokens_of_other_libraries_in_this_process_are_left_alone():
    transport.entrust("hf_shared", "http://127.0.0.1:8008")
    headers = {"Authorization": "Bearer hf_shared"}
    request = httpx2.Request("GET", "http://127.0.0.1:8009/api/whoami-v2", headers=headers)
    transport._drop_foreign_token(request)
    assert "authorization" in request.headers


def test_a_hub_on_the_internet_shares_its_token_with_its_own_subdomains_only():
    transport.entrust("hf_public", "https://huggingface.co")
    for host, is_sent in (
        ("https://huggingface.co", True),
        ("https://datasets-server.huggingface.co", True),
        ("http://datasets-server.huggingface.co", False),
        ("https://evilhuggingface.co", False),
        ("https://cdn-lfs.hf.co", False),
    ):
        request = httpx2.Request("GET", host, headers={"Authorization": "Bearer hf_public"})
        with patience(1.0):
            transport._drop_foreign_token(request)
        assert ("authorization" in request.headers) is is_sent, host


def test_tokens_of_other_programs_are_left_alone():
    headers = {"Authorization": "Bearer hf_not_ours"}
    request = httpx2.Request("GET", "https://huggingface.co/", headers=headers)
    transport._drop_foreign_token(request)
    assert request.headers["authorization"] == "Bearer hf_not_ours"
