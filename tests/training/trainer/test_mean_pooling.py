"""Mean pooling in plain weights: what the head reads, and that unmodified transformers loads it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import matthews_corrcoef
from torch.nn import functional
from transformers import (
    AutoModel,
    AutoModelForSequenceClassification,
    BertConfig,
    DistilBertConfig,
    ElectraConfig,
    ModernBertConfig,
    MPNetConfig,
    PreTrainedConfig,
    PreTrainedModel,
    RobertaConfig,
    XLMRobertaConfig,
)

from inference.core.errors import ModelError
from inference.data.problem_types import SINGLE
from inference.models.encoder import compute_first_token_only
from tests.training.fitting import fit_job, make_job
from tests.training.trainer.architectures import DISTIL, SIZE, batch, made, named
from training.data.batches import EncodedExamples, encode_examples, eval_loader
from training.settings.trainer_config import ClassifierTrainerConfig
from training.trainer import head
from training.trainer.base import Base, load_model, load_tokenizer
from training.trainer.head import last_linear
from training.trainer.mean_pooling import add_mean_pooling, wants_mean
from training.trainer.weights import choose_pooling

LAYERS = 4
SHIFT = {"distilbert": 8.0}  # lifted above the zero of its ReLU
FAMILIES = [
    BertConfig(**SIZE),
    RobertaConfig(**SIZE),
    XLMRobertaConfig(**SIZE),
    MPNetConfig(**SIZE),
    DistilBertConfig(**DISTIL, pad_token_id=0),
]


def run(model: PreTrainedModel, module: torch.nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    """What a module of the model is given for the batch, and the logits."""
    seen: list[torch.Tensor] = []
    hook = module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        logits = model.eval()(**batch()).logits
    hook.remove()
    return seen[0], logits


def mean_of(states: torch.Tensor) -> torch.Tensor:
    """(B, H) of (B, T, H), padding left out, standardised as a layer norm does."""
    weights = batch()["attention_mask"][:, :, None].float()
    mean = (states * weights).sum(dim=1) / weights.sum(dim=1)
    return functional.layer_norm(mean, mean.shape[-1:])


@pytest.mark.parametrize("config", FAMILIES, ids=named)
def test_the_head_reads_the_mean_of_the_layer_below_the_new_one(config: PreTrainedConfig):
    model = made(config)
    plain = AutoModel.from_config(config)
    plain.load_state_dict(model.base_model.state_dict(), strict=False)
    with torch.no_grad():
        expected = mean_of(plain.eval()(**batch()).last_hidden_state)
    assert add_mean_pooling(model) and model.config.num_hidden_layers == LAYERS + 1
    read, _ = run(model, last_linear(model, 2))
    cosines = functional.cosine_similarity(read - SHIFT.get(config.model_type, 0.0), expected)
    assert cosines.min() > 0.95, cosines


@pytest.mark.parametrize("config", FAMILIES, ids=named)
def test_unmodified_transformers_loads_what_was_saved(config: PreTrainedConfig, tmp_path: Path):
    model = made(config)
    assert add_mean_pooling(model)
    model.save_pretrained(tmp_path)
    again = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    head = last_linear(model, 2)
    assert torch.allclose(run(again, last_linear(again, 2))[1], run(model, head)[1], atol=1e-6)


def test_padding_has_no_part_in_the_mean():
    model = made(BertConfig(**SIZE))
    add_mean_pooling(model)
    logits = run(model, last_linear(model, 2))[1]
    ids, mask = batch()["input_ids"], batch()["attention_mask"].bool()
    with torch.no_grad():
        for row in range(len(ids)):
            alone = model(input_ids=ids[row][mask[row]][None]).logits
            assert torch.allclose(alone[0], logits[row], atol=1e-5)


def test_the_new_layer_is_computed_for_the_first_token_alone():
    model = made(BertConfig(**SIZE))
    add_mean_pooling(model)
    before = run(model, last_linear(model, 2))[1]
    assert compute_first_token_only(model)
    assert torch.allclose(run(model, last_linear(model, 2))[1], before, atol=1e-5)


def test_a_family_that_knows_mean_pooling_is_told_so(tmp_path: Path):
    size = {**SIZE, "num_hidden_layers": 2, "global_attn_every_n_layers": 2}
    tokens = dict.fromkeys(("bos_token_id", "cls_token_id", "eos_token_id", "sep_token_id"), 1)
    model = made(ModernBertConfig(**size, **tokens, classifier_pooling="cls"))
    before = run(model, last_linear(model, 2))[1]
    assert add_mean_pooling(model) and model.config.num_hidden_layers == 2
    assert not torch.allclose(run(model, last_linear(model, 2))[1], before)
    model.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["classifier_pooling"] == "mean"


def test_a_head_with_another_activation_is_left_as_it_is():
    model = made(ElectraConfig(**SIZE, embedding_size=32))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert not add_mean_pooling(model) and model.config.num_hidden_layers == LAYERS
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_mean_that_a_family_cannot_be_given_is_refused_when_asked_for():
    model = made(ElectraConfig(**SIZE, embedding_size=32))
    choose_pooling(model, "cls")
    with pytest.raises(ModelError, match="a electra model cannot be given that"):
        choose_pooling(model, "mean")


@pytest.mark.parametrize(
    ("said", "is_mean"),
    [
        ('{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false}', True),
        ('{"pooling_mode_mean_tokens": false, "pooling_mode_cls_token": true}', False),
        ('{"pooling_mode": "mean"}', True),
        ('{"pooling_mode": "lasttoken"}', False),
        ("[1]", False),
        ("{", False),
        (None, False),
    ],
)
def test_what_a_base_was_made_for_is_read_from_its_folder(
    tmp_path: Path, said: str | None, is_mean: bool
):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    if said is not None:
        (tmp_path / "1_Pooling").mkdir()
        (tmp_path / "1_Pooling" / "config.json").write_text(said)
    assert wants_mean(tmp_path) is is_mean


def test_the_real_base_wants_the_mean_and_gives_it(base_model: Path):
    assert wants_mean(base_model)
    model = load_model(Base(base_model, "", ""), ["a", "b"], SINGLE, seed=1)
    plain = AutoModel.from_pretrained(base_model).eval()
    ids = torch.randint(1000, 20_000, (4, 11), generator=torch.Generator().manual_seed(1))
    texts = {"input_ids": ids, "attention_mask": batch()["attention_mask"]}
    with torch.no_grad():
        expected = mean_of(plain(**texts).last_hidden_state)
    assert add_mean_pooling(model)
    seen: list[torch.Tensor] = []
    last_linear(model, 2).register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        model.eval()(**texts)
    assert functional.cosine_similarity(seen[0], expected).min() > 0.98


def test_a_model_with_the_layer_trains_like_any_other(tiny_model: Path, tmp_path: Path):
    job = make_job(tiny_model, tmp_path / "run", num_train_epochs=2)
    assert add_mean_pooling(job.model)
    fit = fit_job(job)
    trained = AutoModelForSequenceClassification.from_pretrained(fit.weights_dir)
    assert trained.config.num_hidden_layers == 3
    value = trained.bert.encoder.layer[-1].attention.self.value.weight.detach().numpy()
    # still about a multiple of the identity, yet no longer exactly
    assert np.diag(value).mean() == pytest.approx(20.0, abs=0.5)
    assert not np.allclose(value, 20.0 * np.eye(len(value)))


def test_a_head_over_the_mean_of_few_tweets_tells_more_than_one_over_the_first_token(
    base_model: Path, tweets: Path
):
    """64 tweets a label to fit the head, 150 others to judge it, nothing trained."""
    with tweets.open(encoding="cp1252", errors="replace", newline="") as file:
        rows = list(csv.DictReader(file))
    base = Base(base_model, "", "")
    tokenizer = load_tokenizer(base)
    labels = ("negative", "neutral", "positive")

    def encoded(chosen: list[dict[str, str]]) -> EncodedExamples:
        matrix = np.array([[row["sentiment"] == label for label in labels] for row in chosen])
        texts = [row["text"] for row in chosen]
        return encode_examples(texts, matrix, tokenizer, max_tokens=64, is_multilabel=False)

    def mcc(pooling: str, seed: int) -> float:
        order = np.random.default_rng(seed).permutation(len(rows))
        few: list[int] = []
        for label in labels:
            few += [row for row in order.tolist() if rows[row]["sentiment"] == label][:64]
        others = encoded([rows[row] for row in order.tolist()[: len(few) + 150] if row not in few])
        model = load_model(base, labels, SINGLE, seed=seed)
        choose_pooling(model, pooling)
        config = ClassifierTrainerConfig()
        head.start(
            model, encoded([rows[row] for row in few]), 0, config, SINGLE, "cpu", head_start="probe"
        )
        predicted = np.zeros(len(others.token_ids), int)
        with torch.no_grad():
            for texts in eval_loader(others, 0, batch_size=64):
                numbers, _ = texts.pop("rows"), texts.pop("labels")
                predicted[numbers.numpy()] = model.eval()(**texts).logits.argmax(dim=1).numpy()
        return float(matthews_corrcoef(others.targets, predicted))

    gains = [mcc("mean", seed) - mcc("cls", seed) for seed in (1, 2)]
    assert np.mean(gains) > 0.05, gains
