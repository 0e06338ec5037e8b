"""encoder.py: the top layer for the first token alone changes no number, or nothing."""

import copy

import pytest
import torch
from transformers import (
    AlbertConfig,
    BertConfig,
    BertForSequenceClassification,
    CamembertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    LlamaConfig,
    ModernBertConfig,
    MPNetConfig,
    PreTrainedConfig,
    PreTrainedModel,
    RobertaConfig,
    RobertaPreLayerNormConfig,
)
from transformers.models.bert.modeling_bert import BertLayer

from inference.models import encoder
from tests.training.trainer.architectures import DISTIL, SIZE, batch, made, named
from training.trainer import dropout

REDUCED: list[PreTrainedConfig] = [
    BertConfig(**SIZE),
    RobertaConfig(**SIZE),
    CamembertConfig(**SIZE),
    ElectraConfig(**SIZE, embedding_size=16),
    DistilBertConfig(**DISTIL),
]
AS_THEY_WERE: list[PreTrainedConfig] = [
    MPNetConfig(**SIZE),
    DebertaV2Config(**SIZE, relative_attention=True, pos_att_type=["c2p", "p2c"]),
    ModernBertConfig(**SIZE),
    AlbertConfig(**SIZE, embedding_size=16),
    LlamaConfig(**SIZE),
    RobertaPreLayerNormConfig(**SIZE),  # the parts of BERT, but normalised before they are used
]


class MeanOfTokens(BertForSequenceClassification):
    """A BERT whose head reads every token, with weights of zero."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        torch.nn.init.zeros_(self.classifier.weight)
        self.bert.pooler.forward = lambda states: states.mean(dim=1)


def widths(model: PreTrainedModel) -> list[int]:
    """How many tokens each product of the top layer was given."""
    found = encoder.layers_of(model)
    assert found is not None
    seen: list[int] = []
    for part in found[1][-1].modules():
        if isinstance(part, torch.nn.Linear):
            part.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[1]))
    with torch.no_grad():
        model(**batch())
    return sorted(seen)


@pytest.mark.parametrize("attention", ["sdpa", "eager", dropout.ATTENTION])
@pytest.mark.parametrize("config", REDUCED, ids=named)
def test_logits_and_gradients_stay_and_only_keys_and_values_see_all_tokens(
    config: PreTrainedConfig, attention: str
):
    model = made(config).eval()
    model.set_attn_implementation(attention)
    less = copy.deepcopy(model)
    assert encoder.compute_first_token_only(less)
    expected, got = model(**batch()).logits, less(**batch()).logits
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-6)
    for one, logits in ((model, expected), (less, got)):
        logits.square().sum().backward()
        assert any(weights.grad is not None for weights in one.parameters())
    for (name, ours), theirs in zip(less.named_parameters(), model.parameters(), strict=True):
        if theirs.grad is not None:
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=0, atol=1e-6, msg=name)
    assert widths(model) == [11] * 6
    assert widths(less) == [1] * 4 + [11] * 2


def test_it_drops_out_in_training():
    model = made(BertConfig(**SIZE, hidden_dropout_prob=0.0)).train()
    assert encoder.compute_first_token_only(model)
    assert model.training
    torch.manual_seed(0)
    one, other = model(**batch()).logits, model(**batch()).logits
    assert not torch.equal(one, other), "the attention of the layers"
    for layer in model.bert.encoder.layer[:-1]:
        layer.eval()
    assert not torch.equal(model(**batch()).logits, model(**batch()).logits), "the top layer's"


@pytest.mark.parametrize("config", AS_THEY_WERE, ids=named)
def test_other_families_stay_as_they_were(config: PreTrainedConfig):
    model, usual = made(config).eval(), made(config).eval()
    assert not encoder.compute_first_token_only(model)
    with torch.no_grad():
        assert torch.equal(model(**batch()).logits, usual(**batch()).logits)


def test_a_head_that_reads_every_token_gets_every_token():
    torch.manual_seed(1)
    model = MeanOfTokens(BertConfig(**SIZE)).eval()
    assert not encoder.compute_first_token_only(model)
    assert widths(model) == [11] * 6


class Doubling(BertLayer):
    """Has the parts of BERT's layer and computes something else."""

    def forward(self, *states: torch.Tensor, **options: object) -> torch.Tensor:
        return 2 * super().forward(*states, **options)


def test_a_model_that_is_not_run_this_way_stays_as_it_was():
    model = made(BertConfig(**SIZE)).eval()
    top = model.bert.encoder.layer[-1]
    top.__class__ = Doubling
    assert not encoder.compute_first_token_only(model)
    assert top.forward.__func__ is type(top).forward
