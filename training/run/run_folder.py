"""The folder of a run: whose it is, which of its stages are done, and which process works in it.

Owns stages.json, which stays on this machine: the identity (settings and data that decide the
weights) and, for each finished stage, the key that it was made from and what it gave. A stage with
the same key is not done again; a folder of another identity is refused. Owns .lock too, so that two
processes never write into one folder: a training outlives the shell or the demo that started it.

Try: cat RUN_DIR/stages.json
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from inference.core.atomic_write import write_whole
from inference.core.errors import ConfigError
from inference.runs.contract import STAGES_FILE

STUDY_FOLDER = Path("results") / "study"
"""Where the search lies that chose the settings of the run, if one did."""
_LOCK = ".lock"
# Long enough for most trainings to end by themselves, and far less than the 30 minutes after which
# the other processes of a distributed run would give up waiting for the one that waits here.
_PATIENCE_S = 5 * 60.0
_LOOK_EVERY_S = 0.2
# What a kill leaves half written: .run.json.4711, .model.safetensors.partial, .export-x1y2/
_LEFTOVER = re.compile(r"\.(.+\.(\d+|partial)|export-.+)")


class RunFolder:
    """One output_dir of one identity."""

    def __init__(self, path: Path, identity: dict[str, object]) -> None:
        self.path = path
        self.identity = identity
        self._stages: dict[str, dict[str, object]] = {}
        self._lock: TextIO | None = None

    @staticmethod
    def open(path: Path, identity: dict[str, object]) -> "RunFolder":
        """The folder as it is; the first write makes it.

        Raises:
            ConfigError: it holds something else, or a run of other settings or data.
        """
        folder = RunFolder(path, identity)
        folder._look()
        return folder

    def _look(self) -> None:
        path = self.path
        file = path / STAGES_FILE
        if path.exists() and not path.is_dir():
            raise ConfigError(f"output_dir {path} is a file; choose another --output_dir")
        if file.exists():
            there, self._stages = _read(file)
            refuse_difference(f"output_dir {path}", there, self.identity)
        elif path.exists() and any(not _is_ours(item) for item in path.iterdir()):
            raise ConfigError(
                f"output_dir {path} is not empty and holds no run of ours; choose another "
                f"--output_dir, or empty it"
            )

    def hold(self, patience_s: float = _PATIENCE_S) -> None:
        """Keep other processes out until this one ends, and see what they left.

        One that is at work in the folder is waited for: a training whose launcher was killed goes
        on, and what it makes is used. Then what a kill left half written is removed.

        Raises:
            ConfigError: the other process is still at work, or has made it a run of other settings.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        lock = (self.path / _LOCK).open("a+", encoding="utf-8")
        _wait_for(lock, self.path, patience_s)
        self._lock = lock  # open as long as this object lives
        self._look()
        for item in sorted(self.path.rglob(".*")):
            if _LEFTOVER.fullmatch(item.name):
                shutil.rmtree(item) if item.is_dir() else item.unlink(missing_ok=True)

    def find(self, stage: str, key: object) -> dict[str, object] | None:
        """What the stage gave, if it was done from this key."""
        done = self._stages.get(stage)
        return dict(done["gave"]) if done and done["key"] == key else None  # type: ignore[call-overload]

    def record(self, stage: str, key: object, gave: Mapping[str, object]) -> None:
        """Note that the stage is done; what it made is already in the folder."""
        self._stages[stage] = {"key": key, "gave": dict(gave)}
        self.write()

    def write(self) -> None:
        """Make the folder ours on the disk."""
        write_json(self.path / STAGES_FILE, {"identity": self.identity, "stages": self._stages})


def stage_there(path: Path, stage: str) -> Mapping[str, object]:
    """What a stage gave in a folder, whoever's it is; {} where it is not done.

    Raises:
        ConfigError: its stages.json cannot be read.
    """
    file = path / STAGES_FILE
    done = _read(file)[1].get(stage) if file.is_file() else None
    return dict(done["gave"]) if done else {}  # type: ignore[call-overload]


def identity_there(path: Path) -> dict[str, object]:
    """Whose run lies in a folder; {} where none does.

    Raises:
        ConfigError: its stages.json cannot be read.
    """
    file = path / STAGES_FILE
    return _read(file)[0] if file.is_file() else {}


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON file, whole or not at all; its folder is made if missing."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(path, text + "\n")


def sha256_of(path: Path) -> str:
    """sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _wait_for(lock: TextIO, folder: Path, patience_s: float) -> None:
    """Take the lock, and write into it who has it.

    A POSIX lock: it ends with its process, however that ends, and no child inherits it.
    """
    deadline = time.monotonic() + patience_s
    is_said = False
    while True:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except (BlockingIOError, PermissionError):  # which of them is the system's choice
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
        if time.monotonic() >= deadline:
            raise ConfigError(
                f"process {holder} is at work in output_dir {folder}; wait until it has ended, end "
                f"it with kill {holder}, or choose another --output_dir"
            )
        if not is_said:
            wait = f"waiting up to {patience_s:.0f} s for it (Ctrl-C leaves it alone)"
            print(f"process {holder} is at work in {folder}; {wait}", flush=True)
            is_said = True
        time.sleep(_LOOK_EVERY_S)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()


def _is_ours(item: Path) -> bool:
    """Whether this may lie in a folder whose first stages.json was never finished."""
    return item.name == _LOCK or item.name.startswith(f".{STAGES_FILE}.")


def _read(file: Path) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """The identity and the stages in the file."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return content["identity"], content["stages"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{file} cannot be read ({error!r}); choose another --output_dir, or delete the folder"
        ) from None


def refuse_difference(what: str, there: dict[str, object], asked: dict[str, object]) -> None:
    """Raise ConfigError naming every entry in which two identities differ, if any does."""
    names = [name for name in {**there, **asked} if there.get(name) != asked.get(name)]
    if names:
        listed = "; ".join(f"{n} is {there.get(n)} there, {asked.get(n)} asked" for n in names)
        raise ConfigError(
            f"{what} belongs to another run: {listed}. Choose another --output_dir, or delete that "
            f"folder to start over"
        )
