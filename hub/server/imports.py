"""A push, read and checked, on its way into the store: one transaction, whole or not at all.

What may be in a push is hub/server/pushes.py's to say; here it must only fit what is there now.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub.server import history, refs, trees
from hub.server.blobs import Blobs, Staged
from hub.server.git_objects import decode_commit
from hub.server.history import now_ms
from hub.server.names import Repo, check_ref_name
from hub.server.refusals import BadRequest, RepoNotFound, StaleParent
from hub.server.trees import Entry


@dataclass(frozen=True)
class RefMove:
    """A branch or tag that goes from one object of git to another; None: it is not there."""

    kind: str
    name: str
    old: str | None
    new: str | None  # a commit
    annotation: bytes | None = None  # the new tag's own git object


@dataclass(frozen=True)
class Push:
    """What a push brings: contents of files, folders, commits (oldest first), moves of refs."""

    contents: Sequence[Staged]
    folders: Sequence[Sequence[Entry]]  # each entry named from its folder
    commits: Sequence[bytes]  # git objects
    moves: Sequence[RefMove]


def keep(db: sqlite3.Connection, blobs: Blobs, repo: Repo, push: Push) -> None:
    """Take a push into the store, in the caller's transaction.

    Raises:
        RepoNotFound: the repo has been deleted meanwhile.
        StaleParent: a branch or tag is not where the client saw it.
        RevisionNotFound: a commit that should be there already is not.
        BadRequest: git would not take the name of a new branch or tag.
    """
    if not db.execute("SELECT 1 FROM repo WHERE key = ?", (repo.key,)).fetchone():
        raise RepoNotFound(f"Repository not found: {repo.id} ({repo.kind})")
    now = {(ref.kind, ref.name): ref.git_id for ref in refs.all_of(db, repo.key)}
    for move in push.moves:
        _check(db, repo.key, move, now.get((move.kind, move.name)))
    history.hold(db, blobs, repo.key, push.contents)
    for entries in push.folders:
        trees.write_folder(db, repo.key, entries)
    for content in push.commits:
        commit = decode_commit(content)
        # a date that is a person's own mistake must not break listings
        commit = replace(commit, created_ms=min(max(commit.created_ms, 0), now_ms()))
        about = history.describe_tree(db, blobs, repo.key, commit.tree)
        history.keep(db, repo.key, content, commit, about)
    for move in push.moves:
        if move.new is None:
            refs.remove(db, repo.key, move.kind, move.name)
        else:
            refs.put(db, repo.key, move.kind, move.name, move.new, move.annotation)


def _check(db: sqlite3.Connection, repo: int, move: RefMove, now: str | None) -> None:
    if now != move.old:
        where = f"at {now[:7]} by now" if now else "gone by now"
        raise StaleParent(
            f"{move.kind} {move.name} is {where}: somebody else was first. Fetch, merge or rebase,"
            " and push again."
        )
    if move.new and not move.old:
        check_ref_name(move.name)
        refs.check_room(db, repo, move.kind, move.name)
    if move.kind == "branch" and move.name == "main" and move.new is None:
        raise BadRequest("The branch main cannot be deleted.")
