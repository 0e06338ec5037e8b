"""A push as git hands it over: read from git's quarantine, checked, and kept in the store.

Git runs this as its pre-receive hook. A push that is refused here leaves nothing behind; what
this prints is shown to the person who pushed. Force pushes are taken (the commits left behind stay
readable by their ids). Not kept, and so refused: files over 10 MiB and binary files that do not
come by LFS, links, submodules, and refs that are neither branch nor tag.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from hub.server import git, trees
from hub.server.blobs import Staged
from hub.server.git_objects import (
    EXECUTABLE,
    FILE,
    FOLDER,
    MAX_POINTER_BYTES,
    TreeRow,
    decode_commit,
    decode_tree,
    object_id,
    parse_pointer,
    tagged_commit,
)
from hub.server.imports import Push, RefMove
from hub.server.names import Repo
from hub.server.refusals import BadRequest, Refusal
from hub.server.store import Store
from hub.server.trees import Entry, check_path

MAX_FILE_BYTES = 10 * 2**20
_LOOKED_AT_BYTES = 8000  # where git itself looks for a NUL byte to call a file binary
_REF = re.compile(r"refs/(heads|tags)/(.+)")
_MAX_SHOWN = 20
_LARGE = "files larger than 10 MiB. Track them with git-lfs, or upload them with huggingface_hub"
_BINARY = "binary files. Track them with git-lfs, or upload them with huggingface_hub"
_MISSING = (
    "LFS pointers to contents that were not uploaded to this repo. Run `git lfs push --all REMOTE`"
)
_KIND = "links or submodules, which this Hub does not keep. Put the files themselves there"


class _Reading:
    """What is read of one push, and what is wrong with its files."""

    def __init__(self, store: Store, repo: Repo, objects: git.Objects, stack: ExitStack) -> None:
        self.contents: list[Staged] = []
        self.folders: dict[str, list[Entry]] = {}
        self.problems: dict[str, list[str]] = {}
        self._files: dict[str, Entry] = {}  # by git's id
        self._store, self._repo, self._objects, self._stack = store, repo, objects, stack

    def know(self, commit: str) -> None:
        """Take the files of a commit that the store has as read, good or not."""
        known = self._store.entries(self._repo, self._store.commit_at(self._repo, commit))
        self._files |= {entry.oid: entry for entry in known.values() if not entry.is_folder}

    def folder(self, oid: str, path: str) -> None:
        """Read a folder with all it holds."""
        if oid in self.folders or self._store.has_folder(self._repo, oid):
            return
        rows = decode_tree(self._objects.read(oid))
        entries = [self._entry(row, f"{path}/{row.name}" if path else row.name) for row in rows]
        self.folders[oid] = [entry for entry in entries if entry is not None]
        written = object_id("tree", trees.git_tree(self.folders[oid]))
        if written != oid and not self.problems:
            raise BadRequest(f"The folder {path or '/'} is not written as git writes it ({oid}).")

    def _entry(self, row: TreeRow, path: str) -> Entry | None:
        check_path(path)
        if row.mode == FOLDER:
            self.folder(row.oid, path)
            return Entry(row.name, row.oid, 0, None)
        if row.mode not in (FILE, EXECUTABLE):
            self._refuse(_KIND, path)
            return None
        if row.oid not in self._files:
            entry = self._file(row.oid, path)
            if entry is None:
                return None
            self._files[row.oid] = entry
        known = self._files[row.oid]
        return replace(known, path=row.name, is_executable=row.mode == EXECUTABLE)

    def _file(self, oid: str, path: str) -> Entry | None:
        """A file that the store does not know yet; None if it is not to be kept."""
        header = self._objects.look_up(oid)
        assert header, f"git has no object {oid} for {path}"
        if header[1] > MAX_FILE_BYTES:
            self._refuse(_LARGE, path)
            return None
        content = self._objects.read(oid)
        pointer = parse_pointer(content) if len(content) <= MAX_POINTER_BYTES else None
        if pointer:
            sha256, size_bytes = pointer
            if self._store.held_size(self._repo, sha256) != size_bytes:
                self._refuse(_MISSING, path)
                return None
            return Entry(path, oid, size_bytes, sha256, is_lfs=True)
        if b"\0" in content[:_LOOKED_AT_BYTES]:
            self._refuse(_BINARY, path)
            return None
        arrival = self._stack.enter_context(self._store.blobs.arrive())
        arrival.write(content)
        staged = arrival.finish()
        self.contents.append(staged)
        return Entry(path, oid, staged.size_bytes, staged.sha256)

    def _refuse(self, problem: str, path: str) -> None:
        names = self.problems.setdefault(problem, [])
        if path not in names:
            names.append(path)


def receive(store: Store, repo: Repo, mirror: Path, moves: Sequence[RefMove]) -> None:
    """Check the commits that these moves lead to, which git holds in quarantine, and keep them.

    Raises:
        Refusal: the push is not to be had; nothing of it is kept.
    """
    with git.Objects(mirror) as objects, ExitStack() as stack:
        moves = [_resolved(objects, move) for move in moves]
        new = [move.new for move in moves if move.new]
        commits = {oid: objects.read(oid) for oid in _new_commits(mirror, new)}
        reading = _Reading(store, repo, objects, stack)
        decoded = [decode_commit(content) for content in commits.values()]
        for parent in {parent for commit in decoded for parent in commit.parents} - commits.keys():
            reading.know(parent)
        for commit in decoded:
            reading.folder(commit.tree, "")
        if reading.problems:
            raise BadRequest(_explained(reading.problems))
        folders = list(reading.folders.values())
        store.accept(repo, Push(reading.contents, folders, list(commits.values()), moves))


def _new_commits(mirror: Path, heads: Sequence[str]) -> list[str]:
    """The commits that no branch or tag led to so far, oldest first."""
    if not heads:
        return []
    command = [git.program(), "rev-list", "--topo-order", "--reverse", *heads, "--not", "--all"]
    listed = subprocess.run(command, cwd=mirror, check=True, capture_output=True, text=True)
    return listed.stdout.split()


def _resolved(objects: git.Objects, move: RefMove) -> RefMove:
    """The move as one to a commit, with what an annotated tag says beside that.

    Raises:
        BadRequest: it leads to something else.
    """
    if move.new is None:
        return move
    kind, _ = objects.look_up(move.new) or ("nothing", 0)
    if kind == "tag" and move.kind == "tag":
        content = objects.read(move.new)
        if commit := tagged_commit(content):
            return replace(move, new=commit, annotation=content)
    if kind != "commit":
        raise BadRequest(f"{move.kind} {move.name} would lead to a {kind}, not to a commit.")
    return move


def _explained(problems: dict[str, list[str]]) -> str:
    lines = []
    for problem, paths in problems.items():
        lines += [f"Your push was rejected because it contains {problem}.", "Offending files:"]
        lines += [f"  - {path}" for path in paths[:_MAX_SHOWN]]
        lines += [f"  and {len(paths) - _MAX_SHOWN} more"] if len(paths) > _MAX_SHOWN else []
    return "\n".join([*lines, "They must not be in any commit of the push."])


def parse_moves(lines: Iterable[str]) -> list[RefMove]:
    """What git gives its pre-receive hook: `OLD NEW REF` a line.

    Raises:
        BadRequest: a ref is neither branch nor tag.
    """
    moves = []
    for line in lines:
        old, new, name = line.rstrip("\n").split(" ", 2)
        match = _REF.fullmatch(name)
        if match is None:
            raise BadRequest(f"{name} is neither a branch nor a tag, which is all that is kept.")
        kind = "branch" if match[1] == "heads" else "tag"
        before, after = (None if set(oid) == {"0"} else oid for oid in (old, new))
        moves.append(RefMove(kind, match[2], before, after))
    return moves


def main(root: str, key: str) -> int:
    """Run as git's hook, in the mirror's folder; returns the exit status."""
    store = Store(Path(root))
    try:
        receive(store, store.by_key(int(key)), Path.cwd(), parse_moves(sys.stdin))
    except Refusal as error:
        line = "-" * 72
        print(line, error, line, sep="\n", file=sys.stderr)
        return 1
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
