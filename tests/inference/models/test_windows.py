from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from inference.core.errors import ModelError, TextError
from inference.models.windows import (
    Batching,
    TextReader,
    Window,
    _batches,
    load_tokenizer,
    pad_token_id,
    weighted_mean,
)


def reader(folder: Path, max_tokens: int = 16) -> TextReader:
    tokenizer = load_tokenizer(folder)
    return TextReader(tokenizer, max_tokens, pad_token_id(folder, tokenizer))


@pytest.mark.parametrize(
    "text", ["good movie", "ünïcode ☃ Day", "a [SEP] b", "nul \0 here", "A" * 9]
)
@pytest.mark.parametrize("family", ["onnx_model", "onnx_roberta"])
def test_a_text_that_fits_has_the_ids_that_transformers_gives(family, text, request):
    folder = request.getfixturevalue(family)
    (window,) = reader(folder, 60).read([text])
    assert list(window.ids) == AutoTokenizer.from_pretrained(folder)(text)["input_ids"]


@pytest.mark.parametrize("family", ["onnx_model", "onnx_roberta"])
def test_windows_of_a_long_text_cover_it_in_order_with_special_tokens_each(family, request):
    folder = request.getfixturevalue(family)
    text = " ".join(f"good {number} movie" for number in range(30))
    first, *content, last = AutoTokenizer.from_pretrained(folder)(text)["input_ids"]
    windows = reader(folder).read([text])
    assert len(windows) > 3
    stride, covered = 16 - 2 - int((16 - 2) / 4), 0
    for number, window in enumerate(windows):
        assert (window.ids[0], window.ids[-1]) == (first, last)
        assert len(window.ids) <= 16
        start = number * stride
        assert list(window.ids[1:-1]) == content[start : start + 14], f"window {number}"
        assert window.content == len(window.ids) - 2
        covered = start + window.content
    assert covered == len(content)


def test_truncation_and_padding_baked_into_the_file_are_replaced(onnx_model, tmp_path):
    tokenizer = load_tokenizer(onnx_model)
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=40)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "config.json").write_text("{}")
    text = "good bad fine awful great terrible"
    baked, plain = reader(tmp_path).read([text]), reader(onnx_model).read([text])
    assert [list(w.ids) for w in baked] == [list(w.ids) for w in plain]


@pytest.mark.parametrize("text", ["", " \t\n", "\u200b\u200e", "\0", "\u2028"])
def test_blank_texts_are_refused_with_their_number(onnx_model, text):
    with pytest.raises(TextError, match="text 2 is empty or blank"):
        reader(onnx_model).read(["good", text])


@pytest.mark.parametrize("text", [None, 3.5, float("nan"), b"bytes", ["list"]])
def test_what_is_no_str_is_refused_without_showing_it(onnx_model, text):
    with pytest.raises(TextError, match=f"text 1 is a {type(text).__name__}, expected a str"):
        reader(onnx_model).read([text])


def test_half_an_emoji_is_read_as_a_replacement_and_a_pair_as_the_emoji(onnx_model):
    half, whole, pair = "good \ud83d day", "good \U0001f600 day", "good \ud83d\ude00 day"
    read = reader(onnx_model).read([half, whole, pair, "good \ufffd day"])
    assert list(read[0].ids) == list(read[3].ids)
    assert list(read[1].ids) == list(read[2].ids)


@given(st.text(min_size=1, max_size=80))
def test_any_text_is_read_or_refused(onnx_model, text):
    try:
        windows = reader(onnx_model).read([text])
    except TextError:
        assert not any(char.isprintable() and not char.isspace() for char in text)
    else:
        assert all(window.content >= 1 and len(window.ids) <= 16 for window in windows)


@given(st.lists(st.integers(1, 40), max_size=30), st.sampled_from([0, 1, 50, 200]))
def test_batches_hold_every_window_once_within_the_budget(lengths, budget):
    batches = _batches(lengths, budget)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[index] for index in batch)
        assert len(batch) == 1 or longest * len(batch) <= budget


@given(st.lists(st.integers(1, 9), max_size=60))
def test_batches_of_one_length_are_as_full_as_the_budget_allows(lengths):
    batches = _batches(lengths, 20, mixes_lengths=False)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(len({lengths[index] for index in batch}) == 1 for batch in batches)
    for length in set(lengths):
        count, most = lengths.count(length), 20 // length
        assert sum(lengths[batch[0]] == length for batch in batches) == -(-count // most)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("budget", [0, 64, 10**6])
def test_forward_keeps_the_order_and_pads_only_what_the_mask_hides(onnx_model, workers, budget):
    texts = ["good " * count + "day" for count in (9, 1, 4, 4, 12, 2)]
    read = reader(onnx_model, 60)
    windows = read.read(texts)

    def sums(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        assert ((ids == 0) == (mask == 0)).all(), "padding is [PAD], 0, and nothing else is"
        return np.stack([(ids * mask).sum(axis=1), mask.sum(axis=1)], axis=1).astype(np.float32)

    rows = read.forward(windows, sums, Batching(budget, workers))
    assert rows.tolist() == [[sum(w.ids), len(w.ids)] for w in windows]


def test_roberta_is_padded_with_its_own_id(onnx_roberta):
    assert pad_token_id(onnx_roberta, load_tokenizer(onnx_roberta)) == 1


def test_weighted_mean_counts_each_window_by_its_content():
    windows = [Window(0, [], 3), Window(1, [], 5), Window(0, [], 1)]
    rows = np.array([[4.0], [7.0], [8.0]], np.float32)
    assert weighted_mean(rows, windows, 2).tolist() == [[5.0], [7.0]]


def test_a_missing_or_broken_tokenizer_says_what_to_do(tmp_path):
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing from .*save_pretrained"):
        load_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be read .*download it again"):
        load_tokenizer(tmp_path)
