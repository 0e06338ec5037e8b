"""The Accelerate loop: a task and its batches become trained weights, kept by validation.

Owns order, steps, validation and resumption. What a loss is and how it is measured is the task's:
task.py. Which processes compute, and on what: processes.py; where a run stands on disk:
checkpoints.py; what is told of it: progress.py.

Equal settings, data, seed and number of processes give equal weights on a CPU in float32, however
often a run was interrupted: batches follow from (seed, epoch), dropout from (seed, batch, process).

Try: python -m torch.distributed.run --nproc_per_node 2 -m training.train --train_file tweets.csv
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from inference.core.errors import ConfigError
from training.data.batches import Batch, seed_of_batch
from training.trainer import losses, memory, schedule
from training.trainer.checkpoints import Checkpoints, TrainerState, read_trainer_state, step_name
from training.trainer.processes import Processes
from training.trainer.progress import Bar, History, LossWindow, Moment, Observer, Validation
from training.trainer.task import Fit, Task, TrainJob


def fit(
    job: TrainJob,
    make_task: Callable[[int], Task],
    processes: Processes,
    observers: Sequence[Observer] = (),
) -> Fit:
    """Train until the last step, or until validation no longer gains.

    The same call after an interruption carries on from the newest checkpoint. Where memory is full
    it does so by itself, with less at once: see memory.py.

    make_task: of how many texts go through the model at once; equal calls give equal tasks.
    observers: more of them than the history and the bar.

    Raises:
        ConfigError: a checkpoint that belongs to other settings or data.
        ModelError: the loss is not a finite number any more, or memory does not hold one text.
    """

    checkpoints = Checkpoints(job.run_dir, job.identity)
    checkpoint = checkpoints.find(job.config.resume_from_checkpoint)
    processes.wait()  # all have looked before the main process removes anything
    progress = _place_of(checkpoint)
    while True:
        if processes.is_main:
            checkpoints.begin_from(checkpoint)
        if progress.is_on_cpu and processes.device != "cpu":
            processes.move_to_cpu()
        try:
            return _Attempt(job, make_task, processes, progress, checkpoint, observers).run()
        except RuntimeError as error:
            if not memory.is_full(error):
                raise
        processes.release()  # not before the error is gone, which holds the tensors
        checkpoint = checkpoints.find("auto") or checkpoint
        progress = memory.retreat(progress, _place_of(checkpoint), job.config, processes)


def _place_of(checkpoint: Path | None) -> TrainerState:
    return read_trainer_state(checkpoint)[0] if checkpoint else TrainerState()


class _Attempt:
    """One attempt of fit(), from a checkpoint or the start: what its steps share."""

    def __init__(
        self,
        job: TrainJob,
        make_task: Callable[[int], Task],
        processes: Processes,
        progress: TrainerState,
        checkpoint: Path | None,
        observers: Sequence[Observer],
    ) -> None:
        config = job.config
        self.config, self.processes, self.accelerator = config, processes, processes.accelerator
        self.progress, self.checkpoint = progress, checkpoint
        self.texts_at_once = progress.texts_at_once or config.per_device_train_batch_size
        self.task = task = make_task(self.texts_at_once)
        batches = len(task.train)
        optimizer, scheduler = schedule.make(task.model, config, batches, processes.count)
        task.model, self.optimizer, self.train, self.scheduler = self.accelerator.prepare(
            task.model, optimizer, task.train, scheduler
        )
        steps_an_epoch = math.ceil(len(self.train) / config.gradient_accumulation_steps)
        self.total_steps = config.steps_in_all(steps_an_epoch)
        # few texts make many short epochs: no more validations than there are passes asked for
        epochs = math.ceil(self.total_steps / steps_an_epoch)
        self.epochs_a_validation = max(1, epochs // config.num_train_epochs)
        self.checkpoints = Checkpoints(job.run_dir, job.identity)
        self.bar = Bar(is_shown=processes.is_main)
        self.observers: list[Observer] = [self.bar]
        if processes.is_main:
            self.observers += [History(job.run_dir), *observers]
        self.window = LossWindow()
        self.texts = 0

    def _load(self, checkpoint: Path) -> None:
        try:
            # not strict: a checkpoint leaves out what does not train
            self.accelerator.load_state(str(checkpoint), strict=False)
        except FileNotFoundError as error:
            raise ConfigError(
                f"checkpoint {checkpoint} cannot be carried on from: {error}. An earlier version "
                "may have written it; start over with --resume_from_checkpoint null"
            ) from None

    def run(self) -> Fit:
        if self.checkpoint is not None:
            self._load(self.checkpoint)
            position = f"step {self.progress.step} of {self.total_steps}"
            self.processes.say(f"carrying on from {self.checkpoint} ({position})")
        before = self.progress.seconds
        self.started = time.perf_counter() - before
        self.task.begin()
        try:
            for observer in self.observers:
                observer.on_start(self.progress.step, self.total_steps)
            if self.task.is_validated_first and self.progress.step == 0:
                self._validate()
            while not self._is_done():
                self._epoch()
        finally:
            for observer in self.observers:
                observer.on_end()
        done = self.progress
        assert done.best_step is not None and done.best_value is not None, done
        return Fit(
            weights_dir=self.checkpoints.best(done.best_step),
            steps=done.step,
            epochs=self._moment().epoch,
            best_step=done.best_step,
            best_value=self._sign() * done.best_value,
            metric=self.task.chosen_by,
            seconds=done.seconds,
            batch_size=self.texts_at_once,
            accumulation_steps=self.config.gradient_accumulation_steps
            * math.ceil(self.config.per_device_train_batch_size / self.texts_at_once),
            facts=self.task.facts(self.texts / max(done.seconds - before, 1e-9)),
        )

    def _epoch(self) -> None:
        epoch, skip = self.progress.epoch, self.progress.batch
        self.train.set_epoch(epoch)
        loader = self.train
        if skip:
            loader = self.accelerator.skip_first_batches(self.train, skip)
            loader.set_epoch(epoch)
        batches = iter(loader)
        while group := list(islice(batches, self.config.gradient_accumulation_steps)):
            self._step(group)
            if self.progress.batch < len(self.train):
                self._after_step()
                if self._is_done():
                    return
        self.progress = replace(self.progress, epoch=epoch + 1, batch=0)
        self._after_step()

    def _step(self, group: Sequence[Batch]) -> None:
        """One step of the optimizer on a few batches."""
        first = self.progress.epoch * len(self.train) + self.progress.batch
        process = self.accelerator.process_index
        seeds = [
            seed_of_batch(self.config.seed, first + number, process) for number in range(len(group))
        ]
        step_losses = self.task.add_gradients(group, seeds)
        self.accelerator.clip_grad_norm_(self.task.model.parameters(), self.config.max_grad_norm)
        self.optimizer.step()
        self.scheduler.step()
        self.optimizer.zero_grad()
        texts = sum(len(batch["rows"]) for batch in group) * self.processes.count
        self.window.add(step_losses, texts)
        self.texts += texts
        done = self.progress
        self.progress = replace(done, step=done.step + 1, batch=done.batch + len(group))

    def _after_step(self) -> None:
        """What is due: a line, a validation, a checkpoint."""
        self.bar.advance()
        step, every = self.progress.step, self.config.eval_steps
        if step % self.config.logging_steps == 0:
            self._log()
        epoch, batch = self.progress.epoch, self.progress.batch
        is_epoch_over = batch == 0 and epoch % self.epochs_a_validation == 0
        is_due = is_epoch_over or self._is_done() or bool(every and step % every == 0)
        if is_due:
            self._validate()
        if is_due or step % self.config.save_steps == 0:
            self._checkpoint()

    def _log(self) -> None:
        loss = float(self.accelerator.reduce(self.window.mean_loss(), "mean"))
        losses.check_finite(loss, self.progress.step, self.config.highest_learning_rate)
        figures = self.window.figures(loss, float(self.scheduler.get_last_lr()[0]))
        self.window = LossWindow()
        for observer in self.observers:
            observer.on_log(self._moment(), figures)

    def _validate(self) -> None:
        measured = self.task.validate()
        self.progress = self.progress.validated(self._sign() * measured.value, measured.noise)
        is_kept = self.progress.best_step == self.progress.step
        if is_kept:
            save = self.task.saver()
            if self.processes.is_main:
                self.checkpoints.save_best(self.progress.step, save)
        validation = Validation(measured.figures, self.task.chosen_by, measured.value, is_kept)
        for observer in self.observers:
            observer.on_validation(self._moment(), validation)

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

    def _is_done(self) -> bool:
        patience = self.config.early_stopping_patience
        is_exhausted = patience is not None and self.progress.validations_without_gain >= patience
        return is_exhausted or self.progress.step >= self.total_steps

    def _sign(self) -> int:
        return -1 if self.task.is_lower_better else 1

    def _seconds(self) -> float:
        return time.perf_counter() - self.started

    def _moment(self) -> Moment:
        epochs = self.progress.epoch + self.progress.batch / max(1, len(self.train))
        return Moment(self.progress.step, round(epochs, 4), round(self._seconds(), 2))
