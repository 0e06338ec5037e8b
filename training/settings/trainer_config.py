"""How a model is trained: steps, rates, batches, precision, and what is written on the way."""

from dataclasses import dataclass
from typing import Literal

from inference.core.errors import ConfigError
from inference.runs.contract import DEFAULT_EPOCHS, EPOCHS
from training.settings.groups import Group, setting
from training.settings.search_space import FIXED

_COUNT = (1, 100_000)
_STEPS = (1, 10**9)
DEFAULT_LEARNING_RATE = 2e-4


@dataclass(frozen=True)
class TrainerConfig(Group):
    """Training"""

    num_train_epochs: int = setting(DEFAULT_EPOCHS, between=EPOCHS, search="2 .. 5")
    """Passes over the training examples."""
    max_steps: int | None = setting(None, between=_STEPS)
    """Stop after this many optimizer steps; in place of num_train_epochs."""
    learning_rate: float | None = setting(None, between=(1e-9, 1.0), search="3e-5 .. 1e-3 log")
    """Highest learning rate, reached after the warm-up; unset: 5e-5 for fewer than 1,000 texts,
    else 2e-4."""
    lr_scheduler_type: Literal["linear", "cosine"] = setting("linear", search=FIXED)
    """How the learning rate falls to zero after the warm-up."""
    warmup_ratio: float = setting(0.1, between=(0.0, 1.0), search="0 .. 0.2")
    """Part of all steps over which the learning rate rises."""
    per_device_train_batch_size: int = setting(32, between=_COUNT, search="16 | 32")
    """Examples in a batch, on each process."""
    per_device_eval_batch_size: int = setting(64, between=_COUNT)
    """Examples in a batch when validating, on each process."""
    gradient_accumulation_steps: int = setting(1, between=_COUNT, search=FIXED)
    """Batches whose gradients are added before one step of the optimizer."""
    weight_decay: float = setting(0.01, between=(0.0, 10.0), search="0 .. 0.1")
    """AdamW's weight decay; biases and layer norms have none."""
    max_grad_norm: float = setting(1.0, between=(1e-6, 1e6), search=FIXED)
    """Gradients are clipped to this norm."""
    mixed_precision: Literal["auto", "no", "bf16", "fp16"] = setting("auto")
    """auto is bf16 where the hardware multiplies in it, else float32; fp16 needs a GPU."""
    early_stopping_patience: int | None = setting(None, between=(1, 10_000))
    """Stop after this many validations without a better result; unset: train to the end."""
    eval_steps: int | None = setting(None, between=_STEPS)
    """Validate every so many optimizer steps as well as after each epoch."""
    seed: int = setting(42, between=(0, 2**32 - 1))
    """Decides the split, the sample, the new weights, the order of the batches and the
    dropout."""
    output_dir: str = setting("runs/latest", changes_weights=False)
    """Folder of the run: weights, tokenizer, results, receipt, checkpoints while it trains."""
    resume_from_checkpoint: str | None = setting("auto", changes_weights=False)
    """auto carries on where an interrupted run stopped; a folder: from there; null: start
    over."""
    save_steps: int = setting(200, between=_STEPS, changes_weights=False)
    """Optimizer steps between checkpoints; one is also kept at each validation."""
    logging_steps: int = setting(10, between=_STEPS, changes_weights=False)
    """Optimizer steps between two lines of metrics.jsonl."""

    def steps_in_all(self, steps_an_epoch: int, processes: int = 1) -> int:
        """Optimizer steps of the whole training.

        processes: of each, where steps_an_epoch counts the steps of all.
        """
        if self.max_steps is not None:
            return self.max_steps * processes
        return self.num_train_epochs * steps_an_epoch

    @property
    def highest_learning_rate(self) -> float:
        """learning_rate, or what it is for many texts if it was left open."""
        return DEFAULT_LEARNING_RATE if self.learning_rate is None else self.learning_rate

    def texts_in_a_step(self, processes: int) -> int:
        """Texts, or dialogues, behind one step of the optimizer."""
        return self.per_device_train_batch_size * self.gradient_accumulation_steps * processes


@dataclass(frozen=True)
class ClassifierTrainerConfig(TrainerConfig):
    """Training"""

    min_steps: int | None = setting(None, between=_STEPS)
    """Pass over the examples again until so many optimizer steps are done; max_steps overrules it;
    unset: 200 for fewer than 1,000 texts, else 1."""
    loss: Literal["cross_entropy", "focal"] = setting("cross_entropy", search=FIXED)
    """What is made small; focal loss lets texts that are already right count less."""
    contrastive_weight: float | None = setting(None, between=(0.0, 1.0), search=FIXED)
    """Part of the loss that brings texts of one label together in what the head reads; unset: 0.9
    for fewer than 1,000 texts, else 0."""
    class_weights: Literal["none", "balanced", "sqrt"] = setting("none", search="none | sqrt")
    """balanced: rare labels count more in the loss, as if all were equally frequent; sqrt:
    halfway. Thresholds are chosen on validation either way, so none already decides well for
    rare labels."""
    weighted_sampling: bool = setting(False, search=FIXED)
    """Draw texts of rare labels more often, others less; an epoch has as many steps as
    before."""
    report_to: Literal["none", "tensorboard", "trackio"] = setting("none", changes_weights=False)
    """Where loss and figures go besides metrics.jsonl: RUN_DIR/tensorboard, or local
    Trackio."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weighted_sampling and self.class_weights != "none":
            raise ConfigError(
                f"weighted_sampling and class_weights {self.class_weights} would make up for rare "
                f"labels twice; give one of them"
            )

    def steps_in_all(self, steps_an_epoch: int, processes: int = 1) -> int:
        """Optimizer steps of the whole training, as TrainerConfig has it, at least min_steps."""
        planned = super().steps_in_all(steps_an_epoch, processes)
        least = (self.min_steps or 1) * processes
        return planned if self.max_steps is not None else max(planned, least)


@dataclass(frozen=True)
class ChatTrainerConfig(TrainerConfig):
    """Training"""

    gradient_checkpointing: bool = setting(False)
    """Compute activations again in the backward pass: less memory, a third more time."""
