"""Publishing: one commit, then a tag, and the same end after every failure on the way."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from hub.client import Hub, connect
from hub.errors import AccessDenied, Conflict, HubError, HubUnreachable
from tests.hub.faults import Fault, FaultyHub, faulty_hub
from tests.hub.repos import WEIGHTS, at_most, make_folder, new_name, visit
from tests.hub_fixtures import RunningHub

pytestmark = pytest.mark.slow

COMMIT = "POST .*/commit/"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same behaviour with less waiting; the true waits are tested with resolving."""
    monkeypatch.setattr("hub.remote.COLD_S", 3.0)
    monkeypatch.setattr("hub.publishing.COLD_S", 3.0)
    monkeypatch.setattr("hub.transport.PAUSES_S", (0.1, 0.1, 0.1))


@pytest.fixture
def proxy(hub_server: RunningHub) -> Iterator[FaultyHub]:
    with faulty_hub(hub_server.endpoint) as proxy:
        yield proxy


@pytest.fixture
def hub(proxy: FaultyHub, hub_server: RunningHub, tmp_path: Path) -> Hub:
    return visit(proxy.endpoint, hub_server, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "folder")


def commits(hub_server: RunningHub, repo_id: str, revision: str = "main") -> list[str]:
    """The titles of a repo's commits, newest first, as the stock client sees them."""
    from huggingface_hub import HfApi

    api = HfApi(endpoint=hub_server.endpoint, token=hub_server.token)
    return [commit.title for commit in api.list_repo_commits(repo_id, revision=revision)]


def test_a_folder_becomes_one_commit_and_a_tag(hub: Hub, folder: Path, hub_server: RunningHub):
    name = new_name()
    before_s = commits_of_a_new_repo(hub, hub_server)
    published = hub.publish(folder, name, message="Weights", tag="v1")
    assert published.repo_id == name and published.tag == "v1"
    assert published.url == f"{hub.endpoint}/{name}"
    assert commits(hub_server, name) == ["Weights", *before_s]
    snapshot = hub.resolve(name, "v1")
    assert snapshot.sha == published.sha
    assert (snapshot.folder / "model.safetensors").read_bytes() == WEIGHTS


def commits_of_a_new_repo(hub: Hub, hub_server: RunningHub) -> list[str]:
    """What a repo holds before anything is published."""
    from huggingface_hub import HfApi

    name = new_name()
    HfApi(endpoint=hub_server.endpoint, token=hub_server.token).create_repo(name)
    return commits(hub_server, name)


@pytest.mark.slow
def test_more_than_100_mb_is_still_one_commit(hub: Hub, tmp_path: Path, hub_server: RunningHub):
    folder = make_folder(tmp_path / "large")
    for part in range(3):
        (folder / f"part-{part}.safetensors").write_bytes(bytes([part]) * 40_000_000)
    name = new_name()
    published = hub.publish(folder, name, message="Large")
    assert commits(hub_server, name)[0] == "Large"
    assert "Large" not in commits(hub_server, name)[1:]
    assert hub.resolve(name, published.sha).folder.joinpath("part-2.safetensors").is_file()


def test_the_same_again_makes_no_new_commit(hub: Hub, folder: Path):
    name = new_name()
    first = hub.publish(folder, name, message="One", tag="v1")
    assert hub.publish(folder, name, message="Again", tag="v1") == first


def test_a_bare_name_goes_to_the_tokens_user(hub: Hub, folder: Path):
    name = new_name().split("/")[1]
    assert hub.publish(folder, name, message="One").repo_id == f"demo/{name}"


def test_a_branch_is_made_and_main_stays(hub: Hub, folder: Path, hub_server: RunningHub):
    name = new_name()
    published = hub.publish(folder, name, message="Branch", revision="next")
    assert hub.resolve(name, "next").sha == published.sha
    assert "Branch" not in commits(hub_server, name)


def test_datasets_and_spaces_are_published_alike(hub: Hub, tmp_path: Path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "README.md").write_text("---\nsdk: docker\n---\n")
    for repo_type in ("dataset", "space"):
        published = hub.publish(folder, new_name(), message="One", repo_type=repo_type)
        assert published.url.startswith(f"{hub.endpoint}/{repo_type}s/demo/")
        assert hub.exists(published.repo_id, repo_type=repo_type)
        assert hub.resolve(published.repo_id, repo_type=repo_type).sha == published.sha


def test_only_named_files_go_and_stale_ones_are_removed(hub: Hub, folder: Path):
    name = new_name()
    (folder / "old.json").write_text("{}")
    hub.publish(folder, name, message="One")
    (folder / "old.json").unlink()
    (folder / "secret.txt").write_text("no")
    allowed = ["*.json", "*.safetensors", "onnx/"]
    hub.publish(folder, name, message="Two", allow_patterns=allowed, delete_patterns=["*.json"])
    snapshot = hub.resolve(name).folder
    names = {p.relative_to(snapshot).as_posix() for p in snapshot.rglob("*") if p.is_file()}
    expected = {"README.md", "config.json", "model.safetensors", "onnx/model.onnx"}
    assert names - {".gitattributes"} == expected


def test_an_empty_folder_and_a_missing_one_are_refused(hub: Hub, tmp_path: Path):
    (tmp_path / "empty" / ".git").mkdir(parents=True)
    (tmp_path / "empty" / ".git" / "HEAD").write_text("ref")
    with pytest.raises(HubError, match="no file"):
        hub.publish(tmp_path / "empty", new_name(), message="One")
    with pytest.raises(HubError, match="no folder"):
        hub.publish(tmp_path / "missing", new_name(), message="One")


def test_private_is_kept_and_a_public_repo_is_refused(
    hub: Hub, folder: Path, hub_server: RunningHub, tmp_path: Path
):
    name = new_name()
    hub.publish(folder, name, message="One", private=True)
    stranger = connect(hub_server.endpoint, hub_server.other_token, tmp_path / "stranger")
    assert not stranger.exists(name)
    public = new_name()
    hub.publish(folder, public, message="One")
    (folder / "more.json").write_text("{}")
    with pytest.raises(Conflict, match="public"):
        hub.publish(folder, public, message="Two", private=True)


def test_a_taken_tag_stops_it_before_the_commit(hub: Hub, folder: Path, hub_server: RunningHub):
    name = new_name()
    hub.publish(folder, name, message="One", tag="v1")
    (folder / "more.json").write_text("{}")
    with pytest.raises(Conflict, match="v1"):
        hub.publish(folder, name, message="Two", tag="v1")
    assert commits(hub_server, name)[0] == "One"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("drop", COMMIT, times=1),
        Fault("status", COMMIT, status=503, times=1),
        Fault("fail", COMMIT, status=502, times=1),
        Fault("fail", "POST .*/tag/", status=502, times=1),
        Fault("status", "POST .*/preupload/", status=503, times=2),
        Fault("status", "POST .*/tag/", status=500, times=1),
        Fault("status", "PUT", status=503, times=1),
        Fault("status", "POST .*/repos/create", status=429, times=1),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.requests}",
)
def test_a_passing_fault_leaves_one_commit_and_the_tag(
    hub: Hub, proxy: FaultyHub, folder: Path, hub_server: RunningHub, fault: Fault
):
    (folder / "large.safetensors").write_bytes(b"x" * 11_000_000)  # by PUT, not in the commit
    proxy.inject(fault)
    name = new_name()
    published = hub.publish(folder, name, message="One", tag="v1")
    assert fault.struck, "the fault did not strike"
    assert commits(hub_server, name).count("One") == 1
    assert hub.resolve(name, "v1").sha == published.sha == hub.resolve(name).sha


def test_a_publication_cut_off_is_finished_by_the_same_call(
    hub: Hub, proxy: FaultyHub, folder: Path, hub_server: RunningHub
):
    name = new_name()
    proxy.inject(Fault("drop", COMMIT), Fault("status", "GET .*/revision/", times=None))
    with pytest.raises(HubUnreachable):
        hub.publish(folder, name, message="One", tag="v1")
    proxy.inject(Fault("status", "POST .*/tag/"))
    with pytest.raises(HubUnreachable):
        hub.publish(folder, name, message="One", tag="v1")
    proxy.inject()
    published = hub.publish(folder, name, message="One", tag="v1")
    assert commits(hub_server, name).count("One") == 1
    assert hub.resolve(name, "v1").sha == published.sha


def test_a_hub_that_says_nothing_ends_it_soon(hub: Hub, proxy: FaultyHub, folder: Path):
    proxy.inject(Fault("hang"))
    with at_most(4.0), pytest.raises(HubUnreachable, match=proxy.endpoint):
        hub.publish(folder, new_name(), message="One")


def test_a_foreign_commit_in_between_is_a_conflict(
    hub: Hub, proxy: FaultyHub, folder: Path, hub_server: RunningHub, tmp_path: Path
):
    name = new_name()
    hub.publish(folder, name, message="One")
    direct = connect(hub_server.endpoint, hub_server.token, tmp_path / "direct")
    other = make_folder(tmp_path / "other", theirs="{}")
    theirs_first = partial(direct.publish, other, name, message="Theirs")
    proxy.inject(Fault("late", COMMIT, times=1, first=theirs_first))
    (folder / "ours.json").write_text("{}")
    with pytest.raises(Conflict):
        hub.publish(folder, name, message="Two")
    assert commits(hub_server, name)[0] == "Theirs"


def test_who_may_not_write_is_told_before_anything_is_sent(
    proxy: FaultyHub, folder: Path, hub_server: RunningHub, tmp_path: Path
):
    for token in (None, hub_server.read_token, hub_server.other_token, "hf_wrong"):
        hub = connect(proxy.endpoint, token, tmp_path / "cache")
        with pytest.raises(AccessDenied):
            hub.publish(folder, "demo/forbidden", message="One")
    assert not [seen for seen in proxy.seen if seen.method != "GET"]
