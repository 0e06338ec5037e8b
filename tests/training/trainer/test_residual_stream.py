"""training.trainer.residual_stream: bf16 from layer to layer, under autocast on a CPU alone."""

import pytest
import torch
from transformers import (
    AlbertConfig,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ModernBertConfig,
    MPNetConfig,
    PreTrainedConfig,
    PreTrainedModel,
    RobertaConfig,
)

from inference.models.encoder import layers_of
from tests.training.trainer.architectures import DISTIL, SIZE, batch, made, named
from training.trainer import residual_stream

CONFIGS: list[PreTrainedConfig] = [
    BertConfig(**SIZE),
    RobertaConfig(**SIZE),
    DistilBertConfig(**DISTIL),
    ModernBertConfig(**SIZE),
    MPNetConfig(**SIZE),
    DebertaV2Config(**SIZE, relative_attention=True, pos_att_type=["c2p", "p2c"]),
]


def precisions(model: PreTrainedModel) -> list[torch.dtype]:
    """What the layers gave to one another."""
    found = layers_of(model)
    assert found is not None
    seen: list[torch.dtype] = []
    for layer in found[1][1:]:
        layer.register_forward_pre_hook(lambda _, given: seen.append(given[0].dtype))
    model(**batch())
    return seen


@pytest.mark.parametrize("config", CONFIGS, ids=named)
def test_layers_hand_on_bf16_under_autocast_and_weights_stay(config: PreTrainedConfig):
    model, usual = made(config).eval(), made(config).eval()
    residual_stream.make_light(model)
    with torch.autocast("cpu", torch.bfloat16):
        assert set(precisions(model)) == {torch.bfloat16}
        assert set(precisions(usual)) == {torch.float32}, "what it is for"
        loss = model(**batch()).logits.float().square().sum()
    loss.backward()
    assert {weights.dtype for weights in model.parameters()} == {torch.float32}
    assert {w.grad.dtype for w in model.parameters() if w.grad is not None} == {torch.float32}


@pytest.mark.parametrize("config", CONFIGS, ids=named)
def test_logits_and_gradients_are_as_near_to_float32_as_those_of_autocast(config: PreTrainedConfig):
    exact, usual, light = made(config).eval(), made(config).eval(), made(config).eval()
    residual_stream.make_light(light)
    for model in (exact, usual, light):
        with torch.autocast("cpu", torch.bfloat16, enabled=model is not exact):
            model(**batch()).logits.float().square().sum().backward()

    def distance(model: PreTrainedModel) -> float:
        pairs = zip(model.parameters(), exact.parameters(), strict=True)
        given = [
            (ours.grad - theirs.grad, theirs.grad)
            for ours, theirs in pairs
            if ours.grad is not None
        ]
        off, size = (torch.cat([pair[k].flatten() for pair in given]).norm() for k in (0, 1))
        return float(off / size)

    assert 0 < distance(light) < 3 * distance(usual) + 0.02


def test_nothing_changes_without_autocast_or_without_layers():
    model, usual = made(BertConfig(**SIZE)).eval(), made(BertConfig(**SIZE)).eval()
    residual_stream.make_light(model)
    with torch.no_grad():
        assert torch.equal(model(**batch()).logits, usual(**batch()).logits)
        assert set(precisions(model)) == {torch.float32}
    albert = made(AlbertConfig(**SIZE, embedding_size=16))
    residual_stream.make_light(albert)  # its layers share their weights: there is no list
    with torch.autocast("cpu", torch.bfloat16):
        assert albert(**batch()).logits.shape == (4, 2)
