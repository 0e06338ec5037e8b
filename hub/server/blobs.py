"""A folder of file contents, each under its sha256; a content is there whole or not at all.

Bytes arrive in `tmp/`, are hashed on the way, fsynced, and renamed into `blobs/`. Which repo may
refer to which content is not known here (hub/server/store.py).
"""

import contextlib
import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Staged:
    """A content that lies complete and fsynced in tmp/, not yet part of the store."""

    path: Path
    sha256: str
    size_bytes: int


class Arrival:
    """One content on its way in; leaving the `with` block removes what was not adopted."""

    def __init__(self, path: Path) -> None:
        self.size_bytes = 0
        self._path = path
        self._digest = hashlib.sha256()

    def __enter__(self) -> Self:
        self._file = self._path.open("xb")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, chunk: bytes) -> None:
        """Append a chunk."""
        self._file.write(chunk)
        self._digest.update(chunk)
        self.size_bytes += len(chunk)

    def finish(self) -> Staged:
        """The complete content, safe on disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()  # a commit stages any number of files before it ends
        return Staged(self._path, self._digest.hexdigest(), self.size_bytes)


class Blobs:
    """The contents below `root`, shared by any number of processes."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "blobs"
        self._tmp = root / "tmp"
        for folder in (self._folder, self._tmp):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = (root / "lock").open("wb")
        self._sweep()

    def close(self) -> None:
        """Let go of the folder."""
        self._lock.close()

    def path(self, sha256: str) -> Path:
        """Where the content of this sha256 lies, or would lie."""
        return self._folder / sha256

    def arrive(self) -> Arrival:
        """A new place in tmp/ to stream a content into."""
        return Arrival(self._tmp / uuid.uuid4().hex)

    def adopt(self, contents: Iterable[Staged]) -> None:
        """Move staged contents into the folder. The caller holds the database's write lock."""
        for staged in contents:
            if self.path(staged.sha256).exists():
                staged.path.unlink(missing_ok=True)
            else:
                staged.path.replace(self.path(staged.sha256))
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def remove(self, sha256: str) -> None:
        """Forget a content. The caller holds the write lock; open downloads keep their file."""
        self.path(sha256).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Empty tmp/ of what a killed server left, unless another process is at work here."""
        with contextlib.suppress(BlockingIOError):  # held: a server is at work, let its files be
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for leftover in self._tmp.iterdir():
                leftover.unlink()
        fcntl.flock(self._lock, fcntl.LOCK_SH)
