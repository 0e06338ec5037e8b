"""The loss of a model on dialogues that it did not learn from, and how sure a difference is.

Owns what is measured per dialogue and the paired interval over dialogues: they are drawn again with
replacement, the same draw for both models (Efron and Tibshirani 1993, chapter 16; percentiles,
chapter 13), so that hard dialogues cancel out. Not covered: chance in the training itself.

Letters: N dialogues, R resamples.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from inference.evaluation.bootstrap import RESAMPLES, bootstrap_interval
from training.chat_tuning.batches import EncodedDialogues, answer_losses
from training.data.batches import eval_loader

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Losses:
    """What a model makes of N dialogues. sums: (N,) -log p of all learned tokens; counts: (N,)."""

    sums: Floats
    counts: Floats

    @property
    def loss(self) -> float:
        """The mean over all learned tokens, in nats."""
        return float(self.sums.sum() / self.counts.sum())

    @property
    def perplexity(self) -> float:
        """e to the loss; not to be compared between tokenizers."""
        return math.exp(min(self.loss, 700.0))

    def only(self, places: Sequence[int]) -> "Losses":
        """Those of some of the dialogues."""
        return Losses(self.sums[list(places)], self.counts[list(places)])


@dataclass(frozen=True)
class LossDifference:
    """Loss of one model minus that of another on the same dialogues; below 0 the first is better.

    low, high: hold 95 % of paired resamples; None where there are too few dialogues to say.
    """

    value: float
    low: float | None
    high: float | None

    @property
    def verdict(self) -> str:
        """better, worse or cannot tell, of the first model."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return "cannot tell"
        return "better" if self.high < 0 else "worse"


@torch.inference_mode()
def measure(
    model: torch.nn.Module,
    encoded: EncodedDialogues,
    *,
    batch_size: int,
    pad_id: int,
    device: torch.device | str,
) -> Losses:
    """The losses of the N dialogues, in their order; the model is left in evaluation mode."""
    model.eval()
    sums = np.zeros(len(encoded.tokens))
    for batch in eval_loader(encoded, pad_id, batch_size=batch_size):
        rows = batch.pop("rows").numpy()
        losses = answer_losses(model, {name: tensor.to(device) for name, tensor in batch.items()})
        sums[rows] = losses.double().cpu().numpy()
    counts = np.array([tokens.learned[1:].sum() for tokens in encoded.tokens], dtype=np.float64)
    return Losses(sums, counts)


def difference(
    tuned: Losses, base: Losses, *, resamples: int = RESAMPLES, seed: int = 0
) -> LossDifference:
    """Tuned minus base, both a ratio of sums over the dialogues that are drawn."""
    assert np.array_equal(tuned.counts, base.counts), "not the same dialogues"
    value = tuned.loss - base.loss
    count = len(base.sums)
    if count < 2:  # nothing varies, so nothing is known of what chance does
        return LossDifference(value, None, None)
    drawn = np.random.default_rng(seed).integers(count, size=(resamples, count))  # (R, N)
    gained = (tuned.sums - base.sums)[drawn].sum(axis=1) / base.counts[drawn].sum(axis=1)
    interval = bootstrap_interval(gained)
    assert interval is not None, "a ratio of sums of counts above zero is always defined"
    return LossDifference(value, *interval)
