"""Lines of JSON that are added and never changed: a file a process, each line on the disk at once.

    FOLDER/20261121T171500Z-4711-9f2c41aa.jsonl

Owns the writing: a line is there whole or not at all, whatever kills the process or fills the disk.
What a line means is the business of who adds it.

Try: python -c "from pathlib import Path; from inference.core.jsonl_log import Lines; \
Lines(Path('DIR')).append({'said': 'yes'})"
"""

import errno
import json
import os
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from inference.core.errors import FeedbackError


class Lines:
    """The lines that this process adds to a folder; safe to share between threads.

    `lock` is held while a line is written, so that whoever holds it sees whole lines only.
    """

    def __init__(self, folder: Path) -> None:
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}-{uuid4().hex[:8]}.jsonl"
        self.folder = folder
        self.lock = threading.Lock()
        self._path = folder / name

    def append(self, record: Mapping[str, object]) -> None:
        """Add a line; once this returns, it is on the disk.

        Raises:
            FeedbackError: it could not be written, and nothing of it is kept.
        """
        # Half of a surrogate pair becomes \ud800, which is how JSON writes it.
        line = json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        with self.lock:
            try:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                is_new = not self._path.exists()
                _append_whole(self._path, line)
                if is_new:
                    _sync_folder(self.folder)
            except OSError as error:
                raise FeedbackError(
                    f"Your answer was not kept: {self.folder} cannot be written to "
                    f"({error.strerror}). Try again later, or tell the owner of this Space."
                ) from error


def _append_whole(path: Path, line: bytes) -> None:
    """Add a line that is on the disk when this returns, or leave the file as it was."""
    with path.open("ab", buffering=0) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        try:
            if file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
            # The kernel's clock ticks every few milliseconds, and CommitScheduler of
            # huggingface_hub 2.4 takes a file with the same time of change for one it has sent.
            os.utime(file.fileno(), ns=(time.time_ns(), time.time_ns()))
        except OSError:
            # Half a line would swallow the next one.
            file.truncate(size_bytes)
            raise


def _sync_folder(folder: Path) -> None:
    """Bring the name of a new file to the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
