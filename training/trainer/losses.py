"""What training makes small: cross-entropy or focal loss, plain or weighted by class.

Owns the formulas, and what is said of a loss that is no number. The weights are imbalance.py's.

Every loss is a mean over the examples of a batch, weighted ones too (torch would divide by the
weights in the batch, and so take them back where a batch has one class): a batch that is computed
in parts has the loss of the whole.

Try: python -m training.train --train_file tweets.csv --loss focal --class_weights sqrt
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from inference.core.errors import ModelError
from inference.data.problem_types import MULTI
from training.settings.trainer_config import ClassifierTrainerConfig
from training.trainer.imbalance import class_weights

# B batch, C labels
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""(B, C) float logits and (B,) int64 or (B, C) float32 targets to a scalar."""

# gamma of Lin et al. 2017, "Focal Loss for Dense Object Detection", arXiv:1708.02002, section 5.1
_FOCUS = 2.0


def make(config: ClassifierTrainerConfig, matrix: NDArray[np.bool_], problem_type: str) -> Loss:
    """The loss of these settings on training labels (N, C) bool."""
    array = class_weights(matrix, config.class_weights, problem_type)
    weights = None if array is None else torch.from_numpy(array)
    is_multilabel = problem_type == MULTI
    is_focal = config.loss == "focal"
    if weights is None and not is_focal:
        plain: Loss = functional.cross_entropy
        return functional.binary_cross_entropy_with_logits if is_multilabel else plain
    elementwise = _several if is_multilabel else _one

    def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        on_device = None if weights is None else weights.to(logits.device)
        return elementwise(logits, targets, on_device, is_focal=is_focal).mean()

    return loss


def _one(
    logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None, *, is_focal: bool
) -> torch.Tensor:
    """(B,): -log p of each example's label, or (1 - p)^gamma of it, times the label's weight."""
    losses = functional.cross_entropy(logits, targets, reduction="none")
    if is_focal:
        losses = _focused(losses)
    return losses if weights is None else losses * weights[targets]


def _several(
    logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None, *, is_focal: bool
) -> torch.Tensor:
    """(B, C): the same of each label's yes or no, the weight on its positive cases."""
    losses = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    if is_focal:
        losses = _focused(losses)
    return losses if weights is None else losses * torch.where(targets > 0, weights, 1.0)


def _focused(losses: torch.Tensor) -> torch.Tensor:
    """(1 - p)^gamma times -log p, where `losses` are -log p."""
    return (1 - torch.exp(-losses)).pow(_FOCUS) * losses


def check_finite(loss: float, step: int, learning_rate: float) -> None:
    """Stop a training that has run away; learning_rate: the greatest, as it was asked for.

    Raises:
        ModelError: the loss is not a finite number.
    """
    if not math.isfinite(loss):
        raise ModelError(
            f"the loss is {loss} at step {step}; use a lower --learning_rate than "
            f"{learning_rate:g}, or --mixed_precision no"
        )
