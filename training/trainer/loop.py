"""The Accelerate loop: a model and its batches become trained weights, kept by validation.

Owns order, steps, validation and resumption. Which processes compute, and on what:
processes.py; what a batch is: training/data/batches.py; where a run stands on disk:
checkpoints.py; what of the model trains: trainable.py; what is measured: evaluation.py.

Equal settings, data, seed and number of processes give equal weights on a CPU in float32, however
often a run was interrupted: batches follow from (seed, epoch), dropout from (seed, batch, process).

Try: python -m torch.distributed.run --nproc_per_node 2 -m training.train --train_file tweets.csv
"""

import math
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from training.data.batches import Batch, EncodedExamples, eval_loader, seed_of_batch, train_loader
from training.trainer import devices, losses, memory, saving, schedule, trackers, trainable
from training.trainer.checkpoints import Checkpoints, TrainerState, best_by, noise_of, step_name
from training.trainer.imbalance import sampling_weights
from training.trainer.inputs import Fit, TrainInputs
from training.trainer.processes import Processes
from training.trainer.progress import Bar, History, LossWindow, Moment, Observer, Validation

# B batch, N examples, C labels


def fit(job: TrainInputs, processes: Processes, observers: Sequence[Observer] = ()) -> Fit:
    """Train until the last epoch, or until validation no longer gains.

    The same call after an interruption carries on from the newest checkpoint. Where memory is full
    it does so by itself, with less at once: see memory.py. job.model is left as it is.

    observers: more of them than the history, the bar and the tracker that the settings ask for.

    Raises:
        ConfigError: a checkpoint that belongs to other settings or data.
        ModelError: the loss is not a finite number any more, or memory does not hold one text.
    """

    def attempt(progress: TrainerState, checkpoint: Path | None) -> Fit:
        return _Fitting(job, processes, progress, checkpoint, observers).run()

    return memory.fit_in(attempt, Checkpoints(job.run_dir, job.identity), job.config, processes)


class _Fitting:
    """One attempt of fit(), from a checkpoint or the start: what its steps share."""

    def __init__(
        self,
        job: TrainInputs,
        processes: Processes,
        progress: TrainerState,
        checkpoint: Path | None,
        observers: Sequence[Observer],
    ) -> None:
        config = job.config
        self.job, self.config, self.processes = job, config, processes
        self.accelerator = processes.accelerator
        self.progress, self.checkpoint = progress, checkpoint
        self.texts_at_once = progress.texts_at_once or config.per_device_train_batch_size
        part = self.texts_at_once / config.per_device_train_batch_size
        self.multiple = devices.padding_multiple(processes.device, processes.precision)
        self.eval_batch_size = max(1, int(config.per_device_eval_batch_size * part))
        matrix = job.train.matrix(len(job.model.config.id2label or ()))
        self.loss = losses.make(config, matrix, job.problem_type)
        train = train_loader(
            job.train,
            job.pad_id,
            batch_size=config.per_device_train_batch_size,
            processes=processes.count,
            seed=config.seed,
            multiple=self.multiple,
            draws=sampling_weights(matrix) if config.weighted_sampling else None,
        )
        validation = self._in_order_of_length(job.validation)
        model, self.frozen = trainable.make_trainable(job, processes)
        optimizer, scheduler = schedule.make(model, config, len(train))
        self.model, self.optimizer, self.train, self.validation, self.scheduler = (
            self.accelerator.prepare(model, optimizer, train, validation, scheduler)
        )
        steps_an_epoch = math.ceil(len(self.train) / config.gradient_accumulation_steps)
        self.total_steps = config.num_train_epochs * steps_an_epoch
        self.checkpoints = Checkpoints(job.run_dir, job.identity)
        self.bar = Bar(is_shown=processes.is_main)
        self.observers: list[Observer] = [self.bar]
        if processes.is_main:
            trackers_asked = trackers.asked(config.report_to, job.run_dir, job.identity)
            self.observers += [History(job.run_dir), *trackers_asked, *observers]
        self.window = LossWindow()
        self.samples = 0

    def _in_order_of_length(self, examples: EncodedExamples) -> "DataLoader[int]":
        size, multiple = self.eval_batch_size, self.multiple
        return eval_loader(examples, self.job.pad_id, batch_size=size, multiple=multiple)

    def run(self) -> Fit:
        if self.checkpoint is not None:
            self.accelerator.load_state(str(self.checkpoint))
            place = f"step {self.progress.step} of {self.total_steps}"
            self.processes.say(f"carrying on from {self.checkpoint} ({place})")
        before = self.progress.seconds
        self.started = time.perf_counter() - before
        if self.frozen is not None:
            texts = self._in_order_of_length(self.job.train)
            trainable.remember(self.frozen, self.model, texts, self.job, self.processes)
        try:
            for observer in self.observers:
                observer.on_start(self.progress.step, self.total_steps)
            while self.progress.epoch < self.config.num_train_epochs and not self._is_exhausted():
                self._epoch()
        finally:
            for observer in self.observers:
                observer.on_end()
        done = self.progress
        assert done.best_step is not None and done.best_value is not None, done
        elapsed = max(done.seconds - before, 1e-9)
        return Fit(
            weights_dir=self.checkpoints.best(done.best_step),
            steps=done.step,
            epochs=done.epoch,
            best_step=done.best_step,
            best_value=done.best_value,
            metric=best_by(self.job.problem_type),
            seconds=done.seconds,
            samples_per_second=self.samples / elapsed,
            batch_size=self.texts_at_once,
            accumulation_steps=self.config.gradient_accumulation_steps
            * math.ceil(self.config.per_device_train_batch_size / self.texts_at_once),
            frozen_layers=self.frozen.count if self.frozen else 0,
        )

    def _epoch(self) -> None:
        epoch, skip = self.progress.epoch, self.progress.batch
        self.train.set_epoch(epoch)
        loader = self.train
        if skip:
            loader = self.accelerator.skip_first_batches(self.train, skip)
            loader.set_epoch(epoch)
        for batch in loader:
            self._backward(batch)
            if self.accelerator.sync_gradients:
                self._after_step()
                if self._is_exhausted():
                    return
        self.progress = replace(self.progress, epoch=epoch + 1, batch=0)
        self._validate()
        self._checkpoint()

    def _backward(self, batch: Batch) -> None:
        place = self.progress.epoch * len(self.train) + self.progress.batch
        torch.manual_seed(seed_of_batch(self.config.seed, place, self.accelerator.process_index))
        rows, targets = batch.pop("rows"), batch.pop("labels")
        self.model.train()
        if self.frozen is not None:
            self.frozen.rest()
        with self.accelerator.accumulate(self.model):
            loss = self._add_gradients(batch, rows, targets)
            if self.accelerator.sync_gradients:
                self.accelerator.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)
            self.optimizer.step()
            self.scheduler.step()
            self.optimizer.zero_grad()
        self.window.add(loss, len(rows) * self.processes.count)
        self.samples += len(rows) * self.processes.count
        self.progress = replace(self.progress, batch=self.progress.batch + 1)

    def _add_gradients(
        self, batch: Batch, rows: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        """The mean loss of a batch, computed in parts if memory does not hold it at once."""
        total = torch.zeros((), device=targets.device)
        for start in range(0, len(targets), self.texts_at_once):
            part = slice(start, start + self.texts_at_once)
            given = {name: tensor[part] for name, tensor in batch.items()}
            with self.frozen.recalled(rows[part], given) if self.frozen else nullcontext():
                logits = self.model(**given).logits
            loss = self.loss(logits.float(), targets[part]) * (len(logits) / len(targets))
            self.accelerator.backward(loss)
            total += loss.detach()
        return total

    def _after_step(self) -> None:
        self.progress = replace(self.progress, step=self.progress.step + 1)
        self.bar.advance()
        step = self.progress.step
        if step % self.config.logging_steps == 0:
            self._log()
        if self.accelerator.gradient_state.end_of_dataloader:
            return  # the end of the epoch validates and saves
        is_due = bool(self.config.eval_steps) and step % (self.config.eval_steps or 1) == 0
        if is_due:
            self._validate()
        if is_due or step % self.config.save_steps == 0:
            self._checkpoint()

    def _log(self) -> None:
        loss = float(self.accelerator.reduce(self.window.mean_loss(), "mean"))
        losses.check_finite(loss, self.progress.step, self.config.learning_rate)
        figures = self.window.figures(loss, self.scheduler.get_last_lr()[0])
        self.window = LossWindow()
        for observer in self.observers:
            observer.on_log(self._moment(), figures)

    def _validate(self) -> None:
        logits = self._logits()
        measured: dict[str, float | None] = {}
        if self.processes.is_main:
            from training.trainer.evaluation import (
                measure_logits,  # evaluate takes seconds to import
            )

            measured = measure_logits(logits, self.job.validation.targets, self.job.problem_type)
        measured = self.processes.agree(measured)  # so all stop at the same validation
        name = best_by(self.job.problem_type)
        value = measured[name]
        if value is None:  # no label of the validation part has both cases
            value = -float(measured["log_loss"] or 0.0)
        texts = len(self.job.validation.token_ids)
        noise = noise_of(value, self.job.problem_type, texts)
        self.progress = self.progress.validated(value, noise)
        is_kept = self.progress.best_step == self.progress.step
        if is_kept:
            has_adapters = self.job.encoder.lora_r is not None
            save = saving.whole(self.model, self.processes, has_adapters=has_adapters)
            if self.processes.is_main:
                self.checkpoints.save_best(self.progress.step, save)
        validation = Validation(measured, name, value, is_kept)
        for observer in self.observers:
            observer.on_validation(self._moment(), validation)

    @torch.no_grad()
    def _logits(self) -> NDArray[np.float32]:
        """(N, C) float32: the validation examples' logits, in their order, on the main process."""
        self.model.eval()
        size = (len(self.job.validation.token_ids), len(self.job.model.config.id2label or ()))
        logits = np.zeros(size, dtype=np.float32)
        for batch in self.validation:
            rows, _ = batch.pop("rows"), batch.pop("labels")
            output = self.model(**batch).logits.float()  # (B, C)
            output, rows = self.accelerator.gather_for_metrics((output, rows))
            logits[rows.cpu().numpy()] = output.cpu().numpy()
        return logits

    def _checkpoint(self) -> None:
        self.progress = replace(self.progress, seconds=self._seconds())
        partial = self.checkpoints.partial(step_name(self.progress.step))
        if self.processes.is_main:
            self.checkpoints.begin(partial)
        self.processes.wait()
        self.accelerator.save_state(str(partial))
        self.processes.wait()
        if self.processes.is_main:
            self.checkpoints.finish(partial, self.progress)

    def _is_exhausted(self) -> bool:
        patience = self.config.early_stopping_patience
        return patience is not None and self.progress.validations_without_gain >= patience

    def _seconds(self) -> float:
        return time.perf_counter() - self.started

    def _moment(self) -> Moment:
        epochs = self.progress.epoch + self.progress.batch / max(1, len(self.train))
        return Moment(self.progress.step, round(epochs, 4), round(self._seconds(), 2))
