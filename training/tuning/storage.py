"""Where a search lies: its folder, and the database that keeps it; and whether both are its own.

Owns OUTPUT_DIR/trials/.study, which names the study and its storage: the trials of a second one in
the same folder would find those of the first. What is kept there is study.py's and trials.py's.

Try: python -m training.tune --train_file tweets.csv --output_dir runs/a --study_name second
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from inference.core.atomic_write import write_whole
from inference.core.errors import ConfigError, DataError
from inference.runs.study import STUDY_FILE, load_study

DATABASE, TRIALS = "study.db", "trials"
_MARK = ".study"
_HERE = "a file in it"
_EXPECTED = "expected such as sqlite:///study.db or postgresql://user@host/database"


@dataclass(frozen=True)
class StudyStorage:
    """The folder of a search, its study's name there, and the URL of its database.

    storage: None is a file in the folder.
    """

    folder: Path
    study_name: str
    storage: str | None

    def url(self) -> str:
        """The URL of the database.

        Raises:
            ConfigError: it is none that several processes can share.
        """
        if not self.storage:
            return f"sqlite:///{(self.folder / DATABASE).resolve()}"
        parts = _parts(self.storage)
        kind = parts.get_backend_name()
        if kind.startswith("redis"):
            raise ConfigError(f"--storage is on {kind}, which keeps no study; {_EXPECTED}")
        if kind == "sqlite" and parts.database in (None, "", ":memory:"):
            raise ConfigError(f"--storage {self.storage} is kept in memory only; {_EXPECTED}")
        return self.storage

    def refuse_foreign(self) -> None:
        """Write nothing, and return if the folder is new, empty or that of this very study.

        Raises:
            ConfigError: it is a file, or holds another study, a run or other things.
        """
        folder = self.folder
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"output_dir {folder} is a file; choose another --output_dir")
        mark = _marked(folder)
        if mark is None:
            if folder.exists() and not all(_is_left_of_a_start(item) for item in folder.iterdir()):
                raise ConfigError(
                    f"output_dir {folder} is not empty and holds no search of ours; choose another "
                    "--output_dir, or empty it"
                )
        elif mark.study_name != self.study_name:
            raise ConfigError(
                f"output_dir {folder} holds the study {mark.study_name!r}, and {self.study_name!r}"
                " was asked for; choose another --output_dir, or carry on with --study_name "
                f"{mark.study_name!r}"
            )
        elif mark.storage not in (None, self._shown_storage()):
            raise ConfigError(
                f"the study in output_dir {folder} is kept in {mark.storage}, and "
                f"{self._shown_storage()} was asked for; choose another --output_dir, or give the "
                f"same --storage (if that database moved, delete {folder / TRIALS / _MARK})"
            )

    def mark(self) -> None:
        """Note whose folder it is; where no other process looks at the same time."""
        path = self.folder / TRIALS / _MARK
        if not path.exists():
            content = asdict(_Mark(self.study_name, self._shown_storage()))
            write_whole(path, json.dumps(content, ensure_ascii=False) + "\n")

    def _shown_storage(self) -> str:
        return hide_password(self.storage) if self.storage else _HERE


@dataclass(frozen=True)
class _Mark:
    """What a folder says of its study. storage: None where an older program did not say."""

    study_name: str
    storage: str | None


def hide_password(url: str) -> str:
    """The URL of a database without password and options."""
    return _parts(url).set(query={}).render_as_string(hide_password=True)


def _parts(url: str) -> URL:
    """Raises ConfigError where it is no URL of a database."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # ValueError: the port is no number
        # not said as it is: a password may be in it
        raise ConfigError(f"--storage is no URL of a database; {_EXPECTED}") from None


def _marked(folder: Path) -> _Mark | None:
    """Which study the folder is of; None if it does not say so."""
    path = folder / TRIALS / _MARK
    try:
        if path.is_file():
            return _Mark(**json.loads(path.read_text("utf-8")))
        if (folder / TRIALS).is_dir() and (folder / STUDY_FILE).is_file():
            return _Mark(load_study(folder / STUDY_FILE).name, None)
    except (OSError, ValueError, TypeError, DataError) as error:
        raise ConfigError(
            f"output_dir {folder} does not say of which study it is ({error}); choose another "
            "--output_dir, or delete that folder"
        ) from None
    return None


def _is_left_of_a_start(item: Path) -> bool:
    """Whether this may lie in a folder whose first search was killed before it could mark it."""
    if item.name == TRIALS and item.is_dir():
        return all(inner.name.startswith(".") for inner in item.iterdir())
    return item.name.startswith(DATABASE)
