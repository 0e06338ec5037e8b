"""A store of an earlier version, whose commit ids were not git's, becomes one of this version.

Each old commit is written again as a git commit, on which branches and tags then stand; under its
old id it stays readable, so a pinned revision means what it meant.
Try: python -m pytest -q tests/hub/server/test_upgrade.py
"""

import sqlite3

from hub.server import history, trees
from hub.server.database import Database
from hub.server.git_objects import CommitText, encode_commit
from hub.server.history import Commit


def give_git_ids(database: Database) -> None:
    """Rewrite a store whose commits are kept without git objects; others stay as they are."""
    if _has_objects(database):
        return
    with database.writing() as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(history)")]
        if "object" in columns:  # another process was first
            return
        db.execute("ALTER TABLE history ADD COLUMN object BLOB")
        for (repo,) in db.execute("SELECT key FROM repo").fetchall():
            _rewrite(db, repo)


def _has_objects(database: Database) -> bool:
    with database.reading() as db:
        return "object" in [row[1] for row in db.execute("PRAGMA table_info(history)")]


def _rewrite(db: sqlite3.Connection, repo: int) -> None:
    """Add the git commits of a repo, parents first, and move its branches and tags there."""
    rows = db.execute("SELECT oid, parent FROM history WHERE repo = ?", (repo,))
    parents = dict(rows.fetchall())
    new_ids: dict[str, str] = {}
    for newest in parents:
        line: list[str] = []
        oid: str | None = newest
        while oid is not None and oid not in new_ids:
            line.append(oid)
            oid = parents[oid]
        for old in reversed(line):
            commit = history.read(db, repo, old)
            assert commit is not None, f"commit {old} of repo {repo} has gone"
            new_ids[old] = _again(db, repo, commit, new_ids.get(commit.parent or ""))
    for old, new in new_ids.items():
        db.execute("UPDATE ref SET target = ? WHERE repo = ? AND target = ?", (new, repo, old))


def _again(db: sqlite3.Connection, repo: int, old: Commit, parent: str | None) -> str:
    """The id of a commit, written as a git commit that follows `parent`."""
    files = {entry.path: entry for entry in trees.walk(db, repo, old.tree) if not entry.is_folder}
    tree = trees.write_tree(db, repo, files)
    content = encode_commit(tree, parent, old.title, old.message, old.author, old.created_ms)
    said = CommitText(
        tree, (parent,) if parent else (), old.title, old.message, old.author, old.created_ms
    )
    db.execute("UPDATE history SET object = ? WHERE repo = ? AND oid = ?", (content, repo, old.oid))
    return history.keep(db, repo, content, said, old.metadata).oid
