"""What git lacks of a repo: nothing twice, nothing that it has."""

from hub.server.git_objects import GitObject, object_id
from hub.server.history import AddFile, AddLarge, Note
from hub.server.trees import git_oid


def commit(store, repo, **files: bytes) -> str:
    """Commit these files, all below the folder a/."""
    changes = []
    for name, content in files.items():
        with store.blobs.arrive() as arrival:
            arrival.write(content)
            staged = arrival.finish()
            store.hold(repo, staged)
            is_large = name == "large"
        changes.append(
            AddLarge("a/large", staged.sha256, None)
            if is_large
            else AddFile(f"a/{name}", staged, git_oid(content))
        )
    with store.blobs.arrive() as arrival:
        arrival.write(b"again")
        small = AddFile("small", arrival.finish(), git_oid(b"again"))
        return store.commit(repo, "main", [*changes, small], Note("t", "", "demo")).oid


def content_of(item: GitObject) -> bytes:
    return item.content if isinstance(item.content, bytes) else item.content.read_bytes()


def ids(objects: list[GitObject]) -> list[str]:
    return [object_id(item.kind, content_of(item)) for item in objects]


def test_all_is_there_once_and_large_files_are_pointers(store, repo):
    commit(store, repo, large=b"weights")
    objects = store.git_objects(repo, has=lambda oid: False)
    assert len(set(ids(objects))) == len(objects)
    kinds = [item.kind for item in objects]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"commit": 2, "tree": 3, "blob": 4}
    contents = [content_of(item) for item in objects]
    assert b"weights" not in contents
    assert any(content.startswith(b"version https://git-lfs") for content in contents)


def test_only_what_is_new_is_told_to_a_git_that_has_the_parent(store, repo):
    old = commit(store, repo, large=b"weights")
    new = commit(store, repo, large=b"other weights")
    objects = store.git_objects(repo, has=lambda oid: oid == old)
    assert sorted(item.kind for item in objects) == ["blob", "commit", "tree", "tree"]
    assert [item.kind for item in objects].count("commit") == 1 and ids(objects).count(new) == 1
    assert store.git_objects(repo, has=lambda oid: True) == []
