"""What the loop is given, and what it gives back.

Owns the two dataclasses between training/train.py and training/loop.py; does nothing.

Try: python -m pytest -q tests/training/test_loop.py
"""

from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedModel

from training.batches import Encoded
from training.config import TrainConfig


@dataclass(frozen=True)
class Job:
    """What fit() trains: a fresh model, its examples, and the folder that it writes to.

    identity: settings and data hashes that a checkpoint must share to be carried on from.
    """

    config: TrainConfig
    model: PreTrainedModel
    train: Encoded
    validation: Encoded
    pad_id: int
    problem_type: str
    run_dir: Path
    identity: dict[str, object]


@dataclass(frozen=True)
class Fit:
    """How the training went; the weights are the ones of `best_step`, in `weights_dir`."""

    weights_dir: Path
    steps: int
    epochs: int
    best_step: int
    best_value: float
    metric: str
    seconds: float
    samples_per_second: float
