"""Commits by name and by content."""

import dataclasses

import pytest

from hub.server import attributes
from hub.server.git_objects import pointer_text
from hub.server.history import AddFile, AddLarge, Note
from hub.server.refusals import BadRequest, RevisionNotFound
from hub.server.trees import git_oid


def commit(store, repo, path: str, content: bytes):
    with store.blobs.arrive() as arrival:
        arrival.write(content)
        change = AddFile(path, arrival.finish(), git_oid(content))
        return store.commit(repo, "main", [change], Note("t", "m", "demo"))


def test_a_revision_may_be_a_branch_a_tag_a_full_name_or_a_sha(store, repo):
    old, new = commit(store, repo, "a", b"1"), commit(store, repo, "a", b"2")
    store.create_ref(repo, "tag", "v1", old.oid)
    names = {"main": new, "refs/heads/main": new, "v1": old, "refs/tags/v1": old, old.oid: old}
    assert {name: store.commit_at(repo, name) for name in names} == names
    for name in ("v2", "refs/heads/v1", "refs/tags/main", old.oid[:7], "f" * 40, ""):
        with pytest.raises(RevisionNotFound):
            store.commit_at(repo, name)


def test_a_sha_of_one_repo_means_nothing_in_another(store, repo):
    done = commit(store, repo, "a", b"1")
    other = store.create("model", "demo", "y", is_private=False, sdk="", author="demo")
    with pytest.raises(RevisionNotFound):
        store.commit_at(other, done.oid)


def test_a_commit_id_depends_on_every_field(store, repo):
    first = commit(store, repo, "a", b"1")
    second = commit(store, repo, "a", b"2")
    third = commit(store, repo, "a", b"1")
    assert first.tree == third.tree
    assert len({first.oid, second.oid, third.oid}) == 3


def test_metadata_follows_the_files_it_comes_from(store, repo):
    commit(store, repo, "README.md", b"---\nlicense: mit\n---")
    later = commit(store, repo, "other.txt", b"1")
    assert later.metadata.card == {"license": "mit"}
    assert commit(store, repo, "README.md", b"plain").metadata.card == {}


def test_gitattributes_names_every_large_file(store, repo):
    with store.blobs.arrive() as arrival:
        arrival.write(b"weights")
        store.hold(repo, staged := arrival.finish())
    large = [AddLarge(path, staged.sha256, 7) for path in ("a.safetensors", "my model.gguf")]
    done = store.commit(repo, "main", large, Note("t", "", "demo"))
    kept = store.entry(repo, done, ".gitattributes")
    text = store.blobs.path(kept.sha256).read_text()
    added = "my[[:space:]]model.gguf filter=lfs diff=lfs merge=lfs -text\n"
    assert text == attributes.FIRST + added
    assert store.commit(repo, "main", large, Note("again", "", "demo")) == done


def test_the_pointer_of_a_large_file_stands_for_it(store, repo):
    with store.blobs.arrive() as arrival:
        arrival.write(b"weights")
        store.hold(repo, staged := arrival.finish())
    pointer = pointer_text(staged.sha256, 7)
    done = commit(store, repo, "w.bin", pointer)
    assert store.entry(repo, done, "w.bin").is_lfs
    with pytest.raises(BadRequest, match="Upload it first"):
        commit(store, repo, "other.bin", pointer_text("0" * 64, 7))


def test_a_commit_cannot_be_changed(store, repo):
    with pytest.raises(dataclasses.FrozenInstanceError):
        store.commit_at(repo, "main").title = "other"
