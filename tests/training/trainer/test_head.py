"""Where the fresh head starts: fitted to the encoder, or at the labels' shares."""

from pathlib import Path

import numpy as np
import pytest
import torch

from inference.data.problem_types import MULTI, SINGLE
from inference.data.records import Example
from tests.training.toy import toy_config, toy_examples
from training.data.batches import EncodedExamples, encode_examples
from training.data.splits import label_matrix
from training.settings.trainer_config import ClassifierTrainerConfig
from training.trainer import head
from training.trainer.base import Base, load_model, load_tokenizer

LABELS = ("negative", "neutral", "positive")


@pytest.fixture(scope="module")
def base(tiny_model: Path) -> Base:
    return Base(tiny_model, "", "")


def encoded(base: Base, rows: list[Example], problem_type: str) -> EncodedExamples:
    return encode_examples(
        [row.fields["text"] for row in rows],
        label_matrix(rows, LABELS),
        load_tokenizer(base),
        max_tokens=32,
        is_multilabel=problem_type == MULTI,
    )


def started(base: Base, rows: list[Example], problem_type: str, **options: object):
    """A model after start(), and the logits that it gives its own training texts."""
    train = encoded(base, rows, problem_type)
    model = load_model(base, LABELS, problem_type, seed=1)
    config = toy_config(**options)
    start = config.model.head_start
    head.start(model, train, 0, config.trainer, problem_type, "cpu", head_start=start)
    ids = [torch.from_numpy(row.astype(np.int64)) for row in train.token_ids]
    padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True)
    model.eval()
    with torch.no_grad():
        logits = model(input_ids=padded, attention_mask=(padded != 0).long()).logits
    return model, logits.numpy()


def hits(logits: np.ndarray, rows: list[Example]) -> float:
    truth = label_matrix(rows, LABELS).argmax(axis=1)
    return float((logits.argmax(axis=1) == truth).mean())


def test_a_probed_head_tells_the_labels_apart_before_the_first_step(base: Base):
    rows = toy_examples(150)
    most_frequent = label_matrix(rows, LABELS).mean(axis=0).max()
    assert hits(started(base, rows, SINGLE)[1], rows) > most_frequent + 0.2
    shares = hits(started(base, rows, SINGLE, head_start="shares")[1], rows)
    assert shares < hits(started(base, rows, SINGLE)[1], rows)


def test_each_label_of_several_gets_a_regression_of_its_own(base: Base):
    rows = toy_examples(150)
    _, logits = started(base, rows, MULTI)
    truth = label_matrix(rows, LABELS)
    for label in range(3):
        assert logits[truth[:, label], label].mean() > logits[~truth[:, label], label].mean() + 0.5


@pytest.mark.parametrize("problem_type", [SINGLE, MULTI])
def test_the_start_is_at_the_shares_of_the_labels(base: Base, problem_type: str):
    rows = [row for row in toy_examples(300) if row.labels != ("neutral",) or row.row % 10 == 0]
    shares = label_matrix(rows, LABELS).mean(axis=0)

    def read(logits: torch.Tensor) -> torch.Tensor:
        return logits.sigmoid() if problem_type == MULTI else logits.softmax(dim=-1)

    plain, _ = started(base, rows, problem_type, head_start="shares")
    biased = read(plain.classifier.bias.detach()).numpy()
    assert biased == pytest.approx(shares, abs=0.01), "whatever the text adds"
    _, logits = started(base, rows, problem_type)
    assert read(torch.from_numpy(logits)).mean(dim=0).numpy() == pytest.approx(shares, abs=0.08)


@pytest.mark.parametrize("problem_type", [SINGLE, MULTI])
def test_a_label_that_no_text_has_stays_rare(base: Base, problem_type: str):
    rows = [row for row in toy_examples(90) if row.labels != ("neutral",)]
    _, logits = started(base, rows, problem_type)
    assert (logits[:, 1] < logits[:, [0, 2]].max(axis=1)).all()
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("options", [{"class_weights": "balanced"}, {"weighted_sampling": True}])
def test_what_training_weighs_more_the_start_weighs_more(base: Base, options: dict):
    rows = [row for row in toy_examples(300) if row.labels != ("neutral",) or row.row % 10 == 0]
    plain, weighted = (started(base, rows, SINGLE, **o)[1] for o in ({}, options))
    assert weighted[:, 1].mean() - weighted.mean() > plain[:, 1].mean() - plain.mean()


def test_equal_seeds_give_equal_heads(base: Base):
    rows = toy_examples(60)
    one, two = (started(base, rows, SINGLE)[0].classifier for _ in range(2))
    assert torch.equal(one.weight, two.weight) and torch.equal(one.bias, two.bias)


def test_a_large_file_is_sampled_with_one_text_of_each_label():
    matrix = np.zeros((500, 3), bool)
    matrix[:, 0] = True
    matrix[123] = [False, True, False]
    rows = head._sample(matrix, seed=3, most=20)
    assert 20 <= len(rows) <= 22 and 123 in rows


def test_a_head_without_a_bias_is_left_as_it_is(base: Base):
    train = encoded(base, toy_examples(30), SINGLE)
    model = load_model(base, LABELS, SINGLE, seed=1)
    model.classifier = torch.nn.Linear(model.config.hidden_size, 3, bias=False)
    before = model.classifier.weight.clone()
    head.start(model, train, 0, ClassifierTrainerConfig(), SINGLE, "cpu", head_start="probe")
    assert torch.equal(model.classifier.weight, before)


def test_the_hook_on_the_model_is_gone_afterwards(base: Base):
    model, _ = started(base, toy_examples(30), SINGLE)
    assert not model.classifier._forward_pre_hooks
    assert toy_config(head_start="shares").model.head_start == "shares"
