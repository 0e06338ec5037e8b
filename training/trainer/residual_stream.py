"""What flows from layer to layer in bf16, where a CPU multiplies in it: half of the memory moved.

Owns the precision of the residual stream. Autocast computes products in bf16 and leaves the sums
between them in float32, as embeddings and normalisations have weights of float32: each sum then
reads and writes twice the bytes, and each product converts what it is given. Weights, their
gradients and the optimiser stay in float32. What it saves, and that it costs no quality, stands in
benchmarks/LOG.md (2026-11-22).

Try: python -m training.train --train_file tweets.csv --mixed_precision bf16
"""

from collections.abc import Mapping
from typing import Any

import torch
from transformers import PreTrainedModel

from inference.models.encoder import layers_of

HIDDEN = "hidden_states"  # what transformers calls the layers' (B, T, H)


def make_light(model: PreTrainedModel) -> None:
    """Have a model's layers start from the precision of the products around them, in place.

    Nothing changes where autocast is off for the CPU, nor on other devices, whose autocast
    normalises in float32. A model without a list of layers stays as it is.
    """
    named_layers = layers_of(model)
    if named_layers and len(named_layers[1]):
        named_layers[1][0].register_forward_pre_hook(_lower, with_kwargs=True)


def _lower(
    _: torch.nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    hidden = args[0] if args else kwargs[HIDDEN]
    if torch.is_autocast_enabled(hidden.device.type) and hidden.device.type == "cpu":
        hidden = hidden.to(torch.get_autocast_dtype("cpu"))
    return ((hidden, *args[1:]), dict(kwargs)) if args else (args, {**kwargs, HIDDEN: hidden})
