"""What config.json says of a model of the Llama family: its sizes and how it turns positions.

Owns the reading and the table of angles; which models can be computed by llama_graph.py is decided
here, by what they do not have (sliding windows, norms of heads, other activations).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.core.errors import ModelError
from inference.models.model_files import read_json

_FAMILY = ("llama", "mistral", "qwen2")
_ROTATIONS = ("default", "linear", "llama3")


@dataclass(frozen=True)
class LlamaConfig:
    """The sizes of one model.

    heads: of queries; kv_heads: of keys and values, shared by several of the former.
    max_positions: tokens of context that it was trained for.
    rotation: rope_type and its numbers.
    """

    vocabulary: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    norm_epsilon: float
    max_positions: int
    is_tied: bool
    rotation: Mapping[str, object]


def read(folder: Path) -> LlamaConfig | None:
    """The sizes of the model in a folder; None for one of another family.

    Raises:
        ModelError: config.json is missing or lacks a size.
    """
    raw = read_json(folder / "config.json")
    rotation = _rotation(raw)
    if (
        raw.get("model_type") not in _FAMILY
        or raw.get("hidden_act", "silu") != "silu"
        or raw.get("use_sliding_window")
        or (raw.get("model_type") == "mistral" and raw.get("sliding_window"))
        or rotation.get("rope_type") not in _ROTATIONS
        or "quantization_config" in raw
    ):
        return None
    heads, hidden = _whole(raw, "num_attention_heads"), _whole(raw, "hidden_size")
    return LlamaConfig(
        vocabulary=_whole(raw, "vocab_size"),
        hidden=hidden,
        layers=_whole(raw, "num_hidden_layers"),
        heads=heads,
        kv_heads=_whole(raw, "num_key_value_heads", heads),
        head_size=_whole(raw, "head_dim", hidden // heads),
        norm_epsilon=_real(raw, "rms_norm_eps", 1e-6),
        max_positions=_whole(raw, "max_position_embeddings", 2048),
        is_tied=bool(raw.get("tie_word_embeddings", False)),
        rotation=rotation,
    )


def rotary_angles(config: LlamaConfig, positions: int) -> NDArray[np.float64]:
    """The angles of rotary embedding (Su et al. 2021, arXiv:2104.09864): (positions, head_size/2).

    Llama 3's slowing of the long waves as in transformers' _compute_llama3_parameters.
    """
    rotation = config.rotation
    theta = _real(rotation, "rope_theta", 10_000.0)
    exponents = np.arange(0, config.head_size, 2) / config.head_size
    frequencies = theta**-exponents
    if rotation["rope_type"] == "linear":
        frequencies = frequencies / _real(rotation, "factor", 1.0)
    if rotation["rope_type"] == "llama3":
        frequencies = _slowed(frequencies, rotation)
    return np.outer(np.arange(positions), frequencies)


def _slowed(
    frequencies: NDArray[np.float64], rotation: Mapping[str, object]
) -> NDArray[np.float64]:
    factor = _real(rotation, "factor", 1.0)
    context = _real(rotation, "original_max_position_embeddings", 1)
    low, high = _real(rotation, "low_freq_factor", 1.0), _real(rotation, "high_freq_factor", 1.0)
    turns = context * frequencies / (2 * math.pi)
    share = np.clip((turns - low) / (high - low), 0.0, 1.0)
    slowed: NDArray[np.float64] = frequencies * (share + (1 - share) / factor)
    return slowed


def _rotation(raw: Mapping[str, object]) -> dict[str, object]:
    """The numbers of the rotation, as transformers 5 writes them or as transformers 4 did."""
    stored = raw.get("rope_parameters") or raw.get("rope_scaling") or {}
    rotation: dict[str, object] = (
        dict(stored) if isinstance(stored, dict) else {"rope_type": "unknown"}
    )
    rotation.setdefault("rope_type", rotation.get("type", "default"))
    rotation.setdefault("rope_theta", raw.get("rope_theta", 10_000.0))
    return rotation


def _whole(raw: Mapping[str, object], key: str, default: int | None = None) -> int:
    value = raw.get(key)
    value = default if value is None else value
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ModelError(f"config.json: {key} is {value!r}; expected a whole number above 0")
    return value


def _real(raw: Mapping[str, object], key: str, default: float) -> float:
    value = raw.get(key, default)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ModelError(f"config.json: {key} is {value!r}; expected a number")
    return float(value)
