"""The protocol's answers as ours: users, listings that lie, cards, and the library's settings."""

import json

import pytest

from hub.client import connect, model_card_text
from hub.errors import HubError, HubUnreachable
from hub.remote import Remote
from tests.hub.faults import Fault, faulty_hub
from tests.hub_fixtures import RunningHub

RESULT = {
    "task": {"type": "text-classification"},
    "dataset": {"type": "csv", "name": "Tweets"},
    "metrics": [{"type": "f1", "value": 0.61}],
}


def test_a_user_has_a_role_and_namespaces(hub_server: RunningHub):
    user = Remote(hub_server.endpoint, hub_server.token).user()
    assert (user.name, user.role) == ("demo", "write")
    assert user.namespaces == ("demo", "sentence-transformers")
    assert Remote(hub_server.endpoint, hub_server.read_token).user().role == "read"


def test_a_hub_that_lists_a_path_outside_the_repo_is_not_believed(
    hub_server: RunningHub,
):
    row = {"type": "file", "path": "../../.bashrc", "size": 1, "oid": "a" * 40}
    with faulty_hub(hub_server.endpoint) as proxy:
        proxy.inject(Fault("status", "GET .*/tree/", status=200, body=json.dumps([row]).encode()))
        with pytest.raises(HubError, match="do not trust"):
            Remote(proxy.endpoint, None).listing("demo/clf", "a" * 40, "model", wait_s=1.0)


def test_an_answer_without_the_expected_fields_is_an_error_of_ours(hub_server: RunningHub):
    with faulty_hub(hub_server.endpoint) as proxy:
        proxy.inject(Fault("status", status=200))
        with pytest.raises(HubError, match=proxy.endpoint):
            connect(proxy.endpoint, hub_server.token).whoami()


def test_the_token_is_hushed_in_what_the_hub_says():
    assert Remote("http://127.0.0.1:9", "hf_secret")._hush("bad hf_secret!") == "bad ***!"


def test_offline_mode_is_named(hub_server: RunningHub, monkeypatch: pytest.MonkeyPatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubUnreachable, match="HF_HUB_OFFLINE"):
        connect(hub_server.endpoint, hub_server.token).whoami()


def test_xet_and_telemetry_are_off_for_other_hubs(hub_server: RunningHub):
    from huggingface_hub import constants

    connect(hub_server.endpoint, hub_server.token).whoami()
    assert constants.HF_HUB_DISABLE_XET and constants.HF_HUB_DISABLE_TELEMETRY


def test_a_card_is_metadata_between_dashes_and_a_body():
    from huggingface_hub import ModelCard

    metadata = {"license": "mit", "model-index": [{"name": "clf", "results": [RESULT]}]}
    text = model_card_text(metadata, "# Card\n\nÜber\n")
    assert text.startswith("---\nlicense: mit\n") and text.endswith("---\n\n# Card\n\nÜber\n")
    results = ModelCard(text).data.eval_results
    assert [(result.metric_type, result.metric_value) for result in results] == [("f1", 0.61)]


def test_a_card_with_a_bad_model_index_is_refused():
    with pytest.raises(HubError, match="metadata"):
        model_card_text({"model-index": [{"name": "clf", "results": [{"task": {}}]}]}, "")
