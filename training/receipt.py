"""run.json: what was asked, on what data, with which versions, and what came of it.

Owns the receipt's form; it is itself a valid --config. It holds no text of the data and no token,
and nothing that changes when a finished run is looked at again.

Try: python -m training.train --config RUN_DIR/run.json --output_dir runs/again
"""

import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from training.config import TrainConfig
from training.run_folder import write_json

FILE_NAME = "run.json"
_PACKAGES = (
    "torch",
    "transformers",
    "tokenizers",
    "accelerate",
    "datasets",
    "evaluate",
    "onnxruntime",
    "onnx",
    "numpy",
    "scikit-learn",
    "safetensors",
)


def versions() -> dict[str, str]:
    """Python's version and those of the packages on which the weights and figures depend."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        found[name] = metadata.version(name)
    return found


def write(
    run_dir: Path,
    config: TrainConfig,
    *,
    data: Mapping[str, object],
    base: Mapping[str, object],
    fit: Mapping[str, object],
    export: Mapping[str, object],
    metrics: Mapping[str, object],
) -> None:
    """Write run.json; `fit` is what the training stage recorded of itself."""
    content = {
        "format": 1,
        "config": config.as_dict(),
        "data": data,
        "base_model": base,
        **fit,
        "export": export,
        "metrics": metrics,
    }
    write_json(run_dir / FILE_NAME, content)
