"""Folders of a repo as content-addressed rows: the same files give the same tree id.

A folder is one row whose text lists its entries, so a commit rewrites only the folders it
touches. All ids are git's: those of files, which clients check, and those of folders.
Try: python -c "from hub.server.trees import git_oid; print(git_oid(b'hello'))"
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from hub.server.git_objects import EXECUTABLE, FILE, FOLDER, TreeRow, encode_tree, object_id
from hub.server.refusals import BadRequest

_MAX_NAME_BYTES = 255
_MAX_PATH_BYTES = 2048
_MAX_DEPTH = 64


@dataclass(frozen=True)
class Entry:
    """A file, or a folder (`sha256` is None), at a path of one commit."""

    path: str
    oid: str  # git's blob id; of the pointer when is_lfs
    size_bytes: int
    sha256: str | None
    is_lfs: bool = False
    is_executable: bool = False

    @property
    def is_folder(self) -> bool:
        """True when this names a folder."""
        return self.sha256 is None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def mode(self) -> str:
        """What git calls the kind of the entry."""
        return FOLDER if self.is_folder else EXECUTABLE if self.is_executable else FILE


def check_path(path: str) -> str:
    """The path itself, if it may name a file of a repo.

    Raises:
        BadRequest: it is absolute, has empty, `.`, `..` or `.git` segments, backslashes,
            control characters, or is too long for a file system.
    """
    segments = path.split("/")
    reason = None
    if "\\" in path or any(ord(letter) < 32 or ord(letter) == 127 for letter in path):
        reason = "it has a backslash or a control character"
    elif any(segment in ("", ".", "..") for segment in segments):
        reason = "it is absolute or has an empty, '.' or '..' segment"
    elif any(segment.lower() == ".git" for segment in segments):
        reason = "'.git' belongs to git"
    elif not _fits(path, segments):
        reason = (
            f"over {_MAX_NAME_BYTES} bytes a name, {_MAX_PATH_BYTES} bytes or {_MAX_DEPTH} folders"
        )
    if reason:
        raise BadRequest(f"Invalid path in repo {path[:200]!r}: {reason}. Use 'folder/file.txt'.")
    return path


def _fits(path: str, segments: list[str]) -> bool:
    try:
        sizes = [len(segment.encode()) for segment in segments]
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    total = sum(sizes) + len(sizes) - 1
    return max(sizes) <= _MAX_NAME_BYTES and total <= _MAX_PATH_BYTES and len(sizes) <= _MAX_DEPTH


def git_oid(content: bytes) -> str:
    """Git's id of a blob with this content."""
    return object_id("blob", content)


def git_tree(entries: Iterable[Entry]) -> bytes:
    """The tree object of a folder that holds these entries."""
    return encode_tree(TreeRow(entry.mode, entry.name, entry.oid) for entry in entries)


def write_tree(db: sqlite3.Connection, repo: int, files: Mapping[str, Entry]) -> str:
    """Store the folders that hold these files (path -> entry) and return the id of the root.

    Raises:
        BadRequest: one path is at once a file and a folder.
    """
    folders: dict[str, Mapping[str, Entry] | Entry] = {}
    inside: dict[str, dict[str, Entry]] = {}
    for path, entry in files.items():
        name, _, rest = path.partition("/")
        if rest:
            inside.setdefault(name, {})[rest] = entry
        else:
            folders[name] = entry
    clash = folders.keys() & inside.keys()
    if clash:
        raise BadRequest(f"{sorted(clash)[0]!r} would be both a file and a folder; delete one.")
    folders.update(inside)
    return write_folder(
        db,
        repo,
        [
            replace(item, path=name)
            if isinstance(item, Entry)
            else Entry(name, write_tree(db, repo, item), 0, None)
            for name, item in folders.items()
        ],
    )


def write_folder(db: sqlite3.Connection, repo: int, entries: Iterable[Entry]) -> str:
    """Store one folder, whose entries are named from there, and return its id."""
    ordered = sorted(entries, key=lambda entry: entry.path)
    rows = [[e.path, e.oid, e.size_bytes, e.sha256, e.is_lfs, e.is_executable] for e in ordered]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    oid = object_id("tree", git_tree(ordered))
    db.execute("INSERT OR IGNORE INTO tree VALUES (?, ?, ?)", (repo, oid, text))
    return oid


def has_folder(db: sqlite3.Connection, repo: int, oid: str) -> bool:
    """True if the repo knows the folder with this id."""
    row = db.execute("SELECT 1 FROM tree WHERE repo = ? AND oid = ?", (repo, oid)).fetchone()
    return row is not None


def read_folder(db: sqlite3.Connection, repo: int, oid: str, folder: str = "") -> list[Entry]:
    """The entries of the folder `folder` whose tree id is `oid`, by name."""
    (text,) = db.execute("SELECT rows FROM tree WHERE repo = ? AND oid = ?", (repo, oid)).fetchone()
    prefix = f"{folder}/" if folder else ""
    return [Entry(prefix + name, *rest) for name, *rest in json.loads(text)]


def walk(db: sqlite3.Connection, repo: int, oid: str, folder: str = "") -> Iterator[Entry]:
    """All files and folders below a folder, each folder before what it holds."""
    for entry in read_folder(db, repo, oid, folder):
        yield entry
        if entry.is_folder:
            yield from walk(db, repo, entry.oid, entry.path)


def find(db: sqlite3.Connection, repo: int, root: str, path: str) -> Entry | None:
    """The entry at `path` below the root tree; the root itself for ''; None if there is none."""
    entry = Entry("", root, 0, None)
    for segment in path.split("/") if path else []:
        if not entry.is_folder:
            return None
        below = f"{entry.path}/{segment}" if entry.path else segment
        match = [e for e in read_folder(db, repo, entry.oid, entry.path) if e.path == below]
        if not match:
            return None
        entry = match[0]
    return entry
