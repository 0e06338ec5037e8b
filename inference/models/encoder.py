"""An encoder's layers, and the top one computed for the first token alone where no other is read.

Owns which layers a model has, and what need not be computed: a classifier such as BERT's looks at
the first token's state only, so that of its top layer just the keys and values are needed of the
others. Numbers stay as they are, and five sixths of that layer's products fall away: a seventh of
MiniLM's scoring, a quarter of its training with half of the layers frozen. Taken by training, by
the export to ONNX and by the torch engine.

Letters: B texts of a batch, T tokens, H hidden.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.bert.modeling_bert import eager_attention_forward

_PROBE_TOKENS = 6
_TOLERANCE = 1e-4
# the parts of a layer, of its attention, and of what that has inside
_BERT = [{"attention", "intermediate", "output"}, {"self", "output"},
         {"query", "key", "value", "dropout"}]  # fmt: skip
_DISTILBERT = [{"attention", "sa_layer_norm", "ffn", "output_layer_norm"},
               {"q_lin", "k_lin", "v_lin", "out_lin", "dropout"}]  # fmt: skip


def layers_of(model: PreTrainedModel) -> tuple[str, torch.nn.ModuleList] | None:
    """The list of the encoder's layers under its name; None for layers that share their weights."""
    depth = getattr(model.config, "num_hidden_layers", None)
    for name, module in model.base_model.named_modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == depth:
            return name, module
    return None


def compute_first_token_only(model: PreTrainedModel) -> bool:
    """Have the top layer give (B, 1, H), the first token's state, in place; whether it does.

    Not where the head reads other tokens (a mean over them), nor in families whose layers are built
    otherwise than those of BERT or DistilBERT. Both are found out by running a few tokens.
    """
    named_layers = layers_of(model)
    top: Any = named_layers[1][-1] if named_layers else None
    reduced = _reduced(top)
    if reduced is None:
        return False
    whole, is_same = top.forward, False
    try:
        if _reads_first_token_only(model, top):
            expected = _states(model, top)
            top.forward = reduced
            # what the whole layer says of the first token: (B, T, H) -> (B, 1, H)
            is_same = torch.allclose(_states(model, top), expected[:, :1], atol=_TOLERANCE)
    except (RuntimeError, TypeError, ValueError, AttributeError):
        pass  # a family whose layers look alike from outside only; it stays as it is
    if not is_same:
        top.forward = whole
    return is_same


def _reduced(layer: Any) -> Callable[..., torch.Tensor] | None:
    """What computes a layer for the first token alone; None for layers of other builds."""
    attention = getattr(layer, "attention", None)
    inner = getattr(attention, "self", None)
    if [_parts(module) for module in (layer, attention, inner)] == _BERT:
        return functools.partial(_of_bert, layer)
    if [_parts(module) for module in (layer, attention)] == _DISTILBERT:
        return functools.partial(_of_distilbert, layer)
    return None


def _parts(module: torch.nn.Module | None) -> set[str]:
    return {name for name, _ in module.named_children()} if module is not None else set()


def _of_bert(
    layer: Any,
    hidden: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    *_: object,
    **__: object,
) -> torch.Tensor:
    inner = layer.attention.self
    read = _read(inner, (inner.query, inner.key, inner.value), hidden, attention_mask)  # (B, 1, H)
    # the residual of the first token alone, (B, 1, H)
    made: torch.Tensor = layer.feed_forward_chunk(layer.attention.output(read, hidden[:, :1]))
    return made


def _of_distilbert(
    layer: Any,
    hidden: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    *_: object,
    **__: object,
) -> torch.Tensor:
    inner = layer.attention
    read = inner.out_lin(
        _read(inner, (inner.q_lin, inner.k_lin, inner.v_lin), hidden, attention_mask)
    )
    attended = layer.sa_layer_norm(read + hidden[:, :1])  # (B, 1, H)
    made: torch.Tensor = layer.output_layer_norm(layer.ffn(attended) + attended)
    return made


def _read(
    attention: Any, parts: tuple[Any, Any, Any], hidden: torch.Tensor, mask: torch.Tensor | None
) -> torch.Tensor:
    """(B, 1, H): what the first token reads from all tokens of (B, T, H).

    parts: the linear layers of query, key and value. mask: as transformers makes it for all tokens,
    (B, 1, T, T) or what broadcasts to it.
    """
    inputs = (hidden[:, :1], hidden, hidden)  # (B, 1, H) asks, (B, T, H) answers
    # (B, 1 or T, H) -> (B, heads, 1 or T, head size)
    query, key, value = (
        part(states).unflatten(-1, (-1, attention.attention_head_size)).transpose(1, 2)
        for part, states in zip(parts, inputs, strict=True)
    )
    run = ALL_ATTENTION_FUNCTIONS.get_interface(
        attention.config._attn_implementation, eager_attention_forward
    )
    rate = attention.dropout.p if attention.training else 0.0
    first = None if mask is None else mask[:, :, :1]  # (B, 1, T, T) -> (B, 1, 1, T)
    read, _ = run(attention, query, key, value, first, dropout=rate, scaling=attention.scaling)
    return read.flatten(2)  # (B, 1, heads, head size) -> (B, 1, H)


def _reads_first_token_only(model: PreTrainedModel, top: torch.nn.Module) -> bool:
    """Whether logits stay finite when the top layer's other tokens are no numbers.

    A weight of zero does not hide that one is read: zero times NaN is NaN.
    """

    def spoil(_: torch.nn.Module, __: object, made: torch.Tensor) -> torch.Tensor:
        return torch.cat([made[:, :1], torch.full_like(made[:, 1:], torch.nan)], dim=1)

    with _called(top, spoil):
        return bool(_run(model).isfinite().all())


def _states(model: PreTrainedModel, top: torch.nn.Module) -> torch.Tensor:
    """What the top layer makes of the probe."""
    seen: list[torch.Tensor] = []
    with _called(top, lambda _, __, made: seen.append(made)):
        _run(model)
    return seen[0]


@contextmanager
def _called(layer: torch.nn.Module, hook: Callable[..., object]) -> Iterator[None]:
    """Within, the hook sees what the layer makes."""
    handle = layer.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


@torch.no_grad()
def _run(model: PreTrainedModel) -> torch.Tensor:
    """Logits of two short texts of any tokens, one of them padded."""
    is_training = model.training
    ids = torch.arange(2 * _PROBE_TOKENS).view(2, -1) % model.config.vocab_size  # (2, T)
    mask = torch.ones_like(ids)
    mask[1, -2:] = 0
    try:
        logits: torch.Tensor = model.eval()(
            input_ids=ids.to(model.device), attention_mask=mask.to(model.device)
        ).logits
    finally:
        model.train(is_training)
    return logits
