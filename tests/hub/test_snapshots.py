"""Resolving through a Hub that fails in every way we know, and from a cache that is damaged."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.client import Hub, Published, connect
from hub.errors import CorruptDownload, HubError, HubUnreachable, NotFound
from tests.hub.faults import Fault, FaultyHub, faulty_hub
from tests.hub.repos import WEIGHTS, at_most, make_folder, new_name, publish_one, visit
from tests.hub_fixtures import RunningHub

pytestmark = pytest.mark.slow

GET_WEIGHTS = "GET .*/resolve/.*/model.safetensors"


@pytest.fixture
def proxy(hub_server: RunningHub) -> Iterator[FaultyHub]:
    with faulty_hub(hub_server.endpoint) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def model(hub_server: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish_one(hub_server, tmp_path_factory.mktemp("model"), tag="v1")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same behaviour with less waiting; what the waits are in truth has tests of its own."""
    monkeypatch.setattr("hub.snapshots.WARM_S", 1.0)
    monkeypatch.setattr("hub.snapshots.COLD_S", 2.0)
    monkeypatch.setattr("hub.transport.PAUSES_S", (0.1, 0.1, 0.1))


@pytest.fixture
def hub(proxy: FaultyHub, hub_server: RunningHub, tmp_path: Path) -> Hub:
    return visit(proxy.endpoint, hub_server, tmp_path)


@pytest.mark.parametrize("revision", ["main", "v1", "sha"])
def test_a_repo_becomes_a_folder_with_its_files(hub: Hub, model: Published, revision: str):
    snapshot = hub.resolve(model.repo_id, model.sha if revision == "sha" else revision)
    assert snapshot.sha == model.sha and not snapshot.is_offline
    assert (snapshot.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (snapshot.folder / "onnx" / "model.onnx").is_file()


def test_only_matching_files_are_fetched(hub: Hub, model: Published):
    folder = hub.resolve(model.repo_id, allow_patterns=["*.json", "onnx/"]).folder
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {"config.json", "onnx/model.onnx"}


def test_patterns_that_match_nothing_are_an_error_that_lists_the_files(hub: Hub, model: Published):
    with pytest.raises(NotFound, match=r"\*\.bin.*model\.safetensors"):
        hub.resolve(model.repo_id, allow_patterns=["*.bin"])


def test_a_pinned_cached_commit_asks_nobody(hub: Hub, proxy: FaultyHub, model: Published):
    hub.resolve(model.repo_id, model.sha)
    asked = len(proxy.seen)
    assert hub.resolve(model.repo_id, model.sha).is_offline is False
    assert len(proxy.seen) == asked


def test_a_cache_filled_by_huggingface_hub_needs_no_hub(
    hub: Hub, proxy: FaultyHub, model: Published
):
    from huggingface_hub import snapshot_download

    snapshot_download(
        model.repo_id, revision=model.sha, endpoint=proxy.endpoint, cache_dir=hub.cache_dir
    )
    asked = len(proxy.seen)
    hub.resolve(model.repo_id, model.sha)
    assert len(proxy.seen) == asked


# -- the Hub fails, the cache is warm ---------------------------------------------------------

SILENT = {
    "hang": Fault("hang"),
    "busy": Fault("status", status=503),
    "too many": Fault("status", status=429, headers={"Retry-After": "3600"}),
    "drops": Fault("drop"),
}


@pytest.mark.parametrize("way", [*SILENT, "refuse"])
def test_a_warm_cache_answers_within_4_s(hub: Hub, proxy: FaultyHub, model: Published, way: str):
    hub.resolve(model.repo_id)
    proxy.refuse() if way == "refuse" else proxy.inject(SILENT[way])
    with at_most(4.0):
        snapshot = hub.resolve(model.repo_id)
    assert snapshot.is_offline and snapshot.sha == model.sha


def test_an_older_commit_serves_when_the_new_one_cannot_be_fetched(
    hub: Hub, proxy: FaultyHub, hub_server: RunningHub, tmp_path: Path, hasty: None
):
    model = publish_one(hub_server, tmp_path)
    hub.resolve(model.repo_id)
    direct = connect(hub_server.endpoint, hub_server.token, tmp_path / "other")
    changed = make_folder(tmp_path / "changed", extra="{}")
    assert direct.publish(changed, model.repo_id, message="Second").sha != model.sha
    proxy.inject(Fault("status", "(GET|HEAD) .*/resolve/"))
    snapshot = hub.resolve(model.repo_id)
    assert snapshot.is_offline and snapshot.sha == model.sha


# -- the Hub fails, the cache is cold ---------------------------------------------------------


@pytest.mark.parametrize("way", [*SILENT, "refuse"])
def test_a_cold_cache_fails_within_10_s_and_says_what_to_do(
    hub: Hub, proxy: FaultyHub, model: Published, way: str
):
    proxy.refuse() if way == "refuse" else proxy.inject(SILENT[way])
    with at_most(10.0), pytest.raises(HubUnreachable) as caught:
        hub.resolve(model.repo_id)
    message = str(caught.value)
    assert model.repo_id in message and proxy.endpoint in message and "try again" in message
    assert "huggingface.co" not in message


@pytest.mark.parametrize("request_", ["GET .*/tree/", "HEAD .*/resolve/", GET_WEIGHTS])
def test_silence_at_any_step_ends_within_the_patience(
    hub: Hub, proxy: FaultyHub, model: Published, request_: str, hasty: None
):
    proxy.inject(Fault("hang", request_))
    with at_most(3.5), pytest.raises(HubUnreachable):
        hub.resolve(model.repo_id)


def test_silence_in_the_middle_of_a_file_ends_soon(
    hub: Hub, proxy: FaultyHub, model: Published, hasty: None
):
    proxy.inject(Fault("stall", GET_WEIGHTS, at=1_500_000))
    with at_most(4.5), pytest.raises(HubUnreachable):
        hub.resolve(model.repo_id)


def test_a_slow_download_that_never_falls_silent_completes(
    hub: Hub, proxy: FaultyHub, model: Published, hasty: None
):
    proxy.inject(Fault("slow", GET_WEIGHTS, pause_s=0.4))  # 4 s: longer than the patience
    assert (hub.resolve(model.repo_id).folder / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=503, times=2),
        Fault("status", status=429, headers={"Retry-After": "1"}, times=1),
        Fault("drop", "GET", times=1),
        Fault("status", GET_WEIGHTS, status=502, times=2),
        Fault("truncate", GET_WEIGHTS, at=1_200_000, times=1),
        Fault("stall", GET_WEIGHTS, at=1_200_000, times=1),
        Fault("hang", GET_WEIGHTS, times=1),
        Fault("shorten", GET_WEIGHTS, times=1),
        Fault("flip", GET_WEIGHTS, at=1_000_000, times=1),
        Fault("flip", "GET .*/resolve/.*/config.json", at=3, times=1),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}-{fault.requests[-12:]}",
)
def test_a_passing_fault_is_survived(
    hub: Hub,
    proxy: FaultyHub,
    model: Published,
    fault: Fault,
    hasty: None,
    monkeypatch: pytest.MonkeyPatch,
):
    # the answer after the fault may come late on a busy machine
    monkeypatch.setattr("hub.snapshots.COLD_S", 6.0)
    proxy.inject(fault)
    folder = hub.resolve(model.repo_id).folder
    assert fault.struck, "the fault did not strike"
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (folder / "config.json").read_text() == '{"model_type": "bert"}'


@pytest.mark.parametrize("kind", ["flip", "shorten"])
def test_content_that_stays_wrong_is_refused_and_not_kept(
    hub: Hub, proxy: FaultyHub, model: Published, kind: str
):
    fault = Fault(kind, GET_WEIGHTS, at=1_000_000)
    proxy.inject(fault)
    with pytest.raises(CorruptDownload, match="model.safetensors"):
        hub.resolve(model.repo_id)
    assert fault.struck == 2, f"fetched {fault.struck} times, expected one download and one refetch"
    kept = [path for path in hub.cache_dir.rglob("*") if path.name == "model.safetensors"]
    assert not kept, f"left behind: {kept}"
    proxy.inject()
    assert (hub.resolve(model.repo_id).folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_page_instead_of_an_answer_is_an_error_of_ours(
    hub: Hub, proxy: FaultyHub, model: Published
):
    proxy.inject(Fault("html"))
    with pytest.raises(HubError, match=re.escape(proxy.endpoint)):
        hub.resolve(model.repo_id)


# -- the cache is damaged ---------------------------------------------------------------------


def _blob(folder: Path, name: str) -> Path:
    return (folder / name).resolve()


def _storage(folder: Path) -> Path:
    return folder.parent.parent


DAMAGES = {
    "truncated weights": lambda f: _blob(f, "model.safetensors").write_bytes(WEIGHTS[:999]),
    "empty weights": lambda f: _blob(f, "model.safetensors").write_bytes(b""),
    "changed weights": lambda f: _blob(f, "model.safetensors").write_bytes(WEIGHTS[::-1]),
    "changed config": lambda f: _blob(f, "config.json").write_text('{"model_type": "BERT"}'),
    "deleted blob": lambda f: _blob(f, "model.safetensors").unlink(),
    "deleted link": lambda f: (f / "config.json").unlink(),
    "empty ref": lambda f: (_storage(f) / "refs" / "main").write_text(""),
    "ref to nowhere": lambda f: (_storage(f) / "refs" / "main").write_text("0" * 40),
    "broken listing": lambda f: next((_storage(f) / "verified").iterdir()).write_text('{"fi'),
    "empty listing": lambda f: next((_storage(f) / "verified").iterdir()).write_text(
        '{"format": 1, "files": {}}'
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("pinned", [False, True], ids=["main", "sha"])
def test_a_damaged_cache_heals(hub: Hub, model: Published, damage: str, pinned: bool):
    DAMAGES[damage](hub.resolve(model.repo_id).folder)
    folder = hub.resolve(model.repo_id, model.sha if pinned else "main").folder
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (folder / "config.json").read_text() == '{"model_type": "bert"}'


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_without_a_hub_is_a_clear_error(
    hub: Hub, proxy: FaultyHub, model: Published, damage: str
):
    DAMAGES[damage](hub.resolve(model.repo_id).folder)
    proxy.refuse()
    with at_most(10.0), pytest.raises(HubUnreachable, match="not complete in the cache"):
        hub.resolve(model.repo_id)


def test_broken_trees_of_huggingface_hub_do_not_matter(
    hub: Hub, proxy: FaultyHub, model: Published
):
    trees = _storage(hub.resolve(model.repo_id).folder) / "trees"
    trees.mkdir()
    for text in ("", "[]", '{"format_version": 1, "files": {"a": 1}}'):
        (trees / f"{model.sha}.json").write_text(text)
        hub.resolve(model.repo_id, model.sha)
        next((trees.parent / "verified").iterdir()).unlink()
        assert hub.resolve(model.repo_id, model.sha).sha == model.sha


def test_a_checked_file_is_not_read_again(hub: Hub, model: Published, monkeypatch):
    hub.resolve(model.repo_id)
    monkeypatch.setattr("hub.content.sha256", lambda path: pytest.fail(f"hashed {path}"))
    monkeypatch.setattr("hub.content.git_sha1", lambda path: pytest.fail(f"hashed {path}"))
    hub.resolve(model.repo_id)


def test_a_repo_without_files_or_of_another_name_is_not_found(hub: Hub, proxy: FaultyHub):
    with pytest.raises(NotFound, match=re.escape(proxy.endpoint)):
        hub.resolve(new_name())
