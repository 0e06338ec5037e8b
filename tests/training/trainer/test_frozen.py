"""Frozen layers: which they are, that they stay, and that remembering them changes no result."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import (
    AlbertConfig,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    LlamaConfig,
    ModernBertConfig,
    MPNetConfig,
    PreTrainedConfig,
    PreTrainedModel,
    RobertaConfig,
)

from inference.core.errors import ConfigError
from tests.training.fitting import fit_job, make_job
from tests.training.trainer.architectures import DISTIL, SIZE, made, named
from training.data.batches import EncodedExamples, eval_loader
from training.trainer import frozen

IN_LAYERS_OF_THEIR_OWN: list[PreTrainedConfig] = [
    BertConfig(**SIZE),
    RobertaConfig(**SIZE),
    DistilBertConfig(**DISTIL),
    ElectraConfig(**SIZE, embedding_size=16),
    ModernBertConfig(**SIZE),
    LlamaConfig(**SIZE),
]
WITH_SHARED_POSITIONS: list[PreTrainedConfig] = [
    MPNetConfig(**SIZE),
    DebertaV2Config(**SIZE, relative_attention=True, pos_att_type=["c2p", "p2c"]),
]


def examples(count: int = 23) -> EncodedExamples:
    rng = np.random.default_rng(3)
    ids = tuple(rng.integers(5, 60, rng.integers(3, 17)).astype(np.int32) for _ in range(count))
    return EncodedExamples(ids, np.zeros(count, dtype=np.int64))


def remember(model: PreTrainedModel, lower: frozen.Frozen, texts: EncodedExamples) -> bool:
    return lower.remember(model, eval_loader(texts, 0, batch_size=5), texts.lengths)


@torch.no_grad()
@pytest.mark.parametrize("config", IN_LAYERS_OF_THEIR_OWN, ids=named)
def test_what_is_remembered_gives_the_logits_that_the_layers_would(config: PreTrainedConfig):
    model, texts = made(config), examples()
    lower = frozen.freeze(model, None)
    assert lower is not None and (lower.count, lower.of) == (2, 4)
    assert remember(model, lower, texts)
    entered: list[torch.nn.Module] = []
    for layer in _layers(model)[:2]:
        for part in layer.modules():
            if isinstance(part, torch.nn.Linear):
                part.register_forward_hook(lambda module, *_: entered.append(module))
    model.eval()
    for batch in eval_loader(texts, 0, batch_size=7):
        rows, _ = batch.pop("rows"), batch.pop("labels")
        expected = model(**batch).logits
        entered.clear()
        with lower.recalled(rows, batch):
            recalled = model(**batch).logits
        assert not entered, "no frozen layer computes anything"
        assert torch.allclose(recalled, expected, atol=1e-5)
    assert torch.equal(model(**batch).logits, expected) and entered, "outside all is as it was"


def _layers(model: PreTrainedModel) -> torch.nn.ModuleList:
    lists = [m for m in model.base_model.modules() if isinstance(m, torch.nn.ModuleList)]
    return next(m for m in lists if len(m) == 4)


@pytest.mark.parametrize("config", WITH_SHARED_POSITIONS, ids=named)
def test_what_depends_on_weights_that_train_is_not_remembered(config: PreTrainedConfig):
    model, texts = made(config), examples()
    lower = frozen.freeze(model, 2)
    assert lower is not None and not remember(model, lower, texts)
    batch = next(iter(eval_loader(texts, 0, batch_size=7)))
    rows, _ = batch.pop("rows"), batch.pop("labels")
    with lower.recalled(rows, batch):
        assert torch.equal(model(**batch).logits, made(config).eval()(**batch).logits)


def test_more_than_the_limit_is_not_remembered(monkeypatch: pytest.MonkeyPatch):
    texts = examples()
    needed = int(texts.lengths.sum()) * 32 * 4
    for limit, expected in ((needed - 1, False), (needed, True)):
        monkeypatch.setattr(frozen, "MOST_BYTES", limit)
        model = made(BertConfig(**SIZE))
        lower = frozen.freeze(model, None)
        assert lower is not None and remember(model, lower, texts) is expected


def test_embeddings_and_the_lowest_layers_stay_and_nothing_else():
    model = made(BertConfig(**SIZE))
    assert frozen.freeze(model, 3) is not None
    still = {name for name, weight in model.named_parameters() if not weight.requires_grad}
    below = ("bert.embeddings.", *(f"bert.encoder.layer.{place}." for place in range(3)))
    assert still == {name for name, _ in model.named_parameters() if name.startswith(below)}


def test_frozen_layers_drop_nothing_out():
    model = made(BertConfig(**SIZE, hidden_dropout_prob=0.5))
    lower = frozen.freeze(model, 4)
    assert lower is not None
    batch = {"input_ids": torch.arange(24).reshape(3, 8) + 5}
    model.train()
    assert not torch.equal(model.bert(**batch)[0], model.bert(**batch)[0])
    lower.rest()
    assert torch.equal(model.bert(**batch)[0], model.bert(**batch)[0])
    assert model.dropout.training, "the head's own goes on"


def test_all_train_where_that_is_asked_or_layers_share_their_weights():
    albert = made(AlbertConfig(**SIZE, embedding_size=16))
    assert (
        frozen.freeze(albert, None) is None and frozen.freeze(made(BertConfig(**SIZE)), 0) is None
    )
    with pytest.raises(ConfigError, match="is 1, but AlbertForSequenceClassification has 0 layers"):
        frozen.freeze(albert, 1)
    with pytest.raises(ConfigError, match="is 5, but BertFor.* has 4 .* a number from 0 to 4"):
        frozen.freeze(made(BertConfig(**SIZE)), 5)


def test_a_training_freezes_half_and_says_so(tiny_model: Path, tmp_path: Path, capfd):
    job = make_job(tiny_model, tmp_path / "half", num_train_epochs=4, freeze_layers=None)
    fit = fit_job(job)
    assert fit.facts["frozen_layers"] == 1 and fit.best_value > 0.6
    assert "frozen: the lowest 1 of 2 layers, computed once for each text" in capfd.readouterr().out
    before = load_file(tiny_model / "model.safetensors")
    after = load_file(fit.weights_dir / "model.safetensors")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and not [name for name in changed if "embeddings" in name or "layer.0" in name]
    assert "bert.encoder.layer.1.attention.self.query.weight" in changed


@pytest.mark.parametrize("changes", [{}, {"long_texts": "windows", "max_seq_length": 8}])
def test_remembering_leaves_the_course_of_the_loss_as_it_is(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object]
):
    courses = []
    for limit in (frozen.MOST_BYTES, 0):
        monkeypatch.setattr(frozen, "MOST_BYTES", limit)
        folder = tmp_path / str(limit)
        fit_job(make_job(tiny_model, folder, num_train_epochs=2, freeze_layers=1, **changes))
        lines = (folder / "metrics.jsonl").read_text("utf-8").splitlines()
        courses.append([line["loss"] for line in map(json.loads, lines) if "loss" in line])
    remembered, computed = courses
    assert len(computed) == 12 and remembered == pytest.approx(computed, abs=1e-3)
