"""Temperature and thresholds as part of the head's own weights: all who read them decide alike.

Owns the arithmetic. Logits divided by a temperature are those of a linear head whose weights and
bias are divided by it (Guo et al. 2017, arXiv:1706.04599, section 4.2), and a sigmoid reaches a
threshold where that of the logit, less the threshold's own, reaches .5.

Letters: C labels, H hidden.

Try: python -c "from pathlib import Path; from training.trainer import folded_head; \
folded_head.fold(Path('RUN_DIR'), Path('colder'), 2.0, None)"
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from training.trainer.head import find_head

_TOLERANCE = 1e-4  # of a logit, or of its size where that is above 1


def fold(folder: Path, made: Path, temperature: float, shifts: NDArray[np.float64] | None) -> bool:
    """Write to `made` the model in `folder` with logits divided by temperature, plus shifts, (C,).

    False, and nothing is written, where the logits are not those of a linear last layer, or it has
    no bias to shift.
    """
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    head = find_head(model, len(model.config.id2label or ()))
    if head is None or (shifts is not None and head.bias is None):
        return False
    moved = torch.zeros(head.out_features) if shifts is None else torch.from_numpy(shifts).float()
    expected = [logits / temperature + moved for logits in _probe(model)]
    with torch.no_grad():
        head.weight.div_(temperature)
        if head.bias is not None:
            head.bias.div_(temperature).add_(moved)
    for logits, wanted in zip(_probe(model), expected, strict=True):
        if ((logits - wanted).abs() > _TOLERANCE * wanted.abs().clamp(min=1)).any():
            return False  # something comes after the head
    model.save_pretrained(made)
    return True


@torch.no_grad()
def _probe(model: PreTrainedModel) -> Iterator[torch.Tensor]:
    """What the model makes of some tokens, (1, C) each."""
    for length in (3, 5):
        ids = torch.arange(1, length + 1)[None]  # (1, T)
        yield model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
