"""Tokenised dialogues as padded batches, and the loss of a model on one.

Owns which tensors a batch has. Which tokens are learned is template.py's; which dialogues make a
batch, and in which order, training/data/batches.py's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from training.chat_tuning.messages import Dialogue
from training.chat_tuning.template import Reader, Tokens
from training.data.batches import Batch, fill, pad

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
    def lengths(self) -> NDArray[np.int64]:
        """(N,) int64: tokens of each dialogue."""
        return np.array([len(tokens.ids) for tokens in self.tokens], dtype=np.int64)

    def batch(self, rows: Sequence[int], pad_id: int, multiple: int) -> Batch:
        """input_ids, attention_mask (B, T) int64 and learned (B, T) bool."""
        chosen = [self.tokens[row] for row in rows]
        ids = pad([tokens.ids for tokens in chosen], pad_id, multiple)
        nothing = np.zeros(ids["input_ids"].shape, dtype=bool)
        return {**ids, "learned": fill([tokens.learned for tokens in chosen], nothing)}

    @property
    def learned_tokens(self) -> int:
        """Tokens whose loss counts."""
        return sum(int(tokens.learned[1:].sum()) for tokens in self.tokens)


def encode_dialogues(dialogues: Sequence[Dialogue], reader: Reader) -> EncodedDialogues:
    """Tokenise a part; dialogues whose answer lies beyond the limit are left out."""
    read = [reader.read(dialogue) for dialogue in dialogues]
    # the first token is never predicted
    places = tuple(index for index, tokens in enumerate(read) if tokens.learned[1:].any())
    return EncodedDialogues(
        tokens=tuple(read[index] for index in places),
        places=places,
        cut=sum(tokens.whole > len(tokens.ids) for tokens in read),
    )


def answer_losses(model: torch.nn.Module, batch: Batch) -> torch.Tensor:
    """(B,) float32: for each dialogue the sum of -log p over the tokens that it learns.

    The output layer is the largest matrix of a small model, so it is asked at K of the T positions
    only: those that predict a token which some dialogue of the batch learns.
    """
    learned = batch["learned"][:, 1:]  # (B, T-1): whether the next token is learned
    keep = learned.any(dim=0).nonzero().squeeze(1)  # (K,)
    output = model(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        logits_to_keep=keep,
        use_cache=False,
    )
    logits = output.logits  # (B, K, V)
    targets = batch["input_ids"][:, 1:][:, keep]
    chosen = learned[:, keep]
    losses = torch.nn.functional.cross_entropy(
        logits[chosen].float(), targets[chosen], reduction="none"
    )
    rows = chosen.nonzero()[:, 0]
    return torch.zeros(len(learned), device=losses.device).index_add(0, rows, losses)
