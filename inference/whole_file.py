"""A file that is there whole or not at all: written beside its place, then renamed into it."""

import os
from pathlib import Path


def write_whole(path: Path, content: str) -> None:
    """Write UTF-8 text with newlines as given; a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with partial.open("w", encoding="utf-8", newline="") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
