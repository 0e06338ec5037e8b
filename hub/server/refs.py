"""Branches and tags of a repo: what they stand for, and which may be beside each other.

A tag with an author and a message of its own stands for its commit here, and for an object with
an id of its own in git.
"""

import sqlite3

from hub.server import history
from hub.server.history import Commit
from hub.server.names import Ref
from hub.server.refusals import BadRequest, RevisionNotFound, StaleParent


def target(db: sqlite3.Connection, repo: int, kind: str, name: str) -> str | None:
    """The commit that a branch or tag stands for; None if there is none."""
    row = db.execute(
        "SELECT target FROM ref WHERE repo = ? AND kind = ? AND name = ?", (repo, kind, name)
    ).fetchone()
    return row[0] if row else None


def all_of(db: sqlite3.Connection, repo: int) -> tuple[Ref, ...]:
    """All branches and tags, by name."""
    rows = db.execute(
        "SELECT kind, ref.name, target, object FROM ref LEFT JOIN annotation ON kind = 'tag'"
        " AND annotation.repo = ref.repo AND annotation.name = ref.name WHERE ref.repo = ?"
        " ORDER BY kind, ref.name",
        (repo,),
    )
    return tuple(Ref(*row) for row in rows)


def check_room(db: sqlite3.Connection, repo: int, kind: str, name: str) -> None:
    """Return if git can keep a branch or tag of this name beside the others.

    Raises:
        BadRequest: `a/b` cannot be where `a` is, nor the other way round.
    """
    rows = db.execute("SELECT name FROM ref WHERE repo = ? AND kind = ?", (repo, kind))
    for (other,) in rows:
        if other.startswith(f"{name}/") or name.startswith(f"{other}/"):
            raise BadRequest(f"The {kind} {name} cannot be beside the {kind} {other}; rename one.")


def put(
    db: sqlite3.Connection,
    repo: int,
    kind: str,
    name: str,
    oid: str,
    annotation: bytes | None = None,
) -> None:
    """Let a branch or tag stand for a commit; `annotation` is the git object of such a tag.

    Raises:
        RevisionNotFound: the repo has no such commit.
    """
    if history.git_object(db, repo, oid) is None:
        raise RevisionNotFound(f"Invalid rev id: {oid} is not a commit of this repo")
    remove(db, repo, kind, name)
    db.execute("INSERT INTO ref VALUES (?, ?, ?, ?)", (repo, kind, name, oid))
    if annotation is not None:
        db.execute("INSERT INTO annotation VALUES (?, ?, ?)", (repo, name, annotation))


def remove(db: sqlite3.Connection, repo: int, kind: str, name: str) -> bool:
    """Forget a branch or tag; False if there is none."""
    if kind == "tag":
        db.execute("DELETE FROM annotation WHERE repo = ? AND name = ?", (repo, name))
    gone = db.execute(
        "DELETE FROM ref WHERE repo = ? AND kind = ? AND name = ?", (repo, kind, name)
    )
    return gone.rowcount > 0


def resolve(db: sqlite3.Connection, repo: int, revision: str) -> Commit:
    """The commit that a branch, tag, 40-hex id, `refs/heads/..` or `refs/tags/..` stands for.

    Raises:
        RevisionNotFound: the repo has no such revision.
    """
    wanted = [("branch", revision), ("tag", revision)]
    if revision.startswith("refs/heads/"):
        wanted.append(("branch", revision.removeprefix("refs/heads/")))
    if revision.startswith("refs/tags/"):
        wanted.append(("tag", revision.removeprefix("refs/tags/")))
    oids = [oid for kind, name in wanted if (oid := target(db, repo, kind, name))]
    commit = history.read(db, repo, oids[0] if oids else revision)
    if commit is None:
        raise RevisionNotFound(f"Invalid rev id: {revision[:200]}")
    return commit


def branch_head(db: sqlite3.Connection, repo: int, branch: str, parent: str | None) -> Commit:
    """The head of a branch to be committed to.

    Raises:
        RevisionNotFound: no such branch; tags and commit ids do not move.
        StaleParent: `parent` is given and is not the head.
    """
    branch = branch.removeprefix("refs/heads/")
    oid = target(db, repo, "branch", branch)
    head = history.read(db, repo, oid) if oid else None
    if head is None:
        raise RevisionNotFound(f"Invalid rev id: {branch[:200]} is not a branch")
    if parent is not None and parent != head.oid:
        raise StaleParent("A commit has happened since. Please refresh and try again.")
    return head
