"""Toy tweets whose label follows from their words, and the settings of a short run on them."""

import csv
from pathlib import Path

import numpy as np

from inference.core.settings import load_settings
from inference.data.records import Example
from training.settings.config import TrainConfig

WORDS = {
    "negative": ("bad", "awful", "hate", "terrible"),
    "neutral": ("food", "movie", "day", "service"),
    "positive": ("good", "great", "love", "happy"),
}
# A machine as the tests of training see it: one core, no cache that is used.
WHERE = load_settings({"CPU_CORES": "1", "DEVICE": "cpu", "HF_HOME": "unused"})


def toy_examples(count: int, seed: int = 0) -> list[Example]:
    """Examples of three labels in turn, each of 2 to 12 words."""
    rng = np.random.default_rng(seed)
    labels = list(WORDS)
    examples = []
    for row in range(count):
        label = labels[row % 3]
        text = " ".join([*rng.choice(WORDS[label], rng.integers(2, 12)), str(row)])
        examples.append(Example({"text": text}, (label,), row + 1))
    return examples


def write_toy_csv(path: Path, count: int, seed: int = 0) -> Path:
    """The same as a file with the columns text and label."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for example in toy_examples(count, seed):
            writer.writerow([example.fields["text"], *example.labels])
    return path


def toy_config(**changes: object) -> TrainConfig:
    """Settings with which the tiny model is trained in seconds."""
    values: dict[str, object] = {
        "train_file": "toy.csv",
        "num_train_epochs": 2,
        "per_device_train_batch_size": 8,
        "max_seq_length": 32,
        "learning_rate": 5e-3,
        "logging_steps": 2,
        "save_steps": 3,
        "mixed_precision": "no",
        "min_steps": 1,
        "contrastive_weight": 0.0,
        "pooling": "cls",
        "freeze_layers": 0,  # the tiny model was never trained: nothing in it is worth keeping
    }
    return TrainConfig.of(**{**values, **changes})  # type: ignore[arg-type]
