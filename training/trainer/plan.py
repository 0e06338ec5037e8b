"""The plan of a training: what the settings that were left open become, by the texts there are.

Owns the choices that depend on how many texts there are to train on, and how they are said before
the training starts. Each can be made otherwise by its flag. Why they are as they are stands in
benchmarks/LOG.md (2026-11-30).

Try: python -m training.train --train_file few.csv --pooling cls --contrastive_weight 0
"""

import math
from collections.abc import Mapping
from pathlib import Path

from training.settings.config import TrainConfig
from training.settings.trainer_config import DEFAULT_LEARNING_RATE
from training.trainer.mean_pooling import wants_mean

FEW_TEXTS = 1000
"""Fewer texts to train on than this are few."""

_LEAST_OF_A_LABEL = 10


def settle(config: TrainConfig, texts: int, base: Path) -> TrainConfig:
    """The settings with a value for each that was left open.

    texts: so many there are to train on. base: the folder of the pretrained model.
    """
    is_few = texts < FEW_TEXTS
    if config.model.pooling == "auto":
        pooling = "mean" if is_few and wants_mean(base) else "cls"
        config = config.with_values(pooling=pooling)
    trains_all = is_few and config.model.lora_r is None
    planned: dict[str, object] = {
        "contrastive_weight": 0.9 if is_few else 0.0,
        "learning_rate": 5e-5 if is_few else DEFAULT_LEARNING_RATE,
        "min_steps": 200 if is_few else 1,
        # otherwise half of the layers, as many as they are
        "freeze_layers": 0 if trains_all else None,
    }
    left_open = {name: value for name, value in planned.items() if config.value(name) is None}
    return config.with_values(**left_open)


def describe(config: TrainConfig, texts: int, processes: int) -> str:
    """What the settings come to, in a line."""
    trainer = config.trainer
    in_a_step = trainer.texts_in_a_step(processes)
    steps = trainer.steps_in_all(math.ceil(texts / in_a_step))
    weight = trainer.contrastive_weight or 0.0
    parts = [
        f"{steps} steps of {min(texts, in_a_step)} texts at a learning rate of up to "
        f"{trainer.highest_learning_rate:g}",
        "the head reads the mean of all tokens"
        if config.model.pooling == "mean"
        else "the head reads the first token",
    ]
    if config.model.long_texts == "windows":
        length = config.model.max_seq_length
        parts.append(f"each epoch reads another window of a text beyond {length} tokens")
    if weight:
        parts.append(f"texts of one label are brought together (contrastive_weight {weight:g})")
    few = " for few texts" if texts < FEW_TEXTS else ""
    return f"plan{few}: {'; '.join(parts)}"


def warn_of_few(counts: Mapping[str, int]) -> str:
    """What helps where a label has very few texts to train on; "" where none has.

    counts: texts to train on that have the label.
    """
    few = {label: count for label, count in counts.items() if count < _LEAST_OF_A_LABEL}
    if not few:
        return ""
    named = ", ".join(f"{label} {count}" for label, count in list(few.items())[:5])
    more = f" and {len(few) - 5} labels more" if len(few) > 5 else ""
    return (
        f"note: fewer than {_LEAST_OF_A_LABEL} texts teach little of a label, and there are "
        f"{named}{more}. What helps, most first: label more, up to some 64 of each; describe each "
        "label with --label_descriptions, so that the verdict holds the model against one that "
        "needs no labels; publish, and collect corrections on the Space's page Feedback"
    )
