"""Temperature and thresholds in the weights: what unmodified transformers makes of them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    ElectraConfig,
    GPT2Config,
    ModernBertConfig,
    MPNetConfig,
    PreTrainedConfig,
    PreTrainedModel,
    RobertaConfig,
)

from tests.training.trainer.architectures import SIZE, batch, made, named
from training.trainer import folded_head

TEMPERATURE, SHIFTS = 1.7, np.array([0.4, -2.5])
FAMILIES = [
    BertConfig(**SIZE),
    RobertaConfig(**SIZE),
    MPNetConfig(**SIZE),
    ElectraConfig(**SIZE, embedding_size=16),
    ModernBertConfig(**SIZE),
]
WITHOUT_BIAS = GPT2Config(n_embd=16, n_layer=2, n_head=2, vocab_size=60, pad_token_id=0)


def saved(config: PreTrainedConfig, folder: Path) -> Path:
    made(config).save_pretrained(folder)
    return folder


def logits_of(folder: Path) -> torch.Tensor:
    model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        return model(**batch()).logits


@pytest.mark.parametrize("config", FAMILIES, ids=named)
def test_the_logits_are_those_of_before_divided_and_shifted(config, tmp_path):
    folder = saved(config, tmp_path / "model")
    assert folded_head.fold(folder, tmp_path / "folded", TEMPERATURE, SHIFTS)
    expected = logits_of(folder) / TEMPERATURE + torch.tensor(SHIFTS).float()
    assert torch.allclose(logits_of(tmp_path / "folded"), expected, atol=1e-5)


def test_a_head_without_bias_takes_the_temperature_alone(tmp_path):
    folder = saved(WITHOUT_BIAS, tmp_path / "model")
    assert not folded_head.fold(folder, tmp_path / "folded", TEMPERATURE, SHIFTS)
    assert not (tmp_path / "folded").exists()
    assert folded_head.fold(folder, tmp_path / "folded", TEMPERATURE, None)
    expected = logits_of(folder) / TEMPERATURE
    assert torch.allclose(logits_of(tmp_path / "folded"), expected, atol=1e-5)


def test_a_model_that_changes_its_logits_afterwards_is_left_alone(tmp_path, monkeypatch):
    """Gemma bends its logits so; the last layer's own numbers are not what the model gives."""
    folder = saved(BertConfig(**SIZE), tmp_path / "model")
    forward = torch.nn.Linear.forward

    def bent(layer: torch.nn.Linear, states: torch.Tensor) -> torch.Tensor:
        given = forward(layer, states)
        return torch.tanh(100 * given) if layer.out_features == 2 else given

    monkeypatch.setattr(torch.nn.Linear, "forward", bent)
    assert not folded_head.fold(folder, tmp_path / "folded", TEMPERATURE, None)
    assert not (tmp_path / "folded").exists()
