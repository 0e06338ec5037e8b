"""Dropout whose random numbers cost little on a CPU: sixteen bits an element, four from one draw.

Owns how a training step on a CPU drops out: torch draws a number for each element, on one thread,
which is a tenth of a step for tweets and a third for long texts, whose attention has an element for
each pair of tokens. The figures stand in benchmarks/LOG.md (2026-11-22).

Letters: B batch, H heads, T tokens, D numbers a head.

Try: python -c "import torch; from training.trainer.dropout import kept; \
print(kept((2, 8), 0.1, torch.float32))"
"""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

ATTENTION = "sdpa_with_cheap_dropout"
_LEVELS = 1 << 16  # of sixteen bits: the share dropped is exact to 1/65,536
_NEEDS_SDPA = ("position_bias", "softcap", "cache")  # what _attention below does not know


def make_cheap(model: PreTrainedModel) -> None:
    """Make the model's dropout, that of its attention too, draw its numbers this way, in place.

    Only what is drawn changes: the share dropped and the scale of the rest stay, and a model that
    evaluates computes as before. Models whose attention cannot be replaced keep theirs.
    """
    for module in model.modules():
        if type(module) is nn.Dropout:
            module.forward = functools.partial(_drop, module)  # type: ignore[method-assign]
    if model.config._attn_implementation == "sdpa" and model._supports_attention_backend:
        model.set_attn_implementation(ATTENTION)


def kept(shape: Sequence[int], p: float, dtype: torch.dtype) -> torch.Tensor:
    """A tensor of that shape: 0 with probability p, else 1 / (1 - p), drawn from torch's generator.

    p is rounded to a multiple of 1/65,536, for the scale as well, so that the mean is 1.
    """
    count = math.prod(shape)
    dropped = round(p * _LEVELS)
    seed = int(torch.empty((), dtype=torch.int64).random_())
    bits = torch.from_numpy(np.random.SFC64(seed).random_raw(-(-count // 4)).view(np.int16))
    is_kept = torch.empty(tuple(shape), dtype=dtype)  # compared into: no bool tensor to convert
    torch.ge(bits[:count].view(*shape), dropped - _LEVELS // 2, out=is_kept)
    return is_kept.mul_(_LEVELS / (_LEVELS - dropped) if dropped < _LEVELS else 0.0)


def _drop(module: nn.Dropout, activations: torch.Tensor) -> torch.Tensor:
    if not module.training or not module.p:
        return activations
    return activations * kept(activations.shape, module.p, activations.dtype)


def _attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """(B, T, H, D) of query, key and value, (B, H, T, D) each; as transformers' attentions are.

    attention_mask: broadcasts to (B, H, T, T); bool, true where a token may look, or added.
    """
    is_causal = bool(others.get("is_causal") or getattr(module, "is_causal", False))
    if (
        not dropout
        or (attention_mask is None and is_causal)
        or key.shape[1] != query.shape[1]
        or any(others.get(name) is not None for name in _NEEDS_SDPA)
    ):
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **others
        )
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    scores = torch.matmul(query * scale, key.transpose(2, 3))
    if attention_mask is not None and attention_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attention_mask, torch.finfo(scores.dtype).min)
    elif attention_mask is not None:
        scores = scores + attention_mask
    shares = torch.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    read = torch.matmul(shares * kept(shares.shape, dropout, shares.dtype), value)
    return read.transpose(1, 2).contiguous(), None


AttentionInterface.register(ATTENTION, _attention)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)
