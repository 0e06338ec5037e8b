"""The door as its callers use it: who I am, what I may, whose token goes where."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.client import DEFAULT_ENDPOINT, Published, connect, default_cache_dir
from hub.errors import AccessDenied, HubError, HubUnreachable, NotFound
from tests.hub.faults import Fault, faulty_hub
from tests.hub.repos import WEIGHTS, at_most, make_folder, new_name, publish_one
from tests.hub_fixtures import PROJECT, RunningHub


@pytest.fixture(scope="module")
def model(hub_server: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish_one(hub_server, tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def private(hub_server: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish_one(hub_server, tmp_path_factory.mktemp("private"), private=True)


def python(code: str, **environment: str) -> str:
    """What a fresh interpreter prints, without the test session's settings for the Hub."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HF_") and k != "NO_PROXY"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_brings_in_no_heavy_package():
    heavy = "{'huggingface_hub', 'httpx2', 'tqdm', 'yaml', 'numpy'}"
    code = f"import sys, hub.client; print(sorted({heavy} & set(sys.modules)))"
    assert python(code) == "[]"


def test_a_pinned_cached_model_needs_no_huggingface_hub(
    model: Published, hub_server: RunningHub, tmp_path: Path
):
    connect(hub_server.endpoint, None, tmp_path).resolve(model.repo_id)
    code = (
        "import sys, pathlib; from hub.client import connect;"
        f"connect('http://127.0.0.1:9', None, pathlib.Path({str(tmp_path)!r}))"
        f".resolve({model.repo_id!r}, {model.sha!r});"
        "print('huggingface_hub' in sys.modules)"
    )
    assert python(code) == "False"


def test_each_endpoint_has_a_cache_of_its_own():
    endpoints = [DEFAULT_ENDPOINT, "http://127.0.0.1:1", "http://127.0.0.1:2", "https://hub.lan"]
    assert len({default_cache_dir(endpoint) for endpoint in endpoints}) == len(endpoints)
    assert default_cache_dir(DEFAULT_ENDPOINT).parts[-3:] == (".cache", "huggingface", "hub")


@pytest.mark.parametrize("endpoint", ["127.0.0.1:8008", "ftp://hub", "", "http://"])
def test_an_endpoint_must_be_an_address(endpoint: str):
    with pytest.raises(HubError, match="HF_ENDPOINT"):
        connect(endpoint)


def test_whoami_is_the_tokens_user(hub_server: RunningHub):
    assert connect(hub_server.endpoint, hub_server.token).whoami() == "demo"
    assert connect(hub_server.endpoint, hub_server.other_token).whoami() == "other"


@pytest.mark.parametrize("token", [None, "", "hf_wrong"])
def test_whoami_without_a_good_token_is_denied_without_showing_it(
    hub_server: RunningHub, token: str | None
):
    with pytest.raises(AccessDenied, match="HF_TOKEN") as caught:
        connect(hub_server.endpoint, token).whoami()
    assert "hf_wrong" not in str(caught.value)


def test_check_write_completes_the_id_and_knows_the_namespaces(
    hub_server: RunningHub, model: Published
):
    hub = connect(hub_server.endpoint, hub_server.token)
    assert hub.check_write("new") == "demo/new"
    assert hub.check_write(model.repo_id) == model.repo_id
    assert hub.check_write("sentence-transformers/new") == "sentence-transformers/new"
    with pytest.raises(AccessDenied, match=r"other/new.*demo, sentence-transformers"):
        hub.check_write("other/new")
    with pytest.raises(AccessDenied, match="only reads"):
        connect(hub_server.endpoint, hub_server.read_token).check_write("new")


def test_exists_tells_a_repo_and_a_revision_from_nothing(
    hub_server: RunningHub, model: Published, private: Published
):
    hub = connect(hub_server.endpoint, hub_server.token)
    assert hub.exists(model.repo_id) and hub.exists(model.repo_id, model.sha)
    assert not hub.exists(model.repo_id, "v99")
    assert not hub.exists(new_name())
    assert not hub.exists(model.repo_id, repo_type="dataset")
    assert hub.exists(private.repo_id)
    assert not connect(hub_server.endpoint).exists(private.repo_id)
    with pytest.raises(AccessDenied):
        connect(hub_server.endpoint, "hf_wrong").exists(model.repo_id)


def test_what_is_not_there_or_not_mine_is_named_with_the_endpoint(
    hub_server: RunningHub, model: Published, private: Published, tmp_path: Path
):
    hub = connect(hub_server.endpoint, hub_server.other_token, tmp_path)
    anonymous = connect(hub_server.endpoint, None, tmp_path)
    asked = [
        (hub, new_name(), "main", NotFound),
        (hub, model.repo_id, "v99", NotFound),
        (hub, model.repo_id, "0" * 40, NotFound),
        (hub, private.repo_id, "main", NotFound),
        (anonymous, private.repo_id, "main", (NotFound, AccessDenied)),
        (connect(hub_server.endpoint, "hf_wrong", tmp_path), model.repo_id, "main", AccessDenied),
    ]
    for client, repo_id, revision, expected in asked:
        with pytest.raises(expected) as caught:
            client.resolve(repo_id, revision)
        message = str(caught.value)
        assert repo_id in message and hub_server.endpoint in message, message
        assert "huggingface.co" not in message


def test_a_gated_repo_is_denied_with_the_next_step(hub_server: RunningHub, tmp_path: Path):
    from huggingface_hub import HfApi

    gated = publish_one(hub_server, tmp_path)
    api = HfApi(endpoint=hub_server.endpoint, token=hub_server.token)
    api.update_repo_settings(gated.repo_id, gated="manual")
    for token in (None, hub_server.other_token):
        with pytest.raises(AccessDenied, match="gated"):
            connect(hub_server.endpoint, token, tmp_path / "cache").resolve(gated.repo_id)


def test_a_local_folder_of_the_same_name_does_not_stand_in(
    hub_server: RunningHub, model: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    make_folder(tmp_path / model.repo_id, local="{}")
    monkeypatch.chdir(tmp_path)
    folder = connect(hub_server.endpoint, None, tmp_path / "cache").resolve(model.repo_id).folder
    assert not (folder / "local.json").exists()
    with pytest.raises(NotFound, match="path"):
        connect(hub_server.endpoint, None, tmp_path / "cache").resolve(f"./{model.repo_id}")


def test_a_saved_token_is_not_sent_by_a_client_without_one(
    hub_server: RunningHub, model: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_TOKEN", "hf_for_another_hub")
    with faulty_hub(hub_server.endpoint) as proxy:
        connect(proxy.endpoint, None, tmp_path).resolve(model.repo_id)
        assert proxy.seen and all(seen.authorization is None for seen in proxy.seen)


def test_a_redirect_to_another_host_does_not_carry_the_token(
    hub_server: RunningHub, model: Published, tmp_path: Path
):
    with faulty_hub(hub_server.endpoint) as hub, faulty_hub(hub_server.endpoint) as elsewhere:
        path = f"/{model.repo_id}/resolve/{model.sha}/config.json"
        headers = {"Location": elsewhere.endpoint + path}
        hub.inject(Fault("status", "GET .*config.json", status=302, headers=headers))
        connect(hub.endpoint, hub_server.token, tmp_path).resolve(model.repo_id)
        assert any(seen.authorization for seen in hub.seen)
        assert elsewhere.seen and not any(seen.authorization for seen in elsewhere.seen)


def test_two_hubs_in_one_process_keep_their_tokens_and_caches(
    hub_server: RunningHub, model: Published, tmp_path: Path
):
    with faulty_hub(hub_server.endpoint) as one, faulty_hub(hub_server.endpoint) as two:
        first = connect(one.endpoint, hub_server.token, tmp_path / "one")
        second = connect(two.endpoint, hub_server.other_token, tmp_path / "two")
        for hub in (first, second, first, second):
            hub.resolve(model.repo_id)
        tokens = [{seen.authorization for seen in proxy.seen} for proxy in (one, two)]
        assert tokens == [{f"Bearer {hub_server.token}"}, {f"Bearer {hub_server.other_token}"}]
        one.refuse()
        with pytest.raises(HubUnreachable, match=re.escape(one.endpoint)):
            first.whoami()
        assert second.whoami() == "other"


def test_a_proxy_for_the_internet_is_not_asked_for_loopback(
    hub_server: RunningHub, model: Published, tmp_path: Path
):
    code = (
        "from pathlib import Path; from hub.client import connect;"
        f"print(connect({hub_server.endpoint!r}, None, Path({str(tmp_path)!r}))"
        f".resolve({model.repo_id!r}).sha)"
    )
    printed = python(code, HTTP_PROXY="http://127.0.0.1:9", http_proxy="http://127.0.0.1:9")
    assert printed == model.sha


def test_eight_threads_share_one_hub(hub_server: RunningHub, model: Published, tmp_path: Path):
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: hub.resolve(model.repo_id), range(16)))
    assert {snapshot.sha for snapshot in found} == {model.sha}
    assert (found[0].folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_cache_that_cannot_be_written_is_named(
    hub_server: RunningHub, model: Published, tmp_path: Path
):
    (tmp_path / "file").write_text("not a folder")
    hub = connect(hub_server.endpoint, None, tmp_path / "file" / "cache")
    with at_most(10.0), pytest.raises(HubError, match="HF_HUB_CACHE"):
        hub.resolve(model.repo_id)


def test_the_stock_client_in_this_process_still_works(
    hub_server: RunningHub, model: Published, tmp_path: Path
):
    from huggingface_hub import snapshot_download

    connect(hub_server.endpoint, hub_server.token).whoami()
    folder = snapshot_download(model.repo_id, endpoint=hub_server.endpoint, cache_dir=tmp_path)
    assert (Path(folder) / "model.safetensors").read_bytes() == WEIGHTS
