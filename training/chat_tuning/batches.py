"""Tokenised dialogues become padded batches of like length, in a seeded order.

Owns the tensors of a step. Which tokens are learned is template.py's; the order of dialogues is
GroupedByLength of training/data/batches.py: a function of seed and epoch alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from training.chat_tuning.messages import Dialogue
from training.chat_tuning.template import Reader, Tokens
from training.data.batches import GroupedByLength

# B batch, T tokens, N dialogues, K positions whose next token somebody in the batch learns


@dataclass(frozen=True)
class EncodedDialogues:
    """N dialogues that have something to learn, and the places of those that have not.

    places: of the N, in the part that was given. cut: how many lost their end to the limit.
    """

    tokens: tuple[Tokens, ...]
    places: tuple[int, ...]
    cut: int

    @property
    def learned_tokens(self) -> int:
        """Tokens whose loss counts."""
        return sum(int(one.learned[1:].sum()) for one in self.tokens)


@dataclass(frozen=True)
class DialogueBatch:
    """B dialogues. ids, mask (B, T) int64; learned (B, T) bool; rows (B,): places in Encoded."""

    ids: torch.Tensor
    mask: torch.Tensor
    learned: torch.Tensor
    rows: tuple[int, ...]

    def to(self, device: torch.device | str) -> "DialogueBatch":
        """The same on a device."""
        return DialogueBatch(
            self.ids.to(device), self.mask.to(device), self.learned.to(device), self.rows
        )

    def part(self, start: int, stop: int) -> "DialogueBatch":
        """Some of its dialogues."""
        at = slice(start, stop)
        return DialogueBatch(self.ids[at], self.mask[at], self.learned[at], self.rows[at])


def encode_dialogues(dialogues: Sequence[Dialogue], reader: Reader) -> EncodedDialogues:
    """Tokenise a part; dialogues whose answer lies beyond the limit are left out."""
    read = [reader.read(one) for one in dialogues]
    # the first token is never predicted
    places = tuple(place for place, one in enumerate(read) if one.learned[1:].any())
    return EncodedDialogues(
        tokens=tuple(read[place] for place in places),
        places=places,
        cut=sum(one.whole > len(one.ids) for one in read),
    )


class TrainBatches:
    """The batches of each epoch: of like length, in an order that follows from seed and epoch."""

    def __init__(
        self, encoded: EncodedDialogues, *, batch_size: int, pad_id: int, seed: int
    ) -> None:
        lengths = np.array([len(one.ids) for one in encoded.tokens], dtype=np.int64)
        self._encoded, self._size, self._pad_id = encoded, batch_size, pad_id
        self._order = GroupedByLength(lengths, batch_size, seed)

    def __len__(self) -> int:
        return -(-len(self._encoded.tokens) // self._size)

    def epoch(self, number: int, *, skip: int = 0) -> Iterator[DialogueBatch]:
        """The batches of an epoch, after the first `skip`."""
        self._order.set_epoch(number)
        order = list(self._order)
        for start in range(skip * self._size, len(order), self._size):
            yield pad(self._encoded, order[start : start + self._size], self._pad_id)


def eval_batches(
    encoded: EncodedDialogues, *, batch_size: int, pad_id: int
) -> Iterator[DialogueBatch]:
    """All dialogues once, the longest first."""
    order = sorted(range(len(encoded.tokens)), key=lambda row: -len(encoded.tokens[row].ids))
    for start in range(0, len(order), batch_size):
        yield pad(encoded, order[start : start + batch_size], pad_id)


def pad(encoded: EncodedDialogues, rows: Sequence[int], pad_id: int) -> DialogueBatch:
    """Some dialogues as one batch, filled up on the right."""
    chosen = [encoded.tokens[row] for row in rows]
    shape = (len(chosen), max(len(one.ids) for one in chosen))
    ids = np.full(shape, pad_id, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    learned = np.zeros(shape, dtype=bool)
    for place, one in enumerate(chosen):
        ids[place, : len(one.ids)] = one.ids
        mask[place, : len(one.ids)] = 1
        learned[place, : len(one.ids)] = one.learned
    return DialogueBatch(
        torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(learned), tuple(rows)
    )


def answer_losses(model: torch.nn.Module, batch: DialogueBatch) -> torch.Tensor:
    """(B,) float32: for each dialogue the sum of -log p over the tokens that it learns.

    The output layer is the largest matrix of a small model, so it is asked at K of the T positions
    only: those that predict a token which some dialogue of the batch learns.
    """
    learned = batch.learned[:, 1:]  # (B, T-1): whether the next token is learned
    keep = learned.any(dim=0).nonzero().squeeze(1)  # (K,)
    output = model(
        input_ids=batch.ids, attention_mask=batch.mask, logits_to_keep=keep, use_cache=False
    )
    logits = output.logits  # (B, K, V)
    targets = batch.ids[:, 1:][:, keep]
    chosen = learned[:, keep]
    losses = torch.nn.functional.cross_entropy(
        logits[chosen].float(), targets[chosen], reduction="none"
    )
    rows = chosen.nonzero()[:, 0]
    return torch.zeros(len(batch.ids), device=losses.device).index_add(0, rows, losses)
