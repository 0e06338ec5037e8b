"""Git's objects as bytes: ids, trees, commits, LFS pointers, and a pack that carries them.

Only what a Hub keeps: files, executable files and folders; no links, no submodules. Formats:
git's documentation (gitformat-pack, git-mktree, git-commit-tree) and git-lfs' docs/spec.md.
Try: python -c "from hub.server.git_objects import object_id; print(object_id('blob', b'hello'))"
"""

import hashlib
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.server.refusals import BadRequest

FOLDER, FILE, EXECUTABLE = "40000", "100644", "100755"
_TYPES = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
_ID_BYTES = 20
MAX_POINTER_BYTES = 200
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\n"
    rb"size (0|[1-9][0-9]{0,17})\n"
)
_TAGGED = re.compile(rb"object ([0-9a-f]{40})\ntype commit\n")
_PERSON = re.compile(r"(.*?) ?<[^<>]*> (-?\d+) [+-]\d+")


@dataclass(frozen=True)
class TreeRow:
    """A file or folder as git lists it; `mode` is FOLDER, FILE, EXECUTABLE, or one not kept."""

    mode: str
    name: str
    oid: str


@dataclass(frozen=True)
class CommitText:
    """What a commit object says."""

    tree: str
    parents: tuple[str, ...]
    title: str
    message: str
    author: str
    created_ms: int


@dataclass(frozen=True)
class GitObject:
    """An object to be packed; a `content` that is a path is read when its turn comes."""

    kind: str
    content: bytes | Path


def object_id(kind: str, content: bytes) -> str:
    """Git's id of an object."""
    header = f"{kind} {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def pointer_text(sha256: str, size_bytes: int) -> bytes:
    """The file that git keeps in place of a large one."""
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size_bytes}\n"
    return text.encode()


def parse_pointer(content: bytes) -> tuple[str, int] | None:
    """(sha256, bytes) of the large file that a pointer stands for; None: it is not a pointer."""
    match = _POINTER.fullmatch(content)
    return (match[1].decode(), int(match[2])) if match else None


def encode_tree(rows: Iterable[TreeRow]) -> bytes:
    """The tree object that lists these rows."""
    ordered = sorted(rows, key=lambda row: row.name + ("/" if row.mode == FOLDER else ""))
    return b"".join(f"{row.mode} {row.name}\0".encode() + bytes.fromhex(row.oid) for row in ordered)


def decode_tree(content: bytes) -> list[TreeRow]:
    """The rows of a tree object that git has checked.

    Raises:
        BadRequest: a name is not UTF-8.
    """
    rows, start = [], 0
    while start < len(content):
        space, end = content.index(b" ", start), content.index(b"\0", start)
        mode = content[start:space].decode()
        try:
            name = content[space + 1 : end].decode()
        except UnicodeDecodeError as error:
            shown = content[space + 1 : end][:100]
            raise BadRequest(f"The file name {shown!r} is not UTF-8; rename it.") from error
        start = end + 1 + _ID_BYTES
        oid = content[end + 1 : start].hex()
        rows.append(TreeRow(mode, name, oid))
    return rows


def encode_commit(
    tree: str, parent: str | None, title: str, message: str, author: str, created_ms: int
) -> bytes:
    """The commit object for a commit that was made here, in UTC."""
    person = f"{author} <{author}@localhost> {created_ms // 1000} +0000"
    lines = [f"tree {tree}", *([f"parent {parent}"] if parent else [])]
    lines += [f"author {person}", f"committer {person}", ""]
    text = title + (f"\n\n{message}" if message else "")
    lines.append(text.replace("\0", "") + "\n")
    return "\n".join(lines).encode()


def decode_commit(content: bytes) -> CommitText:
    """What a commit object that git has checked says; text that cannot be read is replaced."""
    head, _, body = content.partition(b"\n\n")
    # continuation lines, as of a signature, begin with a space
    fields = [line.split(b" ", 1) for line in head.split(b"\n") if not line.startswith(b" ")]
    values: dict[bytes, list[bytes]] = {}
    for name, *rest in fields:
        values.setdefault(name, []).append(b" ".join(rest))
    encoding = values.get(b"encoding", [b"utf-8"])[0]
    text = _decoded(body, encoding).strip()
    title, _, message = text.partition("\n")
    author = _PERSON.fullmatch(_decoded(values[b"author"][0], encoding))
    committer = _PERSON.fullmatch(_decoded(values[b"committer"][0], encoding))
    return CommitText(
        values[b"tree"][0].decode(),
        tuple(parent.decode() for parent in values.get(b"parent", [])),
        title,
        message.strip(),
        author[1] if author else "",
        int(committer[2]) * 1000 if committer else 0,
    )


def tagged_commit(content: bytes) -> str | None:
    """The commit that an annotated tag is for; None if it is for something else."""
    match = _TAGGED.match(content)
    return match[1].decode() if match else None


def _decoded(text: bytes, encoding: bytes) -> str:
    try:
        decoded = text.decode(encoding.decode("ascii", "replace"), "replace")
    except (LookupError, UnicodeError):  # no such encoding, or one that is not for text
        decoded = text.decode("utf-8", "replace")
    return decoded.encode("utf-8", "replace").decode()  # utf-7 can name halves of a surrogate pair


def pack(objects: Sequence[GitObject]) -> Iterator[bytes]:
    """A pack of whole objects, in pieces, for `git index-pack`."""
    digest = hashlib.sha1(usedforsecurity=False)
    for piece in _packed(objects):
        digest.update(piece)
        yield piece
    yield digest.digest()


def _packed(objects: Sequence[GitObject]) -> Iterator[bytes]:
    yield b"PACK" + struct.pack(">II", 2, len(objects))
    for item in objects:
        content = item.content if isinstance(item.content, bytes) else item.content.read_bytes()
        size = len(content)
        first = _TYPES[item.kind] << 4 | size & 15
        size >>= 4
        header = bytearray()
        while size:
            header.append(first | 0x80)
            first, size = size & 0x7F, size >> 7
        header.append(first)
        yield bytes(header) + zlib.compress(content, 1)
