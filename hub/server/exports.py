"""What git needs of a repo: the objects that lead from commits it has to branches and tags."""

import sqlite3
from collections.abc import Callable

from hub.server import history, refs, trees
from hub.server.blobs import Blobs
from hub.server.git_objects import GitObject, decode_commit, pointer_text
from hub.server.trees import Entry


def objects(
    db: sqlite3.Connection,
    blobs: Blobs,
    repo: int,
    has: Callable[[str], bool],
) -> list[GitObject]:
    """The branches and tags, what led to them and their files, up to what git `has`."""
    named = refs.all_of(db, repo)
    git_objects = [
        GitObject("tag", ref.annotation) for ref in named if ref.annotation and not has(ref.git_id)
    ]
    wanted: list[str] = []
    known: set[str] = set()  # ids of folders and files
    seen: set[str] = set()
    todo = [ref.target for ref in named]
    while todo:
        oid = todo.pop()
        if oid in seen:
            continue
        seen.add(oid)
        content = history.git_object(db, repo, oid)
        assert content is not None, f"commit {oid} of repo {repo} has gone"
        commit = decode_commit(content)
        if has(oid):
            _collect(db, blobs, repo, Entry("", commit.tree, 0, None), known)
        else:
            git_objects.append(GitObject("commit", content))
            wanted.append(commit.tree)
            todo += commit.parents
    for tree in wanted:
        git_objects += _collect(db, blobs, repo, Entry("", tree, 0, None), known)
    return git_objects


def _collect(
    db: sqlite3.Connection, blobs: Blobs, repo: int, entry: Entry, known: set[str]
) -> list[GitObject]:
    """The file or folder with all it holds, less what is known; it is known then."""
    if entry.oid in known:
        return []
    known.add(entry.oid)
    if entry.is_folder:
        inside = trees.read_folder(db, repo, entry.oid, entry.path)
        git_objects = [GitObject("tree", trees.git_tree(inside))]
        for below in inside:
            git_objects += _collect(db, blobs, repo, below, known)
        return git_objects
    assert entry.sha256 is not None, entry
    if entry.is_lfs:
        return [GitObject("blob", pointer_text(entry.sha256, entry.size_bytes))]
    return [GitObject("blob", blobs.path(entry.sha256))]
