import pytest

from inference.api.traffic import REQUEST_ID
from tests.inference.asked_api import TEXT, asked, journal_lines


def figure(text: str, name: str) -> float:
    return float(next(line for line in text.splitlines() if line.startswith(name)).split()[-1])


def test_every_answer_has_an_id_and_the_callers_own_where_it_is_a_plain_word():
    with journal_lines() as lines, asked() as client:
        own = client.post("classify", json=TEXT, headers={REQUEST_ID: "batch-7.a"})
        new = [client.get(path).headers[REQUEST_ID] for path in ("models", "nothing", "models")]
    assert own.headers[REQUEST_ID] == "batch-7.a"
    assert len(set(new)) == 3 and all(len(one) == 32 for one in new)
    noted = [line["request_id"] for line in lines if "request_id" in line]
    assert noted == ["batch-7.a", *new]


@pytest.mark.parametrize("sent", ["two words", "x" * 65, "<b>", "é"])
def test_an_id_that_says_more_than_a_word_is_replaced(sent):
    with asked() as client:
        found = client.get("models", headers={REQUEST_ID: sent.encode()}).headers[REQUEST_ID]
    assert found != sent and len(found) == 32


def test_a_bug_is_counted_and_has_an_id_too():
    def broken(entry):
        raise RuntimeError("a bug")

    with asked(open_model=broken) as client:
        assert REQUEST_ID in client.post("classify", json=TEXT).headers
        text = client.get("metrics").text
    assert figure(text, 'api_requests_total{endpoint="classify",status="500"}') == 1


def test_metrics_count_requests_batches_and_what_waits():
    with asked() as client:
        client.post("classify", json={**TEXT, "texts": ["one", "two"]})
        client.post("classify", json={"texts": []})
        answer = client.get("metrics")
    text = answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert figure(text, 'api_requests_total{endpoint="classify",status="200"}') == 1
    assert figure(text, 'api_requests_total{endpoint="classify",status="400"}') == 1
    assert figure(text, 'api_request_seconds_count{endpoint="classify"}') == 2
    assert figure(text, "api_batch_texts_sum") == 2
    assert figure(text, "api_waiting_texts") == 0
    assert figure(text, "process_resident_memory_bytes") > 10e6
