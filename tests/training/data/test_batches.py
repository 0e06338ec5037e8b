"""From texts to padded batches of like length."""

import numpy as np
import pytest

from inference.models.classifier import ONNX_FP32, load_reader
from tests.tiny import make_tokenizer
from training.data.batches import (
    GroupedByLength,
    encode_examples,
    eval_loader,
    seed_of_batch,
    train_loader,
    window_of_each,
)

TEXTS = ["good", "bad food", "the movie is really very good", "i love it"] * 25
MATRIX = np.eye(3, dtype=bool)[np.arange(100) % 3]


@pytest.fixture(scope="module")
def encoded():
    return encode_examples(TEXTS, MATRIX, make_tokenizer(), max_tokens=6, is_multilabel=False)


def test_tokens_have_their_marks_and_are_cut_at_the_limit(encoded):
    assert encoded.lengths[:4].tolist() == [3, 4, 6, 5]
    assert encoded.targets.dtype == np.int64
    assert encoded.targets[:4].tolist() == [0, 1, 2, 0]


def test_several_labels_become_rows_of_floats():
    several = encode_examples(TEXTS, MATRIX, make_tokenizer(), max_tokens=6, is_multilabel=True)
    assert several.targets.dtype == np.float32
    assert several.targets.shape == (100, 3)


def test_a_batch_is_padded_to_its_longest_text_and_masked(encoded):
    (batch, *_) = eval_loader(encoded, pad_id=9, batch_size=30, multiple=4)
    assert batch["input_ids"].shape == (30, 8)  # 6 tokens, rounded up to fours
    assert (batch["input_ids"][:, 6:] == 9).all()
    assert (batch["attention_mask"].sum(dim=1).numpy() == encoded.lengths[batch["rows"]]).all()
    assert (batch["labels"].numpy() == encoded.targets[batch["rows"]]).all()


def test_validation_sees_every_text_once(encoded):
    rows = [row for b in eval_loader(encoded, 0, batch_size=7) for row in b["rows"].tolist()]
    assert sorted(rows) == list(range(100))


def test_an_epoch_sees_every_text_once_and_is_a_function_of_seed_and_epoch():
    lengths = np.random.default_rng(0).integers(3, 60, 1003)

    def order(seed: int, epoch: int) -> list[int]:
        sampler = GroupedByLength(lengths, 16, seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert sorted(order(1, 0)) == list(range(1003))
    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


def test_grouping_leaves_little_padding():
    lengths = np.random.default_rng(0).integers(3, 120, 3200)
    sampler = list(GroupedByLength(lengths, 16, 0))
    widths = lengths[np.array(sampler).reshape(-1, 16)].max(axis=1)
    padding = 1 - lengths.sum() / (16 * widths.sum())
    assert padding < 0.05, padding  # about 0.47 when shuffled alone


def test_drawn_texts_even_out_the_labels_in_as_many_batches_of_like_length():
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 120, 3200)
    is_rare = rng.random(3200) < 0.05
    weights = np.where(is_rare, 10.0, 0.5)

    def order(seed: int, epoch: int) -> list[int]:
        sampler = GroupedByLength(lengths, 16, seed, weights / weights.mean())
        sampler.set_epoch(epoch)
        return list(sampler)

    first = np.array(order(1, 0))
    assert len(first) == 3200
    share = (weights[is_rare].sum()) / weights.sum()
    assert abs(is_rare[first].mean() - share) < 0.01
    times = np.bincount(first[is_rare[first]], minlength=3200)[is_rare]
    assert times.max() - times.min() <= 1, "each rare text comes as often as the next"
    grouped = lengths[first].reshape(-1, 16)
    assert 1 - grouped.sum() / (16 * grouped.max(axis=1).sum()) < 0.05
    assert order(1, 0) == order(1, 0)
    assert sorted(order(1, 0)) != sorted(order(1, 1)), "another epoch draws other common texts"


def test_targets_give_the_labels_back(encoded):
    assert (encoded.matrix(3) == MATRIX).all()
    several = encode_examples(TEXTS, ~MATRIX, make_tokenizer(), max_tokens=6, is_multilabel=True)
    assert (several.matrix(3) == ~MATRIX).all()


def test_loaders_of_several_processes_give_all_batches_to_be_dealt_out(encoded):
    loader = train_loader(encoded, 0, batch_size=8, processes=2, seed=0)
    assert len(loader) == 13
    assert loader.batch_sampler.batch_size == 8


def test_no_two_batches_or_processes_share_a_seed():
    seeds = {seed_of_batch(1, place, process) for place in range(100) for process in range(4)}
    assert len(seeds) == 400


@pytest.fixture(scope="module")
def in_windows():
    texts = [" ".join(["good", "bad", "so", "food"] * (row % 5 + 1)) for row in range(40)]
    return texts, encode_examples(
        texts, MATRIX[:40], make_tokenizer(), max_tokens=8, is_multilabel=False, has_windows=True
    )


def test_windows_are_those_that_the_model_reads_when_it_answers(in_windows, tmp_path):
    texts, several = in_windows
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    read = load_reader(tmp_path, 8, ONNX_FP32).read(texts)
    assert [ids.tolist() for ids in several.token_ids] == [list(window.ids) for window in read]
    assert [(w.text, w.content) for w in several.windows] == [(w.text, w.content) for w in read]
    assert len(read) > 80 and len(tokenizer(texts[4])["input_ids"]) == 22, "nothing was cut off"


def test_each_window_has_the_label_of_its_text(in_windows):
    _, several = in_windows
    rows = list(range(len(several.token_ids)))
    assert several.batch(rows, 0, 1)["labels"].tolist() == [text % 3 for text in several.texts]
    assert (several.matrix(3) == MATRIX[:40]).all()


def test_an_epoch_meets_one_window_of_each_text_and_later_ones_the_others(in_windows):
    _, several = in_windows

    def met(seed: int, epoch: int) -> list[int]:
        sampler = GroupedByLength(several.lengths, 8, seed, texts=several.texts)
        sampler.set_epoch(epoch)
        assert len(sampler) == 40
        return list(sampler)

    for epoch in range(3):
        rows = met(1, epoch)
        assert several.texts[sorted(rows)].tolist() == list(range(40))
        assert sorted(rows) == window_of_each(several.texts, 1, epoch).tolist()
    assert met(1, 2) == met(1, 2) and sorted(met(1, 2)) != sorted(met(2, 2))
    most = int(np.bincount(several.texts).max())
    seen = {row for epoch in range(most) for row in met(1, epoch)}
    assert most == 4 and seen == set(range(len(several.token_ids)))
