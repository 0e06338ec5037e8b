"""Branches and tags, and their names beside each other."""

import pytest

from hub.server.refusals import BadRequest, RefExists, RevisionNotFound


def test_git_can_keep_every_name_that_is_taken(store, repo):
    head = store.commit_at(repo, "main").oid
    store.create_ref(repo, "branch", "a/b", head)
    store.create_ref(repo, "tag", "a", head)
    for name in ("a", "a/b/c", "main/x"):
        with pytest.raises(BadRequest, match="cannot be beside the branch"):
            store.create_ref(repo, "branch", name, head)
    with pytest.raises(RefExists):
        store.create_ref(repo, "branch", "a/b", head)
    store.delete_ref(repo, "branch", "a/b")
    store.create_ref(repo, "branch", "a", head)
    assert {ref.full_name for ref in store.refs(repo)} == {
        "refs/heads/a",
        "refs/heads/main",
        "refs/tags/a",
    }


def test_a_ref_needs_a_commit(store, repo):
    with pytest.raises(RevisionNotFound):
        store.create_ref(repo, "branch", "a", "f" * 40)
