"""How a model is trained: steps, rates, batches, precision, and what is written on the way."""

from dataclasses import dataclass
from typing import Literal

from inference.core.errors import ConfigError
from inference.runs.contract import DEFAULT_EPOCHS, EPOCHS
from training.settings.groups import Group, setting
from training.settings.search_space import FIXED

_COUNT = (1, 100_000)
_STEPS = (1, 10**9)


@dataclass(frozen=True)
class TrainerConfig(Group):
    """Training"""

    num_train_epochs: int = setting(
        DEFAULT_EPOCHS, "Passes over the training examples.", between=EPOCHS, search="2 .. 5"
    )
    max_steps: int | None = setting(
        None,
        "Stop after this many optimizer steps; in place of num_train_epochs.",
        between=_STEPS,
    )
    learning_rate: float = setting(
        2e-4,
        "Highest learning rate, reached after the warm-up.",
        between=(1e-9, 1.0),
        search="3e-5 .. 1e-3 log",
    )
    lr_scheduler_type: Literal["linear", "cosine"] = setting(
        "linear", "How the learning rate falls to zero after the warm-up.", search=FIXED
    )
    warmup_ratio: float = setting(
        0.1,
        "Part of all steps over which the learning rate rises.",
        between=(0.0, 1.0),
        search="0 .. 0.2",
    )
    per_device_train_batch_size: int = setting(
        32, "Examples in a batch, on each process.", between=_COUNT, search="16 | 32"
    )
    per_device_eval_batch_size: int = setting(
        64, "Examples in a batch when validating, on each process.", between=_COUNT
    )
    gradient_accumulation_steps: int = setting(
        1,
        "Batches whose gradients are added before one step of the optimizer.",
        between=_COUNT,
        search=FIXED,
    )
    weight_decay: float = setting(
        0.01,
        "AdamW's weight decay; biases and layer norms have none.",
        between=(0.0, 10.0),
        search="0 .. 0.1",
    )
    max_grad_norm: float = setting(
        1.0, "Gradients are clipped to this norm.", between=(1e-6, 1e6), search=FIXED
    )
    mixed_precision: Literal["auto", "no", "bf16", "fp16"] = setting(
        "auto",
        "auto is bf16 where the hardware multiplies in it, else float32; fp16 needs a GPU.",
    )
    early_stopping_patience: int | None = setting(
        None,
        "Stop after this many validations without a better result; unset: train to the end.",
        between=(1, 10_000),
    )
    eval_steps: int | None = setting(
        None,
        "Validate every so many optimizer steps as well as after each epoch.",
        between=_STEPS,
    )
    seed: int = setting(
        42,
        "Decides the split, the sample, the new weights, the order of the batches and the dropout.",
        between=(0, 2**32 - 1),
    )
    output_dir: str = setting(
        "runs/latest",
        "Folder of the run: weights, tokenizer, results, receipt, checkpoints while it trains.",
        changes_weights=False,
    )
    resume_from_checkpoint: str | None = setting(
        "auto",
        "auto carries on where an interrupted run stopped; a folder: from there; null: start over.",
        changes_weights=False,
    )
    save_steps: int = setting(
        200,
        "Optimizer steps between checkpoints; one is also kept at each validation.",
        between=_STEPS,
        changes_weights=False,
    )
    logging_steps: int = setting(
        10,
        "Optimizer steps between two lines of metrics.jsonl.",
        between=_STEPS,
        changes_weights=False,
    )

    def texts_in_a_step(self, processes: int) -> int:
        """Texts, or dialogues, behind one step of the optimizer."""
        return self.per_device_train_batch_size * self.gradient_accumulation_steps * processes


@dataclass(frozen=True)
class ClassifierTrainerConfig(TrainerConfig):
    """Training"""

    loss: Literal["cross_entropy", "focal"] = setting(
        "cross_entropy",
        "What is made small; focal loss lets texts that are already right count less.",
        search=FIXED,
    )
    class_weights: Literal["none", "balanced", "sqrt"] = setting(
        "none",
        "balanced: rare labels count more in the loss, as if all were equally frequent; sqrt: "
        "halfway. Thresholds are chosen on validation either way, so none already decides well "
        "for rare labels.",
        search="none | sqrt",
    )
    weighted_sampling: bool = setting(
        False,
        "Draw texts of rare labels more often, others less; an epoch has as many steps as before.",
        search=FIXED,
    )
    report_to: Literal["none", "tensorboard", "trackio"] = setting(
        "none",
        "Where loss and figures go besides metrics.jsonl: RUN_DIR/tensorboard, or local Trackio.",
        changes_weights=False,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weighted_sampling and self.class_weights != "none":
            raise ConfigError(
                f"weighted_sampling and class_weights {self.class_weights} would make up for rare "
                f"labels twice; give one of them"
            )


@dataclass(frozen=True)
class ChatTrainerConfig(TrainerConfig):
    """Training"""

    gradient_checkpointing: bool = setting(
        False,
        "Compute activations again in the backward pass: less memory, a third more time.",
    )
