"""What the loop trains: a task, that is what a loss is, how it is measured and what is kept of it.

Owns what loop.py and a task tell each other; does nothing. The tasks are classification.py and
training/chat_tuning/adapter_task.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch.utils.data import DataLoader

from training.data.batches import Batch
from training.settings.trainer_config import TrainerConfig


@dataclass(frozen=True)
class TrainJob:
    """By which settings a training goes, and the folder that it writes to.

    identity: settings and data hashes that a checkpoint must share to be carried on from.
    """

    config: TrainerConfig
    run_dir: Path
    identity: dict[str, object]


@dataclass(frozen=True)
class ValidationResult:
    """What a validation gave; `value` is the figure that chooses, off by `noise` by chance."""

    figures: Mapping[str, float | None]
    value: float
    noise: float = 0.0


class Task(Protocol):
    """A model in training, made anew for every attempt. Each process of a run has one.

    train: its batches. chosen_by: the figure of a validation that decides what is kept.
    is_validated_first: whether the model that the training starts from is measured and kept too.
    """

    model: torch.nn.Module
    train: DataLoader[int]
    chosen_by: str
    is_lower_better: bool
    is_validated_first: bool

    def begin(self) -> None:
        """Do what comes before the first step; model is what accelerate made of it by now."""

    def add_gradients(self, group: Sequence[Batch], seeds: Sequence[int]) -> list[torch.Tensor]:
        """Compute the gradients of one step on these batches, the dropout of each from its seed.

        Returns losses whose mean over some steps is shown.
        """

    def validate(self) -> ValidationResult:
        """The same on every process."""

    def saver(self) -> Callable[[Path], None]:
        """What saves the weights to a folder; every process asks, the main one alone saves."""

    def facts(self, texts_per_second: float) -> dict[str, float]:
        """What run.json says of the training beside what it says of each."""


@dataclass(frozen=True)
class Fit:
    """How the training went; the weights are the ones of `best_step`, in `weights_dir`.

    best_value: what validation gave there, by the figure `metric`.
    batch_size: texts that went through the model at once, on each process; fewer than asked for
        where memory was short. accumulation_steps: so many of these make a step.
    facts: what else there is to say of a training of its kind.
    """

    weights_dir: Path
    steps: int
    epochs: float
    best_step: int
    best_value: float
    metric: str
    seconds: float
    batch_size: int
    accumulation_steps: int
    facts: Mapping[str, float]

    def as_dict(self) -> dict[str, object]:
        """What run.json says of the training: no folder."""
        course = asdict(self)
        del course["weights_dir"]
        return course | course.pop("facts")
