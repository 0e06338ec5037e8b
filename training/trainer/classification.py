"""The task of a classifier: logits against labels, chosen by the figures of the validation part.

Owns its loss, its validation and what is saved of it. The steps are loop.py; what of the model
trains: trainable.py; what is measured: evaluation.py.

Try: python -m training.train --train_file tweets.csv --num_train_epochs 1
"""

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader
from transformers import PreTrainedModel

from inference.data.problem_types import MULTI
from inference.models.classifier import pool_windows
from training.data.batches import (
    Batch,
    EncodedExamples,
    eval_loader,
    parts_of,
    train_loader,
    window_of_each,
)
from training.settings.model_config import EncoderConfig
from training.settings.trainer_config import ClassifierTrainerConfig
from training.trainer import devices, head, loop, losses, saving, trackers, trainable
from training.trainer.checkpoints import best_by, noise_of
from training.trainer.contrastive import FeatureTap, contrastive_loss
from training.trainer.imbalance import sampling_weights
from training.trainer.processes import Processes
from training.trainer.progress import Observer
from training.trainer.task import Fit, TrainJob, ValidationResult

# B batch, N examples, W windows, C labels


@dataclass(frozen=True)
class TrainInputs(TrainJob):
    """A fresh model, which is left as it is, and its examples."""

    config: ClassifierTrainerConfig
    encoder: EncoderConfig
    model: PreTrainedModel
    train: EncodedExamples
    validation: EncodedExamples
    pad_id: int
    problem_type: str


def fit(job: TrainInputs, processes: Processes, observers: Sequence[Observer] = ()) -> Fit:
    """Train a copy of job.model, as loop.fit() says.

    observers: more of them than the history, the bar and the tracker that the settings ask for.
    """
    asked = trackers.asked(job.config.report_to, job.run_dir, job.identity)

    def make_task(texts_at_once: int) -> ClassifierTask:
        return ClassifierTask(job, processes, texts_at_once)

    return loop.fit(job, make_task, processes, [*asked, *observers])


class ClassifierTask:
    """A copy of the job's model in training."""

    is_lower_better = False
    is_validated_first = False

    def __init__(self, job: TrainInputs, processes: Processes, texts_at_once: int) -> None:
        config = job.config
        self.job, self.processes, self.texts_at_once = job, processes, texts_at_once
        self.accelerator = processes.accelerator
        self.chosen_by = best_by(job.problem_type)
        self.multiple = devices.padding_multiple(processes.device, processes.precision)
        part = texts_at_once / config.per_device_train_batch_size
        self.eval_batch_size = max(1, int(config.per_device_eval_batch_size * part))
        matrix = job.train.matrix(len(job.model.config.id2label or ()))
        self.loss = losses.make(config, matrix, job.problem_type)
        self.contrastive_weight = config.contrastive_weight or 0.0
        self.train = train_loader(
            job.train,
            job.pad_id,
            batch_size=config.per_device_train_batch_size,
            processes=processes.count,
            seed=config.seed,
            multiple=self.multiple,
            draws=sampling_weights(matrix) if config.weighted_sampling else None,
            texts=job.train.texts,
        )
        self.model, self.frozen = trainable.make_trainable(
            job.model, job.encoder, processes, seed=config.seed
        )
        last = head.last_linear(self.model, len(job.model.config.id2label or ()))
        self.tap = FeatureTap(last) if last is not None and self.contrastive_weight else None

    def begin(self) -> None:
        """Compute what the layers that rest make of the texts."""
        self.validation = self.accelerator.prepare(self._in_order_of_length(self.job.validation))
        if self.frozen is not None:
            train = self.job.train
            rows = self._rows_met()
            lengths = np.zeros(len(train.token_ids), dtype=np.int64)
            lengths[rows] = train.lengths[rows]
            texts = self._in_order_of_length(train, rows)
            trainable.remember(self.frozen, self.model, texts, lengths, self.processes)

    def _rows_met(self) -> NDArray[np.int64]:
        """The rows that the training meets: of a text with more windows than epochs not all."""
        config, texts = self.job.config, self.job.train.texts
        in_a_step = config.texts_in_a_step(self.processes.count)
        steps_an_epoch = math.ceil(len(self.job.train.targets) / in_a_step)
        epochs = math.ceil(config.steps_in_all(steps_an_epoch) / steps_an_epoch)
        most = min(epochs, int(np.bincount(texts).max()))  # then they come again
        met = [window_of_each(texts, config.seed, epoch) for epoch in range(most)]
        return np.unique(np.concatenate(met))

    def _in_order_of_length(
        self, examples: EncodedExamples, rows: NDArray[np.int64] | None = None
    ) -> DataLoader[int]:
        size, multiple = self.eval_batch_size, self.multiple
        return eval_loader(examples, self.job.pad_id, batch_size=size, multiple=multiple, rows=rows)

    def add_gradients(self, group: Sequence[Batch], seeds: Sequence[int]) -> list[torch.Tensor]:
        """Those of the mean over the batches; the mean loss of each."""
        self.model.train()
        if self.frozen is not None:
            self.frozen.rest()
        batch_losses = []
        for number, (batch, seed) in enumerate(zip(group, seeds, strict=True), start=1):
            torch.manual_seed(seed)
            is_last = number == len(group)
            with nullcontext() if is_last else self.accelerator.no_sync(self.model):
                batch_losses.append(self._add_gradients(batch))
        return batch_losses

    def _add_gradients(self, batch: Batch) -> torch.Tensor:
        """The mean loss of a batch, computed in parts if memory does not hold it at once."""
        total = torch.zeros((), device=batch["labels"].device)
        for part in parts_of(batch, self.texts_at_once):
            rows, targets = part.pop("rows"), part.pop("labels")
            loss = self._loss_of(rows, targets, part) * (len(rows) / len(batch["rows"]))
            self.accelerator.backward(loss / self.job.config.gradient_accumulation_steps)
            total += loss.detach()
        return total

    def _loss_of(self, rows: torch.Tensor, targets: torch.Tensor, texts: Batch) -> torch.Tensor:
        """The mean loss of some texts, a scalar."""
        with (
            self.frozen.recalled(rows, texts) if self.frozen else nullcontext(),
            self.tap.listening() if self.tap else nullcontext(),
        ):
            loss = self.loss(self.model(**texts).logits.float(), targets)
            features = self.tap.features if self.tap else None
            if features is None:
                return loss
            weight = self.contrastive_weight
            return (1 - weight) * loss + weight * contrastive_loss(features, targets)

    def validate(self) -> ValidationResult:
        """The figures of the validation part, as the main process measures them."""
        logits, part, problem_type = self._logits(), self.job.validation, self.job.problem_type
        figures: dict[str, float | None] = {}
        if self.processes.is_main:
            from training.trainer import evaluation  # evaluate takes seconds to import

            figures = evaluation.measure_logits(
                logits, self.job.validation.targets, self.job.problem_type
            )
        figures = self.processes.agree(figures)  # so all stop at the same validation
        value = figures[self.chosen_by]
        if value is None:  # no label of the validation part has both cases
            value = -float(figures["log_loss"] or 0.0)
        return ValidationResult(figures, value, noise_of(value, problem_type, len(part.targets)))

    @torch.no_grad()
    def _logits(self) -> NDArray[np.float32]:
        """(N, C) float32: the validation examples' logits, in their order, on the main process."""
        self.model.eval()
        part = self.job.validation
        size = (len(part.token_ids), len(self.job.model.config.id2label or ()))
        logits = np.zeros(size, dtype=np.float32)
        for batch in self.validation:
            rows, _ = batch.pop("rows"), batch.pop("labels")
            output = self.model(**batch).logits.float()  # (B, C)
            output, rows = self.accelerator.gather_for_metrics((output, rows))
            logits[rows.cpu().numpy()] = output.cpu().numpy()
        if not part.windows:
            return logits
        is_multilabel = self.job.problem_type == MULTI
        return pool_windows(logits, part.windows, len(part.targets), is_multilabel)  # (W, C)

    def saver(self) -> Callable[[Path], None]:
        """What saves all weights, adapters merged."""
        has_adapters = self.job.encoder.lora_r is not None
        return saving.whole(self.model, self.processes, has_adapters=has_adapters)

    def facts(self, texts_per_second: float) -> dict[str, float]:
        """The rate, and how many of the lowest layers kept their pretrained weights."""
        frozen_layers = self.frozen.count if self.frozen else 0
        return {"samples_per_second": texts_per_second, "frozen_layers": frozen_layers}
