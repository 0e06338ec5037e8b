"""Repos on disk: rows in SQLite, contents in hub/server/blobs.py; one transaction is one commit.

Safe for several processes on one root, and for a kill at any moment. No HTTP and no users here:
who may do what is decided above (hub/server/auth.py). What cannot be done raises a Refusal.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from hub.server import attributes, exports, history, imports, refs, trees
from hub.server.blobs import Blobs, Staged
from hub.server.database import Database
from hub.server.git_objects import GitObject
from hub.server.history import Change, Commit, Note, now_ms
from hub.server.imports import Push
from hub.server.names import Ref, Repo, check_ref_name, check_repo_id
from hub.server.refusals import EntryNotFound, RefExists, RepoExists, RepoNotFound, RevisionNotFound
from hub.server.trees import Entry

MAIN = "main"


class Store:
    """The repos below one folder."""

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)  # private repos are in it, too
        self.root = root.resolve()
        self.blobs = Blobs(root)
        self._database = Database(root / "hub.sqlite3")

    def close(self) -> None:
        """Let go of the folder."""
        self._database.close()
        self.blobs.close()

    def create(
        self, kind: str, namespace: str, name: str, *, is_private: bool, sdk: str, author: str
    ) -> Repo:
        """A new repo whose main branch holds one commit, `.gitattributes`, as on the Hub.

        Raises:
            BadRequest: the name is not one.
            RepoExists: it is taken.
        """
        check_repo_id(namespace, name)
        with self.blobs.arrive() as arrival, self._database.writing() as db:
            try:
                key = db.execute(
                    "INSERT INTO repo (kind, namespace, name, is_private, gated, sdk, created_ms)"
                    " VALUES (?, ?, ?, ?, '', ?, ?) RETURNING key",
                    (kind, namespace, name, is_private, sdk, now_ms()),
                ).fetchone()[0]
            except sqlite3.IntegrityError as error:
                raise RepoExists(f"You already created this {kind} repo") from error
            content = attributes.FIRST.encode()
            arrival.write(content)
            oid = trees.git_oid(content)
            first = history.AddFile(history.GIT_ATTRIBUTES, arrival.finish(), oid)
            note = Note("initial commit", "", author)
            commit = history.append(db, self.blobs, key, None, [first], note)
            refs.put(db, key, "branch", MAIN, commit.oid)
        return self.find(kind, namespace, name)

    def find(self, kind: str, namespace: str, name: str) -> Repo:
        """The repo of this name.

        Raises:
            RepoNotFound: there is none.
        """
        with self._database.reading() as db:
            row = db.execute(
                "SELECT * FROM repo WHERE kind = ? AND namespace = ? AND name = ?",
                (kind, namespace, name),
            ).fetchone()
        if row is None:
            raise RepoNotFound(f"Repository not found: {namespace}/{name} ({kind})")
        return Repo.from_row(row)

    def by_key(self, key: int) -> Repo:
        """The repo with this key, whatever its name is now.

        Raises:
            RepoNotFound: there is none (any more).
        """
        with self._database.reading() as db:
            row = db.execute("SELECT * FROM repo WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise RepoNotFound(f"Repository not found: number {key}")
        return Repo.from_row(row)

    def mirror(self, repo: Repo) -> Path:
        """Where git's copy of the repo lies, or would lie (hub/server/mirrors.py)."""
        return self.root / "git" / f"{repo.key}.git"

    def delete(self, repo: Repo) -> None:
        """Remove the repo and every content that no other repo holds."""
        with self._database.writing() as db:
            orphans = db.execute(
                "SELECT sha256 FROM holding WHERE repo = ? AND sha256 NOT IN"
                " (SELECT sha256 FROM holding WHERE repo != ?)",
                (repo.key, repo.key),
            ).fetchall()
            db.execute("DELETE FROM repo WHERE key = ?", (repo.key,))
        shutil.rmtree(self.mirror(repo), ignore_errors=True)
        for (sha256,) in orphans:  # the write lock keeps an upload of the same content out
            with self._database.writing() as db:
                if not db.execute("SELECT 1 FROM holding WHERE sha256 = ?", (sha256,)).fetchone():
                    self.blobs.remove(sha256)

    def move(self, repo: Repo, namespace: str, name: str) -> Repo:
        """The repo under its new name.

        Raises:
            BadRequest: the name is not one.
            RepoExists: it is taken.
        """
        check_repo_id(namespace, name)
        with self._database.writing() as db:
            try:
                db.execute(
                    "UPDATE repo SET namespace = ?, name = ? WHERE key = ?",
                    (namespace, name, repo.key),
                )
            except sqlite3.IntegrityError as error:
                raise RepoExists(f"{namespace}/{name} exists already") from error
        return replace(repo, namespace=namespace, name=name)

    def configure(self, repo: Repo, *, is_private: bool, gated: str) -> None:
        """Set who may see the repo, and whether its files are for members only."""
        with self._database.writing() as db:
            db.execute(
                "UPDATE repo SET is_private = ?, gated = ? WHERE key = ?",
                (is_private, gated, repo.key),
            )

    def refs(self, repo: Repo) -> tuple[Ref, ...]:
        """All branches and tags, by name."""
        with self._database.reading() as db:
            return refs.all_of(db, repo.key)

    def create_ref(self, repo: Repo, kind: str, name: str, target: str) -> None:
        """Add a branch or tag at the commit `target`.

        Raises:
            BadRequest: git would not take the name.
            RefExists: it is taken.
        """
        check_ref_name(name)
        with self._database.writing() as db:
            if refs.target(db, repo.key, kind, name):
                raise RefExists(f"Reference already exists: {kind} {name}")
            refs.check_room(db, repo.key, kind, name)
            refs.put(db, repo.key, kind, name, target)

    def delete_ref(self, repo: Repo, kind: str, name: str) -> None:
        """Remove a branch or tag; its commits stay readable by their ids.

        Raises:
            RevisionNotFound: there is none of this name.
        """
        with self._database.writing() as db:
            if not refs.remove(db, repo.key, kind, name):
                raise RevisionNotFound(f"Invalid rev id: {name} ({kind})")

    def commit_at(self, repo: Repo, revision: str) -> Commit:
        """The commit that a branch, tag, 40-hex id or full ref name stands for.

        Raises:
            RevisionNotFound: the repo has no such revision.
        """
        with self._database.reading() as db:
            return refs.resolve(db, repo.key, revision)

    def log(self, repo: Repo, commit: str, limit: int) -> list[Commit]:
        """Up to `limit` commits, from this one back."""
        with self._database.reading() as db:
            return history.log(db, repo.key, commit, limit)

    def entry(self, repo: Repo, commit: Commit, path: str) -> Entry:
        """The file or folder at a path; '' is the root.

        Raises:
            EntryNotFound: the commit has none there.
        """
        with self._database.reading() as db:
            entry = trees.find(db, repo.key, commit.tree, path)
        if entry is None:
            raise EntryNotFound(f"{path} does not exist on {commit.oid[:7]}", commit.oid)
        return entry

    def below(self, repo: Repo, folder: Entry, *, is_recursive: bool) -> list[Entry]:
        """What a folder holds: files and folders, each folder before its content."""
        listing = trees.walk if is_recursive else trees.read_folder
        with self._database.reading() as db:
            return list(listing(db, repo.key, folder.oid, folder.path))

    def entries(self, repo: Repo, commit: Commit) -> dict[str, Entry]:
        """Path -> file or folder, for all of a commit."""
        root = Entry("", commit.tree, 0, None)
        return {entry.path: entry for entry in self.below(repo, root, is_recursive=True)}

    def hold(self, repo: Repo, staged: Staged) -> None:
        """Keep an uploaded content for later commits of this repo."""
        with self._database.writing() as db:
            history.hold(db, self.blobs, repo.key, [staged])

    def held_size(self, repo: Repo, sha256: str) -> int | None:
        """Bytes of a content that this repo may refer to; None if it may not."""
        with self._database.reading() as db:
            return history.held_size(db, repo.key, sha256)

    def commit(
        self,
        repo: Repo,
        branch: str,
        changes: Sequence[Change],
        note: Note,
        *,
        parent: str | None = None,
    ) -> Commit:
        """Apply the changes to a branch, all or none; the head itself if they change nothing.

        Raises:
            RevisionNotFound: no such branch.
            StaleParent: `parent` is given and is not the head any more.
            EntryNotFound: a path to delete is not there.
            BadRequest: an impossible path, or a large file that this repo does not hold.
        """
        with self._database.writing() as db:
            head = refs.branch_head(db, repo.key, branch, parent)
            commit = history.append(db, self.blobs, repo.key, head, changes, note)
            refs.put(db, repo.key, "branch", branch.removeprefix("refs/heads/"), commit.oid)
            return commit

    def has_folder(self, repo: Repo, oid: str) -> bool:
        """True if the repo knows the folder with this id."""
        with self._database.reading() as db:
            return trees.has_folder(db, repo.key, oid)

    def git_objects(self, repo: Repo, has: Callable[[str], bool]) -> list[GitObject]:
        """What git lacks of the branches and tags and their past, which ends at what it `has`."""
        with self._database.reading() as db:
            return exports.objects(db, self.blobs, repo.key, has)

    def accept(self, repo: Repo, push: Push) -> None:
        """Keep a push, all or nothing of it.

        Raises:
            Refusal: it does not fit what is there now.
        """
        with self._database.writing() as db:
            imports.keep(db, self.blobs, repo, push)

    def sizes(self, namespace: str) -> list[tuple[Repo, int]]:
        """The repos of a namespace, newest first, each with the bytes it holds."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT repo.*, (SELECT sum(size_bytes) FROM holding WHERE repo = repo.key)"
                " FROM repo WHERE namespace = ? ORDER BY key DESC",
                (namespace,),
            )
            return [(Repo.from_row(row[:-1]), row[-1]) for row in rows]

    def repos(self, sql: str, values: Iterable[object]) -> list[tuple[Repo, Commit]]:
        """Repos with the head of main, by the conditions of hub/server/listing.py."""
        with self._database.reading() as db:
            return [history.split_row(row) for row in db.execute(sql, tuple(values))]
