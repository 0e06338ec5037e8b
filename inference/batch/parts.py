"""Parts: a long output on its way, in pieces that a killed command can build on.

Beside OUT lies the folder OUT.parts: journal.json says what is being made of what, and every part
is written whole or not at all. A command that finds a journal equal to its own goes on after the
last part; so no row is lost or written twice, wherever the one before it was killed. OUT itself
appears by rename when it is whole. What is in a part is outputs.py's business.

Try: cat OUT.parts/journal.json
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from inference.core.atomic_write import write_whole
from inference.core.errors import DataError

Journal = Mapping[str, object]

_JOURNAL, _LOCK, _WHOLE = "journal.json", "lock", "whole"


@dataclass
class Parts:
    """The parts that are there, in their order; made by opened().

    rejected: rows of these parts that have no scores.
    """

    target: Path
    paths: list[Path] = field(default_factory=list)
    rejected: int = 0

    @property
    def folder(self) -> Path:
        return _folder(self.target)

    def add(self, content: bytes, rejected: int) -> None:
        """Keep one more part, on the disk before this returns."""
        # The count stands in the name, so that it is as whole as the part.
        path = self.folder / f"{len(self.paths):06}-{rejected}.part"
        write_whole(path, content)
        self.paths.append(path)
        self.rejected += rejected

    def finish(self, join: Callable[[Sequence[Path], IO[bytes]], None]) -> None:
        """Put the target in its place, joined from the parts, and forget them."""
        whole = self.folder / _WHOLE
        with whole.open("wb") as file:
            join(self.paths, file)
            file.flush()
            os.fsync(file.fileno())
        whole.replace(self.target)
        shutil.rmtree(self.folder)


@contextmanager
def opened(target: Path, journal: Journal) -> Iterator[Parts]:
    """Take up the parts of a target, or begin them.

    Raises:
        DataError: another process is at it, or the parts there are of another command.
    """
    folder = _folder(target)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(
                f"Another process is writing {target}. Wait for it, or name another output."
            ) from None
        earlier = read_journal(target)
        if earlier is None:
            write_whole(folder / _JOURNAL, json.dumps(journal, indent=1) + "\n")
        elif earlier != dict(journal):
            changed = [key for key in journal if earlier.get(key) != journal[key]]
            raise DataError(
                f"{folder} holds an unfinished output of another command: {', '.join(changed)} "
                "differ. Run that command again to finish it, or remove the folder to begin anew."
            )
        yield _there(target)


def read_journal(target: Path) -> dict[str, object] | None:
    """Return what was begun for a target, or None."""
    path = _folder(target) / _JOURNAL
    if not path.is_file():
        return None
    journal: dict[str, object] = json.loads(path.read_text("utf-8"))
    return journal


def _folder(target: Path) -> Path:
    return target.with_name(f"{target.name}.parts")


def _there(target: Path) -> Parts:
    parts = Parts(target)
    for path in sorted(_folder(target).glob("*.part")):
        if path.name.startswith("."):
            continue  # cut off while it was written
        number, _, rejected = path.stem.partition("-")
        assert int(number) == len(parts.paths), f"{path} does not follow {parts.paths[-1:]}"
        parts.paths.append(path)
        parts.rejected += int(rejected)
    return parts
