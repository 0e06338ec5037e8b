"""Texts as windows of token ids: cleaning, refusing, cutting long texts, batching, padding.

Both engines and both kinds of scorer read texts through here, so that they see the same ids. Does
not know what the numbers of a window mean; that is classifier.py and zero_shot.py.

Letters: N texts, W windows (W >= N), B windows of a batch, T tokens, D numbers a window.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from inference.core.errors import ModelError, TextError
from inference.data.cells import is_blank
from inference.models.model_files import read_json

TOKENIZER_FILE = "tokenizer.json"

# A long text's windows share this part of a window, so that no sentence is only seen cut in two.
OVERLAP = 1 / 4

# (B, T) int64 ids and (B, T) int64 mask of ones and zeros -> (B, D) float32
Forward = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]


@dataclass(frozen=True)
class Window:
    """A stretch of a text that fits the model, special tokens in place.

    text: index of the text it belongs to.
    content: how many of its tokens are the text's own; at least 1.
    """

    text: int
    ids: Sequence[int]
    content: int


@dataclass(frozen=True)
class Batching:
    """How windows are best put together for one engine.

    tokens: how large B x T may get, padding included; 0 = one window at a time.
    workers: how many batches are run at once.
    mixes_lengths: whether windows of several lengths may share a batch.
    """

    tokens: int
    workers: int = 1
    mixes_lengths: bool = True


class TextReader:
    """A tokenizer made ready for one model; safe to share between threads once made."""

    def __init__(self, tokenizer: Tokenizer, max_tokens: int, pad_id: int) -> None:
        """Take over the tokenizer: what is baked into it on padding and truncation is replaced."""
        room = max_tokens - tokenizer.num_special_tokens_to_add(is_pair=False)
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens, stride=int(room * OVERLAP))  # the overlap
        self._tokenizer = tokenizer
        self._pad_id = pad_id

    def read(self, texts: Sequence[str]) -> list[Window]:
        """Return every text's windows, in the order of the texts, one for a text that fits.

        Raises:
            TextError: a text is not a str, or holds nothing to read.
        """
        cleaned = [_clean(text, index) for index, text in enumerate(texts)]
        encodings = self._tokenizer.encode_batch_fast(cleaned)
        return [
            Window(index, part.ids, max(1, len(part.ids) - sum(part.special_tokens_mask)))
            for index, encoding in enumerate(encodings)
            for part in _parts(encoding)
        ]

    def forward(
        self, windows: Sequence[Window], run: Forward, batching: Batching
    ) -> NDArray[np.float32]:
        """Return what `run` makes of every window, (W, D) float32, in the windows' order."""
        lengths = [len(window.ids) for window in windows]
        batches = _batches(lengths, batching.tokens, mixes_lengths=batching.mixes_lengths)

        def run_one(batch: Sequence[int]) -> NDArray[np.float32]:
            return run(*self._pad([windows[i].ids for i in batch]))

        if batching.workers > 1 and len(batches) > 1:
            with ThreadPoolExecutor(batching.workers) as pool:
                parts = list(pool.map(run_one, batches))
        else:
            parts = [run_one(batch) for batch in batches]
        rows = np.empty((len(windows), *parts[0].shape[1:]), np.float32)  # (W, D)
        for batch, part in zip(batches, parts, strict=True):
            rows[batch] = part  # (B, D), back in the windows' order
        return rows

    def _pad(
        self, sequences: Sequence[Sequence[int]]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return ids and mask, (B, T) int64 each, padded on the right to the longest."""
        shape = len(sequences), max(map(len, sequences))
        ids = np.full(shape, self._pad_id, np.int64)
        mask = np.zeros(shape, np.int64)
        for row, sequence in enumerate(sequences):
            ids[row, : len(sequence)] = sequence
            mask[row, : len(sequence)] = 1
        return ids, mask


def load_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer in a model folder.

    Raises:
        ModelError: tokenizer.json is missing or unreadable.
    """
    path = folder / TOKENIZER_FILE
    if not path.is_file():
        raise ModelError(
            f"{TOKENIZER_FILE} is missing from {folder}; save the tokenizer with save_pretrained "
            "and publish again"
        )
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises bare Exception, whatever is wrong
        raise ModelError(f"{path} cannot be read ({error}); download it again") from None


def pad_token_id(folder: Path, tokenizer: Tokenizer) -> int:
    """Return the id to pad with; it matters, as RoBERTa counts positions from the ids."""
    stated = read_json(folder / "config.json").get("pad_token_id")
    if isinstance(stated, int):
        return stated
    ids = (tokenizer.token_to_id(token) for token in ("[PAD]", "<pad>"))
    return next((token_id for token_id in ids if token_id is not None), 0)


def weighted_mean(
    rows: NDArray[np.float32], windows: Sequence[Window], count: int
) -> NDArray[np.float32]:
    """Return the mean of each text's rows, weighted by content tokens: (W, D) -> (N, D)."""
    owners = np.array([window.text for window in windows])  # (W,)
    weights = np.array([window.content for window in windows], np.float64)
    sums = np.zeros((count, rows.shape[1]))
    # (W, D) -> (N, D); sums[owners] += would add only one window of each text
    np.add.at(sums, owners, rows * weights[:, None])
    totals = np.bincount(owners, weights, minlength=count)  # (W,) -> (N,)
    return (sums / totals[:, None]).astype(np.float32)


def _clean(text: object, index: int) -> str:
    if not isinstance(text, str):
        raise TextError(f"text {index + 1} is a {type(text).__name__}, expected a str")
    if is_blank(text):
        raise TextError(f"text {index + 1} is empty or blank; give it at least one character")
    # a lone surrogate (half of a broken emoji) cannot be encoded; a pair of them can
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _parts(encoding: Encoding) -> list[Encoding]:
    return [encoding, *encoding.overflowing]


def _batches(
    lengths: Sequence[int], batch_tokens: int, *, mixes_lengths: bool = True
) -> list[list[int]]:
    """Group windows of like length so that B x T, padding included, stays within the budget."""
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        longest = lengths[batches[-1][0]] if batches else 0  # the first of a batch
        fits = batches and (len(batches[-1]) + 1) * longest <= batch_tokens
        if fits and (mixes_lengths or lengths[index] == longest):
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches
