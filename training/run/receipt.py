"""run.json: what was asked, on what data, with which versions, and what came of it.

Owns the writing of the receipt, which is itself a valid --config; its form as it is read back is
inference/models/receipt.py's. It holds no text of the data and no token, and nothing that changes
when a finished run is looked at again. Holding it against the files is training/verify.py. Its seal
is no signature: it shows an edit, not who made it.

Try: python -m training.train --config RUN_DIR/run.json --output_dir runs/again
"""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import metadata
from pathlib import Path, PurePath
from typing import Any

from inference.core.atomic_write import write_whole
from inference.core.errors import ModelError
from inference.models.model_files import read_json
from inference.models.receipt import RECEIPT_FILE
from training.run.run_folder import sha256_of, write_json

SPLITS = "results/splits.json"
TOKENIZER_FILES = (
    "tokenizer*",
    "special_tokens_map.json",
    "vocab.*",
    "merges.txt",
    "*.model",
)
# What else of the run folder is vouched for. Not the card, which is made from run.json; nor files
# that somebody else may put there, such as a log.
_VOUCHED = (
    "config.json",
    "decision.json",
    "model*.safetensors*",
    # of a chat run
    "adapter_*",
    "chat.json",
    "chat_template.jinja",
    "generation_config.json",
    *TOKENIZER_FILES,
    "metrics.jsonl",
    "onnx/**/*",
    "results/**/*",
)
_PACKAGES = (
    "torch",
    "transformers",
    "tokenizers",
    "accelerate",
    "peft",
    "datasets",
    "evaluate",
    "onnxruntime",
    "onnx",
    "numpy",
    "scikit-learn",
    "safetensors",
)


_Place = str | tuple[str, ...] | None


@dataclass(frozen=True)
class Places:
    """Settings that say where something lies: a published receipt names no folder of the machine.

    The last three are of a chat run, of which the first two are of one made before.
    """

    train_file: _Place = None
    validation_file: _Place = None
    test_file: _Place = None
    output_dir: _Place = None
    model_name_or_path: _Place = None
    study: _Place = None
    compare_model_name_or_path: _Place = None
    paraphrase_model_name_or_path: _Place = None
    compare_runs: _Place = None


PATHS = tuple(field.name for field in fields(Places))


def versions() -> dict[str, str]:
    """Python's version and those of the packages on which the weights and figures depend."""
    by_package = {"python": platform.python_version()}
    for name in _PACKAGES:
        by_package[name] = metadata.version(name)
    return by_package


def write(
    run_dir: Path,
    config: Mapping[str, object],
    *,
    kind: str | None = None,
    data: Mapping[str, object],
    base: Mapping[str, object],
    fit: Mapping[str, object],
    export: Mapping[str, object],
    metrics: Mapping[str, object],
) -> None:
    """Write run.json, the last file of a run but the card; `fit` is what training recorded.

    config: the settings by name.
    kind: what sort of run, where it is none of a classifier.
    """
    content: dict[str, object] = {
        "format": 1,
        **({} if kind is None else {"kind": kind}),
        "config": config,
        "data": data,
        "base_model": base,
        **fit,
        "export": export,
        "metrics": metrics,
        "files": files(run_dir),
    }
    write_json(run_dir / RECEIPT_FILE, {**content, "seal": seal(content)})


def files(run_dir: Path) -> dict[str, str]:
    """The sha256 of every file that run.json vouches for, by its path in the run folder."""
    paths = {path for pattern in _VOUCHED for path in run_dir.glob(pattern) if path.is_file()}
    names = {path.relative_to(run_dir).as_posix(): path for path in paths}
    return {
        name: sha256_of(path)
        for name, path in sorted(names.items())
        if not path.name.startswith(".")  # half written
    }


def seal(content: Mapping[str, object]) -> str:
    """The sha256 of a receipt's content without its seal and without the folders of its paths."""
    plain: Any = json.loads(json.dumps(dict(content)))
    plain.pop("seal", None)
    config = plain.get("config", {})
    for name in PATHS:
        if config.get(name):
            config[name] = without_folders(config[name])
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def without_folders(path: str | list[str]) -> str | list[str]:
    """The last part of a path, or of each of several."""
    if isinstance(path, list):
        return [PurePath(file).name for file in path]
    return PurePath(path).name


def write_split_ids(run_dir: Path, ids: Mapping[str, Sequence[str]]) -> None:
    """Write which rows make each part, as `file:row`; their sha256 is then part of run.json."""
    lines = [f"{json.dumps(part)}: {json.dumps(list(rows))}" for part, rows in ids.items()]
    write_whole(run_dir / SPLITS, "{\n" + ",\n".join(lines) + "\n}\n")


def read_split_ids(run_dir: Path) -> dict[str, tuple[str, ...]]:
    """The rows of each part.

    Raises:
        ModelError: the file is missing or holds something else.
    """
    stored = read_json(run_dir / SPLITS)
    for part, rows in stored.items():
        if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
            raise ModelError(f"{run_dir / SPLITS}: {part} is no list of rows; train again")
    return {part: tuple(rows) for part, rows in stored.items()}  # type: ignore[arg-type]
