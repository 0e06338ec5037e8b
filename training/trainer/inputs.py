"""What the loop is given, and what it gives back.

Owns the two dataclasses between weights.py and loop.py; does nothing.
"""

from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedModel

from training.data.batches import EncodedExamples
from training.settings.model_config import EncoderConfig
from training.settings.trainer_config import ClassifierTrainerConfig


@dataclass(frozen=True)
class TrainInputs:
    """What fit() trains: a fresh model, its examples, and the folder that it writes to.

    identity: settings and data hashes that a checkpoint must share to be carried on from.
    """

    config: ClassifierTrainerConfig
    encoder: EncoderConfig
    model: PreTrainedModel
    train: EncodedExamples
    validation: EncodedExamples
    pad_id: int
    problem_type: str
    run_dir: Path
    identity: dict[str, object]


@dataclass(frozen=True)
class Fit:
    """How the training went; the weights are the ones of `best_step`, in `weights_dir`.

    batch_size: texts that went through the model at once, on each process; fewer than asked for
        where memory was short. accumulation_steps: so many of these make a step.
    frozen_layers: so many of the encoder's lowest kept their pretrained weights.
    """

    weights_dir: Path
    steps: int
    epochs: int
    best_step: int
    best_value: float
    metric: str
    seconds: float
    samples_per_second: float
    batch_size: int
    accumulation_steps: int
    frozen_layers: int
