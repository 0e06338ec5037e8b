"""The weights of a causal model by name, as float32, with a LoRA adapter added where one is given.

Reads safetensors alone, tensor by tensor from the mapped file, so that a model is never in memory
twice; needs neither torch nor peft. A LoRA adapter turns W into W + (alpha / r) B A (Hu et al.
2021, arXiv:2106.09685, section 4.1), which costs nothing when the model answers.

Try: python -c "from pathlib import Path; from inference.chat.weights import Weights; \
print(Weights(Path('DIR')).names[:5])"
"""

import json
import math
import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core.errors import ModelError
from inference.models.model_files import read_json

ADAPTER_CONFIG = "adapter_config.json"
_ADAPTER_WEIGHTS = "adapter_model.safetensors"
_TYPES = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}
# What may differ from peft's defaults without changing the formula above.
_REFUSED = ("use_dora", "fan_in_fan_out", "modules_to_save", "rank_pattern", "alpha_pattern")


@dataclass(frozen=True)
class _Place:
    """Where a tensor lies: a mapped file and its offset there."""

    content: mmap.mmap
    kind: str
    shape: tuple[int, ...]
    offset: int


class Weights:
    """The tensors of a model folder, and of an adapter's where one is given."""

    def __init__(self, folder: Path, adapter: Path | None = None) -> None:
        """Map the files; no tensor is read yet.

        Raises:
            ModelError: there are no safetensors weights, or the adapter is of another kind.
        """
        files = [
            path for path in sorted(folder.glob("*.safetensors")) if "adapter" not in path.name
        ]
        if not files:
            raise ModelError(
                f"{folder} has no safetensors weights; pickled weights are never loaded. Choose a "
                "revision of the repo that has model.safetensors."
            )
        self.folder = folder
        self._places = {name: stored for path in files for name, stored in _map(path).items()}
        self._adapter = None if adapter is None else _Adapter(adapter)

    @property
    def names(self) -> list[str]:
        return list(self._places)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """One tensor, float32, in the shape of the file.

        Raises:
            ModelError: the files have none of this name.
        """
        if name not in self._places:
            raise ModelError(f"the weights in {self.folder} lack {name}")
        weight = _read(self._places[name])
        return weight if self._adapter is None else self._adapter.added(name, weight)

    @property
    def adapted(self) -> set[str]:
        """The names of the tensors that the adapter changes."""
        return set() if self._adapter is None else self._adapter.targets

    def check_adapter(self) -> None:
        """Raise ModelError if the adapter changes a tensor that the base model does not have."""
        strangers = sorted(self.adapted - set(self._places))
        if strangers:
            raise ModelError(
                f"the adapter changes {', '.join(strangers[:3])}, which {self.folder} does not "
                "have: it was trained on another base model"
            )


class _Adapter:
    """A LoRA adapter as peft saves it."""

    def __init__(self, folder: Path) -> None:
        config = read_json(folder / ADAPTER_CONFIG)
        unknown = [key for key in _REFUSED if config.get(key)]
        if config.get("peft_type") != "LORA" or config.get("bias", "none") != "none" or unknown:
            raise ModelError(
                f"{folder / ADAPTER_CONFIG} asks for more than plain LoRA "
                f"({', '.join(unknown) or config.get('peft_type')}); publish the run with its "
                "merged weights (--merge_adapter) and name that repo instead"
            )
        rank, alpha = _number(config, "r"), _number(config, "lora_alpha")
        self._scale = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
        self._places = _map(folder / _ADAPTER_WEIGHTS)
        self.targets = {_target(name) for name in self._places}

    def added(self, name: str, weight: NDArray[np.float32]) -> NDArray[np.float32]:
        """The weight with this adapter's share of it."""
        if name not in self.targets:
            return weight
        module = f"base_model.model.{name.removesuffix('.weight')}"
        lower = _read(self._places[f"{module}.lora_A.weight"])  # (rank, in)
        upper = _read(self._places[f"{module}.lora_B.weight"])  # (out, rank)
        merged: NDArray[np.float32] = weight + np.float32(self._scale) * (upper @ lower)
        return merged


def _target(name: str) -> str:
    """The weight that a tensor of an adapter is about."""
    module = name.removeprefix("base_model.model.")
    for part in (".lora_A.weight", ".lora_B.weight"):
        if module.endswith(part):
            return f"{module.removesuffix(part)}.weight"
    raise ModelError(f"the adapter holds {name}, which is no part of plain LoRA")


def _number(config: dict[str, object], key: str) -> float:
    value = config.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
        raise ModelError(f"{ADAPTER_CONFIG}: {key} is {value!r}; expected a number above 0")
    return float(value)


def _map(path: Path) -> dict[str, _Place]:
    """Every tensor of a file (https://huggingface.co/docs/safetensors, section Format)."""
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        length = int.from_bytes(content[:8], "little")
        header: dict[str, Any] = json.loads(content[8 : 8 + length])
        return {
            name: _Place(
                content,
                entry["dtype"],
                tuple(entry["shape"]),
                8 + length + entry["data_offsets"][0],
            )
            for name, entry in header.items()
            if name != "__metadata__"
        }
    except FileNotFoundError:
        raise ModelError(f"{path.name} is missing from {path.parent}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} is no safetensors file ({error}); download it again") from None


def _read(stored: _Place) -> NDArray[np.float32]:
    if stored.kind not in _TYPES:
        raise ModelError(
            f"a weight is stored as {stored.kind}; expected one of {', '.join(_TYPES)}. Choose a "
            "revision of the repo that is not quantised."
        )
    count = math.prod(stored.shape)
    raw = np.frombuffer(stored.content, _TYPES[stored.kind], count, stored.offset)
    if stored.kind == "BF16":  # the upper half of a float32
        raw = (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.astype(np.float32, copy=False).reshape(stored.shape)
