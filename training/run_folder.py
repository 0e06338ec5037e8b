"""The folder of a run: whose it is, and which of its stages are done.

Owns stages.json, which stays on this machine: the identity (settings and data that decide the
weights) and, for each finished stage, the key that it was made from and what it gave. A stage with
the same key is not done again; a folder of another identity is refused.

Try: cat RUN_DIR/stages.json
"""

import json
from collections.abc import Mapping
from pathlib import Path

from inference.errors import ConfigError
from inference.whole_file import write_whole
from training.checkpoints import refuse_difference

FILE_NAME = "stages.json"


class RunFolder:
    """One output_dir of one identity."""

    def __init__(self, path: Path, identity: dict[str, object]) -> None:
        self.path = path
        self.identity = identity
        self._stages: dict[str, dict[str, object]] = {}

    @staticmethod
    def open(path: Path, identity: dict[str, object]) -> "RunFolder":
        """The folder as it is; the first write makes it.

        Raises:
            ConfigError: it holds something else, or a run of other settings or data.
        """
        folder = RunFolder(path, identity)
        file = path / FILE_NAME
        if path.exists() and not path.is_dir():
            raise ConfigError(f"output_dir {path} is a file; choose another --output_dir")
        if file.exists():
            there, folder._stages = _read(file)
            refuse_difference(f"output_dir {path}", there, identity)
        elif path.exists() and any(not _is_partial(item) for item in path.iterdir()):
            raise ConfigError(
                f"output_dir {path} is not empty and holds no run of ours; choose another "
                f"--output_dir, or empty it"
            )
        return folder

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
        write_json(self.path / FILE_NAME, {"identity": self.identity, "stages": self._stages})


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON file, whole or not at all; its folder is made if missing."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(path, text + "\n")


def _is_partial(item: Path) -> bool:
    """Whether this is what a kill left of the very first stages.json."""
    return item.name.startswith(f".{FILE_NAME}.")


def _read(file: Path) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """The identity and the stages in the file."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return content["identity"], content["stages"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{file} cannot be read ({error!r}); choose another --output_dir, or delete the folder"
        ) from None
