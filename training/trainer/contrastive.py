"""The supervised contrastive loss: texts of one label come together in what the head reads.

With few labels a head learns little by itself, while every pair of texts says whether two belong
together. Khosla et al. 2020, arXiv:2004.11362, equation 2; beside cross-entropy as in Gunel et al.
2021, arXiv:2011.01403. What it is worth stands in benchmarks/LOG.md (2026-11-30).

Letters: B texts of a batch, H hidden, C labels.

Try: python -m training.train --train_file tweets.csv --contrastive_weight 0.9
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.nn import functional

# As Khosla et al. have it; others were not tried.
_TEMPERATURE = 0.1
_NEVER = -1e9  # a logarithm of nearly 0 that may be multiplied by 0


def contrastive_loss(features: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """A scalar: how far from each other texts of like labels are, beside all others of the batch.

    features: (B, H) float. targets: (B,) int64, or (B, C) float of 0 and 1, of which two texts
    share as much as their sets of labels do (Jaccard). A text that shares nothing with any other
    of its batch does not count; 0 where none does.
    """
    rows = functional.normalize(features.float(), dim=1)
    similar = rows @ rows.T / _TEMPERATURE  # (B, B)
    is_self = torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    log_share = functional.log_softmax(similar.masked_fill(is_self, _NEVER), dim=1)
    shared = _shared(targets).masked_fill(is_self, 0.0)  # (B, B) in [0, 1]
    weights = shared.sum(dim=1)  # (B,)
    losses = -(shared * log_share).sum(dim=1) / weights.clamp(min=1e-6)
    counted = weights > 0
    return (losses * counted).sum() / counted.sum().clamp(min=1)


def _shared(targets: torch.Tensor) -> torch.Tensor:
    """(B, B) in [0, 1]: 1 for equal labels, 0 for none in common."""
    if targets.ndim == 1:
        return (targets[:, None] == targets[None]).float()
    both = targets @ targets.T
    counts = targets.sum(dim=1)
    either = counts[:, None] + counts[None] - both
    # two texts without any label are alike
    return torch.where(either > 0, both / either.clamp(min=1e-6), torch.ones_like(both))


class FeatureTap:
    """What the head's last layer is given, kept while a model runs."""

    def __init__(self, head: torch.nn.Linear) -> None:
        self._head = head
        self.features: torch.Tensor | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Within, `features` is the (B, H) of the last pass; None where it is no such tensor."""

        def keep(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            self.features = inputs[0] if inputs[0].ndim == 2 else None

        hook = self._head.register_forward_pre_hook(keep)
        try:
            yield
        finally:
            hook.remove()
            self.features = None
