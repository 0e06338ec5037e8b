"""A push on its way into the store, without git."""

from contextlib import ExitStack

import pytest

from hub.server import trees
from hub.server.git_objects import encode_commit, object_id
from hub.server.history import now_ms
from hub.server.imports import Push, RefMove
from hub.server.refusals import BadRequest, RepoNotFound, RevisionNotFound, StaleParent
from hub.server.trees import Entry


def push_of_one_file(
    store, repo, stack, old: str | None, created_ms: int = 5000, name: str = "main"
):
    """A push of one commit with a README.md; and that commit's id."""
    content = b"---\nlicense: mit\n---\n"
    arrival = stack.enter_context(store.blobs.arrive())
    arrival.write(content)
    staged = arrival.finish()
    folder = [Entry("README.md", trees.git_oid(content), staged.size_bytes, staged.sha256)]
    tree = object_id("tree", trees.git_tree(folder))
    parent = store.commit_at(repo, "main").oid
    commit = encode_commit(tree, parent, "Title", "", "ada", created_ms)
    oid = object_id("commit", commit)
    return Push([staged], [folder], [commit], [RefMove("branch", name, old, oid)]), oid


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


def test_a_push_is_a_commit_like_any_other(store, repo, stack):
    old = store.commit_at(repo, "main").oid
    push, oid = push_of_one_file(store, repo, stack, old)
    store.accept(repo, push)
    head = store.commit_at(repo, "main")
    assert (head.oid, head.parent, head.author) == (oid, old, "ada")
    assert head.metadata.card == {"license": "mit"}
    assert list(store.entries(repo, head)) == ["README.md"]
    store.accept(repo, Push([], [], push.commits, [RefMove("tag", "again", None, oid)]))


def test_a_date_in_the_future_is_now(store, repo, stack):
    old = store.commit_at(repo, "main").oid
    push, _ = push_of_one_file(store, repo, stack, old, created_ms=10**18)
    store.accept(repo, push)
    assert store.commit_at(repo, "main").created_ms <= now_ms()


@pytest.mark.parametrize("name, old", [("main", "b" * 40), ("main", None), ("gone", "b" * 40)])
def test_a_branch_that_is_elsewhere_refuses_all_of_it(store, repo, stack, name, old):
    before = store.commit_at(repo, "main")
    push, oid = push_of_one_file(store, repo, stack, old, name=name)
    with pytest.raises(StaleParent, match="Fetch, merge or rebase"):
        store.accept(repo, push)
    assert store.commit_at(repo, "main") == before
    with pytest.raises(RevisionNotFound):
        store.commit_at(repo, oid)


def test_main_stays_and_unknown_commits_are_refused(store, repo):
    old = store.commit_at(repo, "main").oid
    with pytest.raises(BadRequest, match="main cannot be deleted"):
        store.accept(repo, Push([], [], [], [RefMove("branch", "main", old, None)]))
    with pytest.raises(RevisionNotFound):
        store.accept(repo, Push([], [], [], [RefMove("branch", "x", None, "f" * 40)]))


def test_a_deleted_repo_takes_nothing(store, repo, stack):
    push, _ = push_of_one_file(store, repo, stack, store.commit_at(repo, "main").oid)
    store.delete(repo)
    with pytest.raises(RepoNotFound):
        store.accept(repo, push)
