"""Real git over real HTTP: what is cloned, pushed and refused."""

import uuid
from pathlib import Path

import pytest

from tests.hub.server import clones
from tests.hub.server.clones import clone
from tests.hub_fixtures import RunningHub


@pytest.fixture(scope="module", autouse=True)
def has_git() -> None:
    clones.needs_git()


@pytest.fixture
def hub(hub_server: RunningHub) -> RunningHub:
    return hub_server


def new_repo(hub: RunningHub, kind: str = "model", **options: object) -> str:
    repo_id = f"demo/git-{uuid.uuid4().hex[:10]}"
    sdk = {"space_sdk": "docker"} if kind == "space" else {}
    hub.api().create_repo(repo_id, repo_type=kind, **sdk, **options)
    return repo_id


def content(hub: RunningHub, repo_id: str, name: str, folder: Path, revision: str = "main") -> str:
    path = hub.api().hf_hub_download(repo_id, name, revision=revision, cache_dir=folder / "cache")
    return Path(path).read_text("utf-8")


@pytest.mark.parametrize(
    "kind, prefix", [("model", ""), ("dataset", "datasets/"), ("space", "spaces/")]
)
def test_what_the_client_pushed_is_cloned_and_what_git_pushed_is_downloaded(
    hub, tmp_path, kind, prefix
):
    repo_id, api = new_repo(hub, kind), hub.api()
    made = api.upload_file(
        path_or_fileobj=b"one", path_in_repo="a/b.txt", repo_id=repo_id, repo_type=kind
    )
    copy = clone(hub, f"{prefix}{repo_id}.git", tmp_path / "copy")
    assert (copy.folder / "a" / "b.txt").read_text() == "one"
    assert copy.head == made.oid, "the Hub's revision is git's commit"
    done = copy.commit("Say two\n\nBecause.", a__b_txt="two", README_md="---\nlicense: mit\n---\n")
    pushed = copy.push()
    assert pushed.returncode == 0, pushed.stderr
    info = api.repo_info(repo_id, repo_type=kind)
    assert info.sha == done == copy.head
    assert info.card_data["license"] == "mit"
    folder = api.snapshot_download(repo_id, repo_type=kind, cache_dir=tmp_path / "cache")
    assert Path(folder, "a", "b.txt").read_text() == "two" and Path(folder).name == done
    newest, *_ = api.list_repo_commits(repo_id, repo_type=kind)
    assert (newest.title, newest.message, newest.authors) == ("Say two", "Because.", ["Ada"])
