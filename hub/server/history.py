"""Commits of a repo: reading them by id, and appending one inside the caller's transaction.

A commit is kept with its git object, whose id is its own: `git rev-parse HEAD` in a clone is a
revision here. The log follows first parents; a merge's others are readable by their ids.
"""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from hub.server import attributes, trees
from hub.server.blobs import Arrival, Blobs, Staged
from hub.server.git_objects import (
    MAX_POINTER_BYTES,
    CommitText,
    encode_commit,
    object_id,
    parse_pointer,
    pointer_text,
)
from hub.server.metadata import MAX_BYTES, Metadata, read_metadata
from hub.server.names import Repo
from hub.server.refusals import BadRequest, EntryNotFound
from hub.server.trees import Entry

GIT_ATTRIBUTES = ".gitattributes"
_MAX_ATTRIBUTES_BYTES = 2**20  # a longer one is kept, but not read


@dataclass(frozen=True)
class Note:
    """What its author says about a commit."""

    title: str
    message: str
    author: str


@dataclass(frozen=True)
class Commit:
    """One state of a repo."""

    oid: str
    parent: str | None
    tree: str
    title: str
    message: str
    author: str
    created_ms: int
    metadata: Metadata


@dataclass(frozen=True)
class AddFile:
    """A file that came with the commit itself."""

    path: str
    staged: Staged
    git_oid: str


@dataclass(frozen=True)
class AddLarge:
    """A file uploaded before; `size_bytes` None: whatever size it has."""

    path: str
    sha256: str
    size_bytes: int | None


@dataclass(frozen=True)
class Delete:
    """A file, or a folder with all it holds, that is to go."""

    path: str
    is_folder: bool


Change = AddFile | AddLarge | Delete


def now_ms() -> int:
    """The time in milliseconds since 1970."""
    return time.time_ns() // 10**6


_COLUMNS = "oid, parent, tree, title, message, author, created_ms, metadata"


def _from_row(row: Sequence[object]) -> Commit:
    *fields, metadata = row
    oid, parent, tree, title, message, author, created_ms = fields
    content = json.loads(str(metadata))
    content["tags"] = tuple(content["tags"])
    return Commit(
        str(oid),
        None if parent is None else str(parent),
        str(tree),
        str(title),
        str(message),
        str(author),
        int(str(created_ms)),
        Metadata(**content),
    )


def split_row(row: Sequence[object]) -> tuple[Repo, Commit]:
    """A row of `repo.*` followed by the columns of a commit."""
    return Repo.from_row(row[:8]), _from_row(row[8:])


def read(db: sqlite3.Connection, repo: int, oid: str) -> Commit | None:
    """The commit of this id, None if the repo has none."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM history WHERE repo = ? AND oid = ?",  # noqa: S608 our constant
        (repo, oid),
    ).fetchone()
    return _from_row(row) if row else None


def log(db: sqlite3.Connection, repo: int, oid: str, limit: int) -> list[Commit]:
    """Up to `limit` commits from `oid` back."""
    commits: list[Commit] = []
    following: str | None = oid
    while following is not None and len(commits) < limit:
        commit = read(db, repo, following)
        assert commit is not None, f"commit {following} of repo {repo} has gone"
        commits.append(commit)
        following = commit.parent
    return commits


def hold(db: sqlite3.Connection, blobs: Blobs, repo: int, contents: Sequence[Staged]) -> None:
    """Take staged contents into the store and note that this repo may refer to them."""
    if contents:
        blobs.adopt(contents)
    db.executemany(
        "INSERT OR IGNORE INTO holding VALUES (?, ?, ?)",
        [(repo, staged.sha256, staged.size_bytes) for staged in contents],
    )


def held_size(db: sqlite3.Connection, repo: int, sha256: str) -> int | None:
    """Bytes of a content that this repo may refer to; None if it may not."""
    row = db.execute(
        "SELECT size_bytes FROM holding WHERE repo = ? AND sha256 = ?", (repo, sha256)
    ).fetchone()
    return row[0] if row else None


def append(
    db: sqlite3.Connection,
    blobs: Blobs,
    repo: int,
    head: Commit | None,
    changes: Sequence[Change],
    note: Note,
) -> Commit:
    """The commit that follows `head`; `head` itself when the changes change nothing."""
    parent = head.oid if head else None
    before = _files(db, repo, head.tree) if head else {}
    files = dict(before)
    for change in changes:
        _apply(db, repo, files, change, parent or "")
    contents = [change.staged for change in changes if isinstance(change, AddFile)]
    with blobs.arrive() as arrival:
        contents += _name_large_files(blobs, files, contents, arrival)
        tree = trees.write_tree(db, repo, files)
        if head and tree == head.tree:
            return head
        hold(db, blobs, repo, contents)
    names = ("README.md", "config.json")
    is_same = head and all(before.get(name) == files.get(name) for name in names)
    metadata = head.metadata if head and is_same else describe_tree(db, blobs, repo, tree)
    created_ms = now_ms()
    content = encode_commit(tree, parent, note.title, note.message, note.author, created_ms)
    text = CommitText(
        tree, (parent,) if parent else (), note.title, note.message, note.author, created_ms
    )
    return keep(db, repo, content, text, metadata)


def keep(
    db: sqlite3.Connection, repo: int, content: bytes, text: CommitText, metadata: Metadata
) -> Commit:
    """Add a commit, given as its git object and as what that says."""
    commit = Commit(
        object_id("commit", content),
        text.parents[0] if text.parents else None,
        text.tree,
        text.title,
        text.message,
        text.author,
        text.created_ms,
        metadata,
    )
    fields = (commit.parent, commit.tree, commit.title, commit.message, commit.author)
    # the same commit may come twice: on two branches in one second, or by a second push
    db.execute(
        "INSERT OR IGNORE INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (repo, commit.oid, *fields, commit.created_ms, json.dumps(asdict(metadata)), content),
    )
    return commit


def git_object(db: sqlite3.Connection, repo: int, oid: str) -> bytes | None:
    """The git object of a commit; None if the repo has no such commit."""
    row = db.execute(
        "SELECT object FROM history WHERE repo = ? AND oid = ?", (repo, oid)
    ).fetchone()
    return bytes(row[0]) if row else None


def _files(db: sqlite3.Connection, repo: int, tree: str) -> dict[str, Entry]:
    """Path -> file, for all below a root tree."""
    return {entry.path: entry for entry in trees.walk(db, repo, tree) if not entry.is_folder}


def _apply(
    db: sqlite3.Connection, repo: int, files: dict[str, Entry], change: Change, head: str
) -> None:
    """Change `files` (path -> entry) in place."""
    trees.check_path(change.path)
    if isinstance(change, AddFile | AddLarge):
        before = files.get(change.path)
        added = _added(db, repo, change)
        files[change.path] = replace(added, is_executable=bool(before and before.is_executable))
    elif change.is_folder:
        gone = [path for path in files if path.startswith(change.path + "/")]
        if not gone:
            raise EntryNotFound(f"A folder with this name doesn't exist: {change.path}", head)
        for path in gone:
            del files[path]
    elif files.pop(change.path, None) is None:
        raise EntryNotFound(f"A file with this name doesn't exist: {change.path}", head)


def _name_large_files(
    blobs: Blobs, files: dict[str, Entry], staged: Sequence[Staged], arrival: Arrival
) -> list[Staged]:
    """Let .gitattributes name all large files, without which a clone has only their pointers."""
    large = [path for path, entry in files.items() if entry.is_lfs]
    kept = files.get(GIT_ATTRIBUTES)
    if not large or (kept and (kept.is_lfs or kept.size_bytes > _MAX_ATTRIBUTES_BYTES)):
        return []
    text = ""
    if kept and kept.sha256:
        new = [content.path for content in staged if content.sha256 == kept.sha256]
        text = (new or [blobs.path(kept.sha256)])[0].read_text("utf-8", "surrogateescape")
    content = attributes.completed(text, large)
    if content == text:
        return []
    written = content.encode("utf-8", "surrogateescape")
    arrival.write(written)
    done = arrival.finish()
    oid = trees.git_oid(written)
    files[GIT_ATTRIBUTES] = Entry(GIT_ATTRIBUTES, oid, done.size_bytes, done.sha256)
    return [done]


def _added(db: sqlite3.Connection, repo: int, change: AddFile | AddLarge) -> Entry:
    """The file that an addition leads to; the pointer of a large file stands for that file."""
    if isinstance(change, AddFile):
        staged, pointer = change.staged, None
        if staged.size_bytes <= MAX_POINTER_BYTES:
            pointer = parse_pointer(staged.path.read_bytes())
        if pointer is None:
            return Entry(change.path, change.git_oid, staged.size_bytes, staged.sha256)
        change = AddLarge(change.path, *pointer)
    size_bytes = held_size(db, repo, change.sha256)
    if size_bytes is None or change.size_bytes not in (None, size_bytes):
        raise BadRequest(
            f"{change.path}: no content {change.sha256[:12]} of {change.size_bytes} bytes was"
            " uploaded to this repo. Upload it first."
        )
    oid = trees.git_oid(pointer_text(change.sha256, size_bytes))
    return Entry(change.path, oid, size_bytes, change.sha256, is_lfs=True)


def describe_tree(db: sqlite3.Connection, blobs: Blobs, repo: int, tree: str) -> Metadata:
    """What README.md and config.json of a root folder say."""
    readme, config = (
        blobs.path(entry.sha256).read_bytes()
        if (entry := trees.find(db, repo, tree, name))
        and entry.sha256
        and entry.size_bytes <= MAX_BYTES
        else None
        for name in ("README.md", "config.json")
    )
    return read_metadata(readme, config)
