"""Texts become padded batches: tokenised once, texts of like length together, in a seeded order.

Owns everything between the composed strings and the tensors of a step; not which process gets
which batch (training/trainer/loop.py). Dialogues become batches here too, as something Encoded.
Long texts are cut into windows by inference/models/windows.py, as they are when a model answers.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import BatchSampler, DataLoader, Dataset, Sampler
from transformers import PreTrainedTokenizerBase

from inference.models.windows import TextReader, Window

# Batches whose texts are sorted together: enough for little padding, few enough for a fair shuffle.
_BATCHES_SORTED_TOGETHER = 50
# B batch, T tokens, N examples, W windows (W >= N), C labels
Batch = dict[str, torch.Tensor]
"""Tensors of B first; with rows (B,) int64, the place of each in what was encoded."""


class Encoded(Protocol):
    """N tokenised things to learn from, of which some rows make a padded batch."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(N,) int64: tokens of each."""

    def batch(self, rows: Sequence[int], pad_id: int, multiple: int) -> Batch:
        """Some of them, T the longest rounded up to a `multiple`; without their `rows`."""


@dataclass(frozen=True)
class EncodedExamples:
    """N tokenised examples, each a row, or cut into windows, each of which is a row.

    token_ids: W arrays of int32, special tokens included, not padded.
    targets: (N,) int64 for one label each, (N, C) float32 of 0 and 1 for several.
    windows: W of them, in the order of the texts, without their ids; () where a text is a row.
    """

    token_ids: tuple[NDArray[np.int32], ...]
    targets: NDArray[np.int64] | NDArray[np.float32]
    windows: tuple[Window, ...] = ()

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(W,) int64: tokens of each row."""
        return np.array([len(ids) for ids in self.token_ids], dtype=np.int64)

    @property
    def texts(self) -> NDArray[np.int64]:
        """(W,) int64: which example each row is of."""
        if not self.windows:
            return np.arange(len(self.token_ids))
        return np.array([window.text for window in self.windows], dtype=np.int64)

    def batch(self, rows: Sequence[int], pad_id: int, multiple: int) -> Batch:
        """input_ids and attention_mask (B, T) int64, and labels."""
        ids = pad([self.token_ids[row] for row in rows], pad_id, multiple)
        of_texts = [self.windows[row].text for row in rows] if self.windows else list(rows)
        return {**ids, "labels": torch.from_numpy(self.targets[of_texts])}

    def matrix(self, labels: int) -> NDArray[np.bool_]:
        """(N, C) bool: the targets again as they were given, of C `labels`."""
        if self.targets.ndim == 2:
            return self.targets.astype(bool)
        return self.targets[:, None] == np.arange(labels)


def encode_examples(
    texts: Sequence[str],
    matrix: NDArray[np.bool_],
    tokenizer: PreTrainedTokenizerBase,
    *,
    max_tokens: int,
    is_multilabel: bool,
    has_windows: bool = False,
) -> EncodedExamples:
    """Tokenise all texts; `matrix` is (N, C) bool, one true a row unless multi-label.

    has_windows: keep what is beyond max_tokens too, as further windows.
    """
    targets = matrix.astype(np.float32) if is_multilabel else matrix.argmax(axis=1).astype(np.int64)
    if has_windows:
        # a copy: the reader takes over what it is given
        backend = copy.deepcopy(tokenizer.backend_tokenizer)
        windows = TextReader(backend, max_tokens, int(tokenizer.pad_token_id)).read(texts)
        ids = tuple(np.asarray(window.ids, dtype=np.int32) for window in windows)
        return EncodedExamples(ids, targets, tuple(replace(window, ids=()) for window in windows))
    rows = tokenizer(
        list(texts),
        truncation=True,
        max_length=max_tokens,
        padding=False,
        return_attention_mask=False,
        return_token_type_ids=False,
    )["input_ids"]
    return EncodedExamples(tuple(np.asarray(row, dtype=np.int32) for row in rows), targets)


def window_of_each(texts: NDArray[np.int64], seed: int, epoch: int) -> NDArray[np.int64]:
    """(N,) int64: the row of each text that an epoch meets, by a shuffled order of its windows.

    Each window of a text comes once before any comes again. texts: (W,) int64, of which text each
    row is, in order.
    """
    keys = np.random.default_rng([seed, 0, 1]).random(len(texts))
    shuffled = np.lexsort((keys, texts))  # (W,) rows, still in the order of the texts
    counts = np.bincount(texts)  # (N,)
    starts = np.cumsum(counts) - counts
    rows: NDArray[np.int64] = shuffled[starts + epoch % counts]
    return rows


class GroupedByLength(Sampler[int]):
    """Indices in an order whose every run of `chunk` has nearly one length; a new one each epoch.

    The order is a function of the arguments and the epoch alone, so a resumed run meets the same
    one. `chunk` is the texts of all processes in a step, so that none waits for a longer batch.

    draws: (N,) float64 of mean 1, how often each text comes on average; None is once each.
    texts: (W,) int64, of which text each index is a window; an epoch meets one of each text. None:
        each index is a text.
    """

    def __init__(
        self,
        lengths: NDArray[np.int64],
        chunk: int,
        seed: int,
        draws: NDArray[np.float64] | None = None,
        texts: NDArray[np.int64] | None = None,
    ) -> None:
        self._lengths = lengths
        self._texts = np.arange(len(lengths)) if texts is None else texts
        self._chunk = chunk
        self._seed = seed
        self._draws = draws
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of this epoch; accelerate calls it too."""
        self._epoch = epoch

    def __len__(self) -> int:
        return int(self._texts[-1]) + 1

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng([self._seed, self._epoch])
        rows = window_of_each(self._texts, self._seed, self._epoch)  # (N,)
        lengths = self._lengths[rows]
        order = rng.permutation(len(rows))
        if self._draws is not None:
            order = rng.permutation(_drawn(order, self._draws, rng))
        whole = len(order) - len(order) % self._chunk
        body, tail = order[:whole], order[whole:]  # the incomplete batch stays last
        size = self._chunk * _BATCHES_SORTED_TOGETHER
        chunks: list[NDArray[np.int64]] = []
        for start in range(0, whole, size):
            part = body[start : start + size]
            part = part[np.argsort(-lengths[part], kind="stable")]
            chunks += np.split(part, len(part) // self._chunk)
        for index in rng.permutation(len(chunks)):
            yield from rows[chunks[index]].tolist()
        yield from rows[tail].tolist()


def _drawn(
    order: NDArray[np.int64], draws: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """(N,) int64: of this order each index floor or ceil of its draws times, by one random start.

    Systematic sampling (Madow 1944): drawn one by one, a label of 10 texts in 1,000 would be met
    far more often in one epoch than in the next.
    """
    count = len(order)
    ends = np.cumsum(draws[order])
    at = (np.arange(count) + rng.random()) * (ends[-1] / count)
    chosen: NDArray[np.int64] = order[np.searchsorted(ends, at, side="right")]
    return chosen


def train_loader(
    encoded: Encoded,
    pad_id: int,
    *,
    batch_size: int,
    processes: int,
    seed: int,
    multiple: int = 1,
    draws: NDArray[np.float64] | None = None,
    texts: NDArray[np.int64] | None = None,
) -> DataLoader[int]:
    """Shuffled batches of texts of like length.

    All processes' batches are in it; accelerate deals them out. draws, texts: as GroupedByLength
    takes them.
    """
    sampler = GroupedByLength(encoded.lengths, batch_size * processes, seed, draws, texts)
    batches = BatchSampler(sampler, batch_size, drop_last=False)
    return _loader(encoded, batches, pad_id, multiple, seed)


def eval_loader(
    encoded: Encoded,
    pad_id: int,
    *,
    batch_size: int,
    multiple: int = 1,
    rows: NDArray[np.int64] | None = None,
) -> DataLoader[int]:
    """Batches in order of length, longest first; `rows` (B,) int64 tells each example's place.

    rows: which of them; None: all.
    """
    chosen = np.arange(len(encoded.lengths)) if rows is None else rows
    longest_first = chosen[np.argsort(-encoded.lengths[chosen], kind="stable")].tolist()
    batches = BatchSampler(longest_first, batch_size, drop_last=False)
    return _loader(encoded, batches, pad_id, multiple, seed=0)


def pad(token_ids: Sequence[NDArray[np.int32]], pad_id: int, multiple: int = 1) -> Batch:
    """input_ids and attention_mask (B, T) int64, filled up on the right."""
    lengths = np.array([len(ids) for ids in token_ids])
    width = -(-int(lengths.max()) // multiple) * multiple
    mask = np.arange(width) < lengths[:, None]
    return {
        "input_ids": fill(token_ids, np.full(mask.shape, pad_id, dtype=np.int64)),
        "attention_mask": torch.from_numpy(mask.astype(np.int64)),
    }


def fill(rows: Sequence[NDArray[Any]], table: NDArray[Any]) -> torch.Tensor:
    """(B, T) of the table's type: each of the B rows over the beginning of the table's."""
    for index, row in enumerate(rows):
        table[index, : len(row)] = row
    return torch.from_numpy(table)


def parts_of(batch: Batch, size: int) -> Iterator[Batch]:
    """A batch in parts of `size` rows at most."""
    for start in range(0, len(batch["rows"]), size):
        yield {name: tensor[start : start + size] for name, tensor in batch.items()}


def seed_of_batch(seed: int, index: int, process: int) -> int:
    """The seed of one batch on one process: dropout after a resumption is dropout without one."""
    return int(np.random.SeedSequence([seed, index, process]).generate_state(1)[0])


class _Rows(Dataset[int]):
    """The numbers 0..N-1; the collation looks the example up."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: int) -> int:
        return index


def _loader(
    encoded: Encoded, batches: BatchSampler, pad_id: int, multiple: int, seed: int
) -> DataLoader[int]:
    def collate(rows: Sequence[int]) -> Batch:
        return {**encoded.batch(rows, pad_id, multiple), "rows": torch.tensor(list(rows))}

    # Its own generator: an iterator's start would else draw from the one that dropout uses.
    generator = torch.Generator().manual_seed(seed)
    return DataLoader(
        _Rows(len(encoded.lengths)),
        batch_sampler=batches,
        collate_fn=collate,
        generator=generator,
    )
