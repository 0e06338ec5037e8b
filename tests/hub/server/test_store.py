"""Repos on disk, without HTTP: what commits do, and what a kill leaves."""

import multiprocessing
import os
import re
import signal
import time

import pytest

from hub.server.history import AddFile, AddLarge, Delete, Note
from hub.server.names import Repo
from hub.server.refusals import (
    BadRequest,
    EntryNotFound,
    RepoExists,
    RepoNotFound,
    RevisionNotFound,
    StaleParent,
)
from hub.server.store import Store
from hub.server.trees import git_oid


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store")
    yield store
    store.close()


@pytest.fixture
def repo(store):
    return new_repo(store, "x")


def new_repo(store: Store, name: str) -> Repo:
    return store.create("model", "demo", name, is_private=False, sdk="", author="demo")


def commit_files(store: Store, repo: Repo, branch: str = "main", **options):
    """Commit small files given as name=content; `_` stands for the dot."""
    changes = []
    parent = options.pop("parent", None)
    for name, content in options.items():
        with store.blobs.arrive() as arrival:
            arrival.write(content)
            staged = arrival.finish()
            changes.append(AddFile(name.replace("_", "."), staged, git_oid(content)))
            done = commit(store, repo, changes, branch, parent)
    return done


def commit(store: Store, repo: Repo, changes, branch: str = "main", parent: str | None = None):
    return store.commit(repo, branch, changes, Note("t", "", "demo"), parent=parent)


def upload(store: Store, repo: Repo, content: bytes) -> str:
    with store.blobs.arrive() as arrival:
        arrival.write(content)
        staged = arrival.finish()
        store.hold(repo, staged)
    return staged.sha256


def read(store: Store, repo: Repo, path: str, revision: str = "main") -> bytes:
    entry = store.entry(repo, store.commit_at(repo, revision), path)
    return store.blobs.path(entry.sha256).read_bytes()


def test_a_new_repo_has_one_commit_on_main(store, repo):
    head = store.commit_at(repo, "main")
    assert re.fullmatch("[0-9a-f]{40}", head.oid)
    assert list(store.entries(repo, head)) == [".gitattributes"]
    assert [ref.name for ref in store.refs(repo)] == ["main"]
    with pytest.raises(RepoExists):
        new_repo(store, "x")
    assert [c.title for c in store.log(repo, head.oid, 10)] == ["initial commit"]


def test_a_store_is_the_same_when_opened_again(store, repo, tmp_path):
    done = commit_files(store, repo, a_txt=b"1")
    store.close()
    again = Store(tmp_path / "store")
    assert again.commit_at(again.find("model", "demo", "x"), "main") == done
    again.close()


def test_commits_build_on_each_other_and_stay_readable(store, repo):
    one = commit_files(store, repo, a_txt=b"1")
    two = commit_files(store, repo, a_txt=b"2")
    assert (two.parent, one.oid != two.oid) == (one.oid, True)
    assert read(store, repo, "a.txt", one.oid) == b"1"
    assert read(store, repo, "a.txt") == b"2"


def test_nothing_changed_is_no_commit(store, repo):
    done = commit_files(store, repo, a_txt=b"1")
    assert commit_files(store, repo, a_txt=b"1") == done
    assert commit(store, repo, []) == done


def test_a_stale_parent_and_a_missing_branch_are_refused(store, repo):
    old = store.commit_at(repo, "main")
    new = commit_files(store, repo, a_txt=b"1", parent=old.oid)
    with pytest.raises(StaleParent):
        commit_files(store, repo, a_txt=b"2", parent=old.oid)
    with pytest.raises(RevisionNotFound):
        commit_files(store, repo, "next", a_txt=b"2")
    assert store.commit_at(repo, "main") == new


@pytest.mark.parametrize(
    "change, error",
    [
        (Delete("missing.txt", is_folder=False), EntryNotFound),
        (Delete("a.txt", is_folder=True), EntryNotFound),
        (Delete("../x", is_folder=False), BadRequest),
        (AddLarge("w.bin", "0" * 64, 5), BadRequest),
        (AddLarge(".git/x", "0" * 64, 5), BadRequest),
    ],
)
def test_one_impossible_change_refuses_them_all(store, repo, change, error):
    before = commit_files(store, repo, a_txt=b"1")
    with pytest.raises(error):
        commit(store, repo, [Delete("a.txt", is_folder=False), change])
    assert store.commit_at(repo, "main") == before
    assert read(store, repo, "a.txt") == b"1"


def test_a_large_file_is_named_by_what_the_repo_holds(store, repo):
    sha256 = upload(store, repo, b"weights")
    with pytest.raises(BadRequest, match="of 8 bytes"):
        commit(store, repo, [AddLarge("w.bin", sha256, 8)])
    commit(store, repo, [AddLarge("w.bin", sha256, 7)])
    assert read(store, repo, "w.bin") == b"weights"
    other = new_repo(store, "other")
    with pytest.raises(BadRequest, match="Upload it first"):
        commit(store, other, [AddLarge("w.bin", sha256, 7)])


def test_deleting_a_repo_frees_what_no_other_holds(store, repo):
    both, alone = upload(store, repo, b"both"), upload(store, repo, b"alone")
    other = new_repo(store, "other")
    upload(store, other, b"both")
    store.delete(repo)
    assert store.blobs.path(both).exists()
    assert not store.blobs.path(alone).exists()
    with pytest.raises(RepoNotFound):
        store.find("model", "demo", "x")
    store.delete(other)
    assert list((store.blobs.path("x").parent).iterdir()) == []


def test_a_moved_repo_keeps_its_history(store, repo):
    done = commit_files(store, repo, a_txt=b"1")
    moved = store.move(repo, "org", "y")
    assert store.find("model", "org", "y") == moved
    assert store.commit_at(moved, "main") == done
    with pytest.raises(RepoNotFound):
        store.find("model", "demo", "x")


def commit_for_ever(root, ready) -> None:
    store = Store(root)
    repo = store.find("model", "demo", "x")
    for n in range(10**6):
        commit_files(store, repo, **{f"f{n % 7}_txt": b"%d" % n})
        ready.set()


@pytest.mark.slow
def test_a_kill_in_mid_commit_leaves_a_readable_store(store, repo, tmp_path):
    context = multiprocessing.get_context("spawn")
    for pause_s in (0.0, 0.013, 0.029):
        ready = context.Event()
        writer = context.Process(target=commit_for_ever, args=(tmp_path / "store", ready))
        writer.start()
        assert ready.wait(60)
        time.sleep(pause_s)
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        log = store.log(repo, store.commit_at(repo, "main").oid, 10**6)
        assert len(log) > 1
        for done in log[:20]:
            for entry in store.entries(repo, done).values():
                assert store.blobs.path(entry.sha256).stat().st_size == entry.size_bytes
        commit_files(store, repo, after_txt=b"%f" % pause_s)


def commit_some(root, name: str) -> None:
    store = Store(root)
    repo = store.find("model", "demo", "x")
    for n in range(5):
        commit_files(store, repo, **{f"{name}{n}": name.encode()})
    store.close()


@pytest.mark.slow
def test_commits_of_several_processes_all_land(store, repo, tmp_path):
    context = multiprocessing.get_context("spawn")
    arguments = [(tmp_path / "store", name) for name in "abcd"]
    writers = [context.Process(target=commit_some, args=both) for both in arguments]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    head = store.commit_at(repo, "main")
    assert len(store.log(repo, head.oid, 100)) == 21
    assert len(store.entries(repo, head)) == 21
