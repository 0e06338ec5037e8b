import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.errors import AccessDenied, HubUnreachable
from inference.api.micro_batches import MAX_WAITING
from inference.catalogue.catalogue import ModelEntry
from inference.catalogue.opening import OpenModel
from inference.core.errors import FeedbackError, ModelError
from inference.data.problem_types import SINGLE
from inference.models.bundle import Bundle
from tests.inference.asked_api import CATALOGUES, TEXT, asked, journal_lines
from tests.inference.constant_models import LABELS, Constant, open_constant

MORE = {"catalogue": "more"}
CORRECTION = {"text": "one", "model": "demo/b", "predicted": ["good"], "corrected": ["bad"]}


class Reader(Constant):
    """Finds a text good if it says so; what it does for "good" it does for no other."""

    def score(self, texts):
        scores = super().score(texts)
        scores[[text != "good" for text in texts]] = [0.75, 0.25]
        return scores


def open_either(entry: ModelEntry) -> OpenModel:
    return OpenModel(entry, Reader() if entry.repo_id == "demo/a" else Constant())


def refusing(error: Exception):
    def refuse(entry: ModelEntry) -> OpenModel:
        raise error

    return refuse


def test_models_lists_what_is_on_show_and_the_other_catalogues():
    with asked() as client:
        answer = client.get("models").json()
        assert (answer["catalogue"], answer["labels"]) == ("toys", list(LABELS))
        assert [model["repo_id"] for model in answer["models"]] == ["demo/a", "demo/b"]
        assert [one["catalogue"] for one in answer["catalogues"]] == ["toys", "more"]
        assert client.get("models?catalogue=more").json()["labels"] == ["no", "yes"]


def test_info_tells_the_limits_before_they_bite():
    with asked(per_minute=60) as client:
        answer = client.get("info").json()
    assert (answer["model_id"], answer["max_client_batch_size"]) == ("demo/a", 3)
    assert answer["limits"]["max_chars"] == 100 and answer["needs_key"] is False


def test_classify_gives_every_label_a_score_for_each_text_and_model():
    question = {"texts": ["one", "two"], "models": ["demo/b"]}
    with asked() as client:
        answer = client.post("classify", json=question).json()
    assert [model["repo_id"] for model in answer["models"]] == ["demo/b"]
    assert len(answer["results"]) == 2
    (result,) = answer["results"][0]
    assert result["decided"] == ["good"]
    assert result["scores"] == pytest.approx({"bad": 0.25, "good": 0.75})


def test_classify_gives_the_strongest_labels_or_scores_alone_if_asked():
    with asked() as client:
        top = client.post("classify", json={**TEXT, "top_k": 1.0}).json()
        plain = client.post("classify", json={**TEXT, "thresholds": False}).json()
    assert top["results"][0][0]["scores"] == {"good": 0.75}
    assert plain["results"][0][0]["decided"] is None


def test_without_models_all_on_show_are_asked():
    with asked() as client:
        answer = client.post("classify", json={"texts": ["one"]}).json()
    assert [result["repo_id"] for result in answer["results"][0]] == ["demo/a", "demo/b"]


def test_a_request_names_its_catalogue_and_the_first_is_asked_without():
    class Decides(Constant):
        bundle = Bundle(("no", "yes"), SINGLE)

    def open_model(entry: ModelEntry) -> OpenModel:
        is_of_toys = any(entry is one for one in CATALOGUES["toys"].models)
        return OpenModel(entry, Constant() if is_of_toys else Decides())

    with asked(open_model=open_model) as client:
        answers = [client.post("classify", json={**TEXT, **more}) for more in ({}, MORE)]
        predicted = client.post("predict", json={"inputs": "one", **MORE}).json()
        unknown = client.post("classify", json={**TEXT, "catalogue": "none"})
    assert [answer.json()["labels"] for answer in answers] == [["bad", "good"], ["no", "yes"]]
    assert predicted[0]["label"] == "yes"
    assert (unknown.status_code, unknown.json()["error"]) == (422, "choice_error")
    assert "On show: toys, more" in unknown.json()["message"]


def test_older_callers_call_the_catalogue_a_recipe():
    older = {"recipe": "more"}
    with asked() as client:
        assert client.get("models?recipe=more").json()["catalogue"] == "more"
        no_label = client.post("feedback", json={**CORRECTION, **older})
        both = client.post("classify", json={**TEXT, **MORE, **older})
    assert (no_label.status_code, no_label.json()["error"]) == (422, "choice_error")
    assert "no, yes" in no_label.json()["message"]
    assert both.status_code == 400


def test_compare_marks_the_texts_on_which_two_models_decide_differently():
    with asked(open_model=open_either) as client:
        answer = client.post("compare", json={"texts": ["good", "other"]}).json()
    assert [row["disagree"] for row in answer["rows"]] == [False, True]
    assert answer["disagreements"] == 1
    assert [one["decided"] for one in answer["rows"][1]["answers"]] == [["bad"], ["good"]]


def test_predict_answers_as_text_embeddings_inference_does():
    one = [{"label": "good", "score": 0.75}, {"label": "bad", "score": 0.25}]
    with asked() as client:
        assert client.post("predict", json={"inputs": "one"}).json() == one
        several = {"inputs": [["one"], ["two"]], "raw_scores": False, "truncate": False}
        assert client.post("predict", json=several).json() == [one, one]
        pair = client.post("predict", json={"inputs": ["one", "two"]})
        raw = client.post("predict", json={"inputs": "one", "raw_scores": True})
    assert (raw.status_code, raw.json()["error"]) == (422, "choice_error")
    assert pair.status_code == 400 and "inputs" in pair.json()["message"], pair.text


def test_a_correction_is_kept_with_what_the_next_training_needs():
    kept = []
    with asked(keep=kept.append) as client:
        answers = [client.post("feedback", json=CORRECTION) for _ in range(2)]
        other = {"X-Forwarded-For": "203.0.113.9"}
        client.post("feedback", json=CORRECTION, headers=other)
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == {"id": kept[0].id}
    assert (kept[0].fields, kept[0].catalogue) == ({"text": "one"}, "Toys")
    assert (kept[0].predicted, kept[0].corrected) == (("good",), ("bad",))
    assert (kept[0].repo_id, kept[0].revision) == ("demo/b", "1" * 40)
    assert kept[0].who == kept[1].who != kept[2].who, "one visitor's answers count as one"
    assert "203" not in kept[2].who


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"corrected": []}, 422, "choice_error"),
        ({"corrected": ["bad", "good"]}, 422, "choice_error"),
        ({"corrected": ["ugly"]}, 422, "choice_error"),
        ({"predicted": ["ugly"]}, 422, "choice_error"),
        ({"model": "demo/x"}, 422, "choice_error"),
        ({"text": " "}, 422, "text_error"),
        ({"revision": "main"}, 400, "bad_request"),
    ],
)
def test_a_correction_that_could_not_be_used_is_refused(change, status, error):
    kept = []
    with asked(keep=kept.append) as client:
        answer = client.post("feedback", json={**CORRECTION, **change})
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert kept == []


def test_a_correction_that_cannot_be_written_is_not_acknowledged():
    def full(feedback):
        raise FeedbackError("Your answer was not kept: the disk is full.")

    with asked(keep=full) as client:
        answer = client.post("feedback", json=CORRECTION)
    assert (answer.status_code, answer.json()["error"]) == (503, "feedback_error")


def test_a_model_that_fails_is_listed_beside_the_answers():
    def open_model(entry: ModelEntry) -> OpenModel:
        if entry.repo_id == "demo/a":
            raise AccessDenied("demo/a is gated")
        return open_constant(entry)

    with asked(open_model=open_model) as client:
        response = client.post("classify", json={"texts": ["one"]})
    assert response.status_code == 200
    failure = {"repo_id": "demo/a", "error": "access_denied", "message": "demo/a is gated"}
    assert response.json()["failures"] == [failure]


@pytest.mark.parametrize(
    ("raised", "status", "error"),
    [
        (HubUnreachable("no answer"), 503, "hub_unreachable"),
        (ModelError("no labels"), 503, "model_error"),
        (RuntimeError("secret trace"), 500, "internal"),
    ],
)
@pytest.mark.parametrize("path", ["classify", "compare", "ready"])
def test_when_no_model_answers_the_error_says_so_without_a_trace(path, raised, status, error):
    with asked(open_model=refusing(raised)) as client:
        body = None if path == "ready" else {"texts": ["one"]}
        response = client.request("GET" if path == "ready" else "POST", path, json=body)
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert "secret" not in response.text and "Traceback" not in response.text


def test_it_is_ready_once_the_model_is_loaded_and_asking_loads_it():
    may_load = threading.Event()

    def open_model(entry: ModelEntry) -> OpenModel:
        assert may_load.wait(30)
        return open_constant(entry)

    with asked(open_model=open_model) as client:
        early = client.get("ready")
        assert (early.status_code, early.json()["error"]) == (503, "not_ready")
        assert early.headers["Retry-After"] == "1"
        may_load.set()
        ready = client.get("ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


def test_a_model_that_could_not_be_had_is_tried_again_by_the_next_probe():
    errors = [HubUnreachable("no answer")]

    def open_model(entry: ModelEntry) -> OpenModel:
        if errors:
            raise errors.pop()
        return open_constant(entry)

    with asked(open_model=open_model) as client:
        assert [client.get("ready").status_code for _ in range(2)] == [503, 200]


def test_when_too_much_waits_the_next_is_told_when_to_come_back_and_then_answered():
    has_begun, may_end = threading.Event(), threading.Event()

    def open_model(entry: ModelEntry) -> OpenModel:
        has_begun.set()
        assert may_end.wait(30)
        return open_constant(entry)

    many = {**TEXT, "texts": ["one"] * MAX_WAITING}
    with asked(open_model=open_model, max_texts=MAX_WAITING) as client:
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(client.post, "classify", json=many)
            assert has_begun.wait(30)
            refused = client.post("classify", json=TEXT)
            may_end.set()
        assert first.result().status_code == 200
        assert client.post("classify", json=TEXT).status_code == 200
    assert (refused.status_code, refused.json()["error"]) == (429, "overloaded")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_the_journal_tells_of_each_answer_and_nothing_of_what_was_asked():
    with journal_lines() as lines, asked() as client:
        client.post("classify", json={"texts": ["a secret"], "models": ["demo/b"]})
        client.post("feedback", json={**CORRECTION, "text": "a secret"})
        client.get("a-secret-path")
        for quiet in ("health", "ready", "metrics"):
            client.get(quiet)
    found = [(line["event"], line.get("endpoint"), line.get("status")) for line in lines]
    assert found == [
        ("classified", None, None),
        ("request answered", "classify", 200),
        ("feedback kept", None, None),
        ("request answered", "feedback", 201),
        ("request answered", "none", 404),
    ]
    assert lines[0]["texts"] == 1 and "secret" not in json.dumps(lines)
