"""training.chat_tuning.batches: what a batch holds, and the loss over the answers' tokens alone."""

import numpy as np
import pytest
import torch
from accelerate import skip_first_batches

from tests.training.chat_tuning.toys import prepared
from training.chat_tuning.batches import answer_losses, encode_dialogues
from training.data.batches import train_loader


@pytest.fixture
def encoded(tiny, settings_for):
    return encode_dialogues(prepared(settings_for()).train, tiny.reader)


def _rows(loader) -> list[list[int]]:
    return [batch["rows"].tolist() for batch in loader]


def test_every_dialogue_comes_once_an_epoch_in_an_order_of_its_own(encoded):
    loader = train_loader(encoded, 0, batch_size=4, processes=1, seed=1)
    orders = []
    for number in (0, 1, 0):
        loader.batch_sampler.sampler.set_epoch(number)
        orders.append([row for batch in _rows(loader) for row in batch])
    assert sorted(orders[0]) == list(range(len(encoded.tokens)))
    assert orders[0] == orders[2] != orders[1]


def test_skipped_batches_are_those_at_the_start(encoded):
    loader = train_loader(encoded, 0, batch_size=4, processes=1, seed=1)
    whole = _rows(loader)
    assert _rows(skip_first_batches(loader, 3)) == whole[3:]
    assert len(whole) == len(loader)


def test_the_loss_is_that_of_the_whole_model_over_learned_tokens(tiny, encoded):
    """Held against transformers' own labels, dialogue by dialogue and in a batch with padding."""
    rows = [0, 5, 9]
    batch = encoded.batch(rows, tiny.reader.pad_id, 1)
    found = answer_losses(tiny.model, batch)
    for place, row in enumerate(rows):
        one = encoded.tokens[row]
        ids = torch.tensor(one.ids[None].astype(np.int64))
        labels = torch.where(torch.tensor(one.learned[None]), ids, -100)
        mean = tiny.model(input_ids=ids, labels=labels).loss
        expected = float(mean) * one.learned[1:].sum()
        assert float(found[place]) == pytest.approx(expected, rel=1e-5)


def test_a_dialogue_whose_answer_lies_beyond_the_limit_is_left_out(tiny, settings_for):
    from dataclasses import replace

    read = prepared(settings_for()).train
    short = encode_dialogues(read, replace(tiny.reader, max_tokens=20))
    assert short.tokens == () and short.cut == len(read)


def test_learned_tokens_are_the_answers_bytes_and_an_end_each(encoded, settings_for):
    answers = [one.answers[0] for one in prepared(settings_for()).train]
    assert encoded.learned_tokens == sum(len(answer) + 1 for answer in answers)
