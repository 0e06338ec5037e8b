"""Adapters: what trains, and that what is saved is a plain model."""

import pytest
import torch
from safetensors.torch import load_file
from transformers import (
    AutoModelForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
)

from inference.core.errors import ConfigError, ModelError
from tests.training.fitting import fit_job, make_job
from tests.training.toy import toy_config
from training.trainer import lora

INPUTS = {"input_ids": torch.arange(24).reshape(3, 8) + 5}


@pytest.fixture
def model(tiny_model):
    return AutoModelForSequenceClassification.from_pretrained(tiny_model).eval()


def _trained(model: torch.nn.Module) -> set[str]:
    return {name for name, weight in model.named_parameters() if weight.requires_grad}


@torch.no_grad()
def test_a_fresh_adapter_changes_nothing_and_is_a_function_of_the_seed(model, tiny_model):
    before = model(**INPUTS).logits
    adapted = lora.wrap(model, toy_config(lora_r=4).model, seed=1)
    assert torch.equal(adapted(**INPUTS).logits, before)

    def drawn(seed: int) -> list[torch.Tensor]:
        fresh = AutoModelForSequenceClassification.from_pretrained(tiny_model)
        adapters = lora.wrap(fresh, toy_config(lora_r=4).model, seed=seed)
        return [p for name, p in adapters.named_parameters() if "lora_A" in name]

    torch.rand(3)  # whatever was drawn before
    assert all(map(torch.equal, drawn(1), drawn(1)))
    assert not any(map(torch.equal, drawn(1), drawn(2)))


def test_adapters_and_the_whole_head_train_and_nothing_else(model):
    adapted = lora.wrap(model, toy_config(lora_r=4).model, seed=42)
    others = {name for name in _trained(adapted) if "lora_" not in name}
    assert {name.split("base_model.model.")[1] for name in others} == {
        "classifier.modules_to_save.default.weight",
        "classifier.modules_to_save.default.bias",
    }
    assert 0 < lora.trained_share(adapted) < 0.2


def test_a_head_of_several_layers_trains_in_full():
    size = {"vocab_size": 99, "dim": 32, "n_layers": 1, "n_heads": 2, "hidden_dim": 64}
    adapted = lora.wrap(
        DistilBertForSequenceClassification(DistilBertConfig(**size)),
        toy_config(lora_r=2).model,
        seed=42,
    )
    trained = {name.split("base_model.model.")[1] for name in _trained(adapted)}
    heads = {name.split(".")[0] for name in trained if "lora_" not in name}
    assert heads == {"pre_classifier", "classifier"}


@torch.no_grad()
def test_merged_weights_compute_what_the_adapters_did_and_leave_these_alone(model):
    adapted = lora.wrap(model, toy_config(lora_r=4).model, seed=42).eval()
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            weight.normal_(std=0.1)
    before = {name: weight.clone() for name, weight in adapted.state_dict().items()}
    merged = lora.merged(adapted)
    assert torch.allclose(merged(**INPUTS).logits, adapted(**INPUTS).logits, atol=1e-5)
    after = adapted.state_dict()
    assert all(torch.equal(after[name], weight) for name, weight in before.items())


@pytest.mark.slow
def test_what_a_training_saves_is_the_plain_model_with_its_large_matrices_changed(
    tiny_model, tmp_path
):
    fit = fit_job(make_job(tiny_model, tmp_path, num_train_epochs=4, lora_r=8, learning_rate=2e-2))
    assert fit.best_value > 0.6
    assert {path.name for path in fit.weights_dir.iterdir()} == {
        "config.json",
        "model.safetensors",
    }
    before = load_file(tiny_model / "model.safetensors")
    after = load_file(fit.weights_dir / "model.safetensors")
    assert set(after) == set(before)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert "bert.encoder.layer.1.attention.self.query.weight" in changed
    assert "bert.embeddings.word_embeddings.weight" not in changed


def test_a_model_without_linear_layers_is_refused(model):
    model.bert = torch.nn.Embedding(5, 5)
    with pytest.raises(ModelError, match="no linear layer to adapt; leave out --lora_r"):
        lora.wrap(model, toy_config(lora_r=4).model, seed=42)


def test_adapters_of_a_sharded_model_are_refused(model):
    with pytest.raises(ConfigError, match="launched with FSDP; leave one of the two out"):
        lora.wrap(model, toy_config(lora_r=4).model, seed=42, is_sharded=True)
