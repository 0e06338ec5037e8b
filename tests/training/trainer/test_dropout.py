"""Cheap dropout: the share it drops, what it leaves alone, attention that is otherwise equal."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import (
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    GPT2Config,
    ModernBertConfig,
    PreTrainedConfig,
    RobertaConfig,
)

from tests.training.trainer.architectures import SIZE, batch, made, named
from training.trainer import dropout

TWO = {**SIZE, "num_hidden_layers": 2}
CONFIGS: list[PreTrainedConfig] = [
    BertConfig(**TWO),
    RobertaConfig(**TWO),
    DistilBertConfig(vocab_size=60, dim=32, n_layers=2, n_heads=2, hidden_dim=48),
    ModernBertConfig(**TWO, attention_dropout=0.1),
    GPT2Config(vocab_size=60, n_embd=32, n_layer=2, n_head=2, pad_token_id=0),
    DebertaV2Config(**TWO),
]
ALMOST_NEVER = 1e-9  # rounds to no element at all, but is no reason to leave the attention out


@pytest.mark.parametrize("p", [0.1, 0.25, 0.9])
def test_what_is_kept_has_the_share_and_the_mean_of_dropout(p: float) -> None:
    torch.manual_seed(0)
    kept = dropout.kept((1000, 1001), p, torch.float32)
    assert sorted(set(kept.unique().tolist())) == pytest.approx([0, 1 / (1 - p)], abs=1e-3)
    assert float((kept == 0).double().mean()) == pytest.approx(p, abs=0.002)  # 4 deviations
    assert float(kept.double().mean()) == pytest.approx(1, abs=0.015)


@pytest.mark.parametrize(("p", "value"), [(0.0, 1.0), (1.0, 0.0)])
def test_nothing_and_all_can_be_dropped(p: float, value: float) -> None:
    assert dropout.kept((7,), p, torch.float32).tolist() == [value] * 7


def test_elements_drop_out_one_by_one() -> None:
    """Four of them come from one number: neighbours must not share their fate."""
    torch.manual_seed(0)
    is_dropped = (dropout.kept((1 << 18,), 0.5, torch.float32) == 0).double()
    for apart in (1, 2, 3, 4, 8):
        pairs = torch.stack([is_dropped[:-apart], is_dropped[apart:]])
        assert abs(float(torch.corrcoef(pairs)[0, 1])) < 0.008, apart  # 4 deviations


def test_the_same_seed_drops_the_same() -> None:
    drawn = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        drawn.append(dropout.kept((64,), 0.5, torch.float32))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize("config", CONFIGS, ids=named)
def test_a_model_that_evaluates_computes_as_before(config: PreTrainedConfig) -> None:
    usual, cheap = made(config).eval(), made(config).eval()
    dropout.make_cheap(cheap)
    with torch.no_grad():
        assert torch.equal(cheap(**batch()).logits, usual(**batch()).logits)


@pytest.mark.parametrize("config", CONFIGS, ids=named)
def test_in_training_only_what_is_drawn_differs(config: PreTrainedConfig) -> None:
    """Where next to nothing drops out, padded texts get the logits and gradients of evaluation."""
    usual, cheap = made(config), made(config)
    dropout.make_cheap(cheap)
    for module in cheap.modules():
        if isinstance(module, nn.Dropout):
            module.p = ALMOST_NEVER
        for name in ("attention_dropout", "dropout"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, ALMOST_NEVER)
    expected, seen = usual.eval()(**batch()).logits, cheap.train()(**batch()).logits
    torch.testing.assert_close(seen, expected, rtol=0, atol=1e-5)
    for model, logits in ((usual, expected), (cheap, seen)):
        logits.square().sum().backward()
        assert any(weights.grad is not None for weights in model.parameters())
    for (name, ours), theirs in zip(cheap.named_parameters(), usual.parameters(), strict=True):
        if theirs.grad is not None:
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=0, atol=1e-4, msg=name)


@pytest.mark.parametrize("config", CONFIGS, ids=named)
def test_it_drops_out_in_training(config: PreTrainedConfig) -> None:
    cheap = made(config).train()
    dropout.make_cheap(cheap)
    assert not torch.equal(cheap(**batch()).logits, cheap(**batch()).logits)


def test_the_attention_of_bert_draws_this_way_too(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = made(BertConfig(**TWO, hidden_dropout_prob=0.0)).train()
    dropout.make_cheap(cheap)
    whole, shapes = dropout.kept, []

    def kept(shape: Sequence[int], p: float, dtype: torch.dtype) -> torch.Tensor:
        shapes.append(tuple(shape))
        return whole(shape, p, dtype)

    monkeypatch.setattr(dropout, "kept", kept)
    torch.manual_seed(0)
    one, other = cheap(**batch()).logits, cheap(**batch()).logits
    torch.manual_seed(0)
    again = cheap(**batch()).logits
    assert shapes == [(4, 2, 11, 11)] * 6  # two layers, three times
    assert not torch.equal(one, other)
    assert torch.equal(one, again)


def test_the_settings_that_are_saved_do_not_name_it(tmp_path: Path) -> None:
    model = made(BertConfig(**TWO))
    dropout.make_cheap(model)
    assert model.config._attn_implementation == dropout.ATTENTION
    model.save_pretrained(tmp_path)
    assert dropout.ATTENTION not in (tmp_path / "config.json").read_text()
