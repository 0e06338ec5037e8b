"""The mirror of a repo follows the store."""

import pytest

from hub.server import mirrors
from hub.server.history import AddFile, Note
from hub.server.store import Store
from hub.server.trees import git_oid
from tests.hub.server.clones import git

pytestmark = pytest.mark.usefixtures("has_git")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store")
    yield store
    store.close()


def refs(store, repo, **limits: int) -> dict[str, str]:
    with mirrors.current(store, repo, **limits) as mirror:
        listed = git(mirror, "for-each-ref", "--format=%(refname) %(objectname)")
        assert git(mirror, "fsck", "--strict", "--full") == ""
    return dict(line.split(" ") for line in listed.splitlines())


def test_branches_come_move_and_go(store):
    repo = store.create("space", "demo", "x", is_private=True, sdk="docker", author="demo")
    head = store.commit_at(repo, "main").oid
    assert refs(store, repo) == {"refs/heads/main": head}
    store.create_ref(repo, "branch", "a", head)
    store.create_ref(repo, "tag", "v1", head)
    assert set(refs(store, repo)) == {"refs/heads/main", "refs/heads/a", "refs/tags/v1"}
    store.delete_ref(repo, "branch", "a")
    store.create_ref(repo, "branch", "a/b", head)  # where `a` was a file, git needs a folder
    assert set(refs(store, repo)) == {"refs/heads/main", "refs/heads/a/b", "refs/tags/v1"}


def test_nobody_else_reads_the_mirrors(store):
    repo = store.create("model", "demo", "x", is_private=True, sdk="", author="demo")
    with mirrors.current(store, repo) as mirror:
        assert mirror.parent.stat().st_mode & 0o077 == 0


def test_the_draft_of_a_killed_server_is_no_hindrance(store):
    repo = store.create("model", "demo", "x", is_private=False, sdk="", author="demo")
    draft = store.mirror(repo).with_suffix(".new")
    (draft / "objects").mkdir(parents=True)
    assert set(refs(store, repo)) == {"refs/heads/main"}
    assert not draft.exists()


def test_many_small_packs_become_one(store):
    repo = store.create("model", "demo", "x", is_private=False, sdk="", author="demo")
    for number in range(3):
        with store.blobs.arrive() as arrival:
            arrival.write(b"%d" % number)
            added = AddFile("a.txt", arrival.finish(), git_oid(b"%d" % number))
            head = store.commit(repo, "main", [added], Note(f"{number}", "", "demo")).oid
        assert refs(store, repo, max_packs=1) == {"refs/heads/main": head}
        assert len(list(store.mirror(repo).glob("objects/pack/*.pack"))) == 1
