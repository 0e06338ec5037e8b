"""Mean pooling in plain weights: one more layer, whose first token becomes the mean of all tokens.

Sentence encoders are made for the mean over a text's tokens, while the classifiers of transformers
read the first token. The layer added here bridges that, so that what is saved is a plain model that
transformers, pipeline, ONNX and transformers.js load: its queries and keys are 0, so that each
token reads all tokens that are no padding alike; its values are a multiple of what it is given, so
that beside them the first token's own state hardly counts; its feed-forward part adds nothing. The
head's own dense layer becomes a multiple of the identity, which leaves its tanh nearly linear. All
of it trains like any other layer.

Owns which base wants this, and the weights. What it is worth stands in benchmarks/LOG.md
(2026-11-30): with few labels very much, as a head over the first token of MiniLM starts far below
one over the mean.

Letters: B texts, T tokens, H hidden.
"""

import copy
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional
from transformers import PreTrainedModel

from inference.models.encoder import layers_of
from training.trainer.head import last_linear

POOLING_FILE = "1_Pooling/config.json"
"""Where the folders of sentence-transformers say how a text's tokens become one vector."""

# ALBERT shares its layers, ELECTRA's head has another activation: they keep their first token.
_MODEL_TYPES = ("bert", "camembert", "distilbert", "modernbert", "mpnet", "roberta", "xlm-roberta")
_MEAN_MODES = ("pooling_mode_mean_tokens", "pooling_mode_mean_sqrt_len_tokens")
# The values over what they are made of. Cosine of what the layer gives to the mean, least of 256
# tweets: 10 .974, 20 .993, 40 .998 (MiniLM).
_VALUE_SCALE = 20.0
_PROBE_TOKENS = 16
_LEAST_COSINE = 0.9


@dataclass(frozen=True)
class _Parts:
    """Where a family keeps the parts of a layer: paths of modules below it."""

    asks: tuple[str, str]
    value: str
    output: str
    added: tuple[str, ...]
    norms: tuple[str, str]


_FAMILIES = (
    _Parts(  # BERT, RoBERTa, XLM-R and others of their build
        asks=("attention.self.query", "attention.self.key"),
        value="attention.self.value",
        output="attention.output.dense",
        added=("intermediate.dense", "output.dense"),
        norms=("attention.output.LayerNorm", "output.LayerNorm"),
    ),
    _Parts(  # DistilBERT
        asks=("attention.q_lin", "attention.k_lin"),
        value="attention.v_lin",
        output="attention.out_lin",
        added=("ffn.lin1", "ffn.lin2"),
        norms=("sa_layer_norm", "output_layer_norm"),
    ),
    _Parts(  # MPNet
        asks=("attention.attn.q", "attention.attn.k"),
        value="attention.attn.v",
        output="attention.attn.o",
        added=("intermediate.dense", "output.dense"),
        norms=("attention.LayerNorm", "output.LayerNorm"),
    ),
)


@dataclass(frozen=True)
class _Dense:
    """The head's layer before the last: where it is, and its weights over the identity's.

    shift: its bias. ReLU would cut what is below 0, so there all is lifted above it.
    """

    path: str
    scale: float
    shift: float = 0.0


_DENSE = (
    _Dense("bert.pooler.dense", 0.5),  # tanh
    _Dense("classifier.dense", 0.5),  # tanh: RoBERTa, XLM-R, MPNet
    _Dense("pre_classifier", 1.0, shift=8.0),  # ReLU: DistilBERT
)


def wants_mean(folder: Path) -> bool:
    """Whether the base in the folder was made for the mean, and is of a family that can have it.

    What it was made for is in the files of sentence-transformers.
    """
    said, config = _read(folder / POOLING_FILE), _read(folder / "config.json")
    if config.get("model_type") not in _MODEL_TYPES:
        return False
    return said.get("pooling_mode") == "mean" or any(said.get(mode) for mode in _MEAN_MODES)


def _read(path: Path) -> dict[str, object]:
    """A JSON object; an empty one where there is none that can be read."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def add_mean_pooling(model: PreTrainedModel) -> bool:
    """Have a fresh classifier read the mean of all tokens, in place; whether it does now.

    A family whose configuration knows mean pooling (ModernBERT) gets it by that alone. One that is
    built otherwise than those above, or adds something of its own to attention or head, stays as
    it is.
    """
    if hasattr(model.config, "classifier_pooling"):
        model.config.classifier_pooling = "mean"
        return True
    named_layers, dense = layers_of(model), _find_dense(model)
    if not named_layers or dense is None:
        return False
    layers, (module, how) = named_layers[1], dense
    parts = next((parts for parts in _FAMILIES if _has(layers[-1], parts)), None)
    if parts is None:
        return False
    before = copy.deepcopy(module.state_dict())
    top = copy.deepcopy(layers[-1])
    _write(top, parts)
    layers.append(top)
    model.config.num_hidden_layers = len(layers)
    _set_identity(module, how.scale, how.shift)
    if _reads_mean(model, top, how):
        return True
    del layers[-1]
    model.config.num_hidden_layers = len(layers)
    module.load_state_dict(before)
    return False


def _find_dense(model: PreTrainedModel) -> tuple[torch.nn.Linear, _Dense] | None:
    """The head's layer before the last, if it has a square one of a known name."""
    modules = dict(model.named_modules())
    for dense in _DENSE:
        module = modules.get(dense.path)
        if isinstance(module, torch.nn.Linear) and module.in_features == module.out_features:
            return module, dense
    return None


def _has(layer: torch.nn.Module, parts: _Parts) -> bool:
    modules = dict(layer.named_modules())
    linear = (*parts.asks, parts.value, parts.output, *parts.added)
    return all(isinstance(modules.get(path), torch.nn.Linear) for path in linear) and all(
        isinstance(modules.get(path), torch.nn.LayerNorm) for path in parts.norms
    )


@torch.no_grad()
def _write(layer: torch.nn.Module, parts: _Parts) -> None:
    for path in (*parts.asks, *parts.added):
        for parameter in layer.get_submodule(path).parameters():
            parameter.zero_()
    for path, scale in ((parts.value, _VALUE_SCALE), (parts.output, 1.0)):
        module = layer.get_submodule(path)
        assert isinstance(module, torch.nn.Linear), type(module)
        _set_identity(module, scale)
    for path in parts.norms:
        norm = layer.get_submodule(path)
        assert isinstance(norm, torch.nn.LayerNorm), type(norm)
        torch.nn.init.ones_(norm.weight)
        torch.nn.init.zeros_(norm.bias)


@torch.no_grad()
def _set_identity(module: torch.nn.Linear, scale: float, shift: float = 0.0) -> None:
    torch.nn.init.eye_(module.weight).mul_(scale)
    module.bias.fill_(shift)


@torch.no_grad()
def _reads_mean(model: PreTrainedModel, top: torch.nn.Module, dense: _Dense) -> bool:
    """Whether the head's last layer is given the mean of what the top layer is, for a few tokens.

    Not in a family whose attention adds something of its own, as a bias for positions, or whose
    head has another activation.
    """
    seen: list[torch.Tensor] = []
    last = last_linear(model, len(model.config.id2label or ()))
    assert last is not None, "a fresh classifier with a dense layer has a last one"
    ids = torch.arange(2 * _PROBE_TOKENS).view(2, -1) % model.config.vocab_size  # (B, T)
    mask = torch.ones_like(ids)
    mask[1, _PROBE_TOKENS // 2 :] = 0
    is_training = model.training
    hooks = [
        module.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        for module in (top, last)
    ]
    try:
        model.eval()(input_ids=ids.to(model.device), attention_mask=mask.to(model.device))
    finally:
        for hook in hooks:
            hook.remove()
        model.train(is_training)
    states, read = seen  # (B, T, H), (B, H)
    weights = mask[:, :, None].to(states)
    mean = (states * weights).sum(dim=1) / weights.sum(dim=1)  # (B, H)
    expected = functional.layer_norm(mean, mean.shape[-1:])
    return bool((functional.cosine_similarity(read - dense.shift, expected) > _LEAST_COSINE).all())
