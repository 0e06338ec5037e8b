"""The loop of a chat training: a base model and dialogues become adapters, the best by validation.

Owns order, steps, validation and resumption, on the rails of training/trainer: its processes,
checkpoints, schedule, history and retreat from full memory. What differs from the loop of the
classifiers: the loss is a mean over learned tokens, so each batch weighs by how many it has, and a
checkpoint holds adapters and optimizer alone, some megabytes, as the base never changes.

Equal settings, data and seed give equal adapters on a CPU in float32, however often a run was
interrupted: batches follow from (seed, epoch), dropout from (seed, batch).

Try: python -m training.chat --train_file dialogues.jsonl --max_steps 60
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import torch

from inference.core.errors import ConfigError
from training.chat_tuning import adapters, held_out
from training.chat_tuning.adapters import PeftModel
from training.chat_tuning.batches import (
    DialogueBatch,
    EncodedDialogues,
    TrainBatches,
    answer_losses,
)
from training.data.batches import seed_of_batch
from training.settings.trainer_config import ChatTrainerConfig
from training.trainer import memory, schedule
from training.trainer.checkpoints import Checkpoints, TrainerState, step_name
from training.trainer.losses import check_finite
from training.trainer.processes import Processes
from training.trainer.progress import Bar, History, LossWindow, Moment, Observer, Validation

_CHOSEN_BY = "loss"
_OPTIMIZER = "optimizer.pt"


@dataclass(frozen=True)
class ChatTrainInputs:
    """What fit() trains: adapters on a model, on dialogues, in a folder.

    identity: settings and data hashes that a checkpoint must share to be carried on from.
    """

    config: ChatTrainerConfig
    model: PeftModel
    train: EncodedDialogues
    validation: EncodedDialogues
    pad_id: int
    run_dir: Path
    identity: dict[str, object]


@dataclass(frozen=True)
class ChatFit:
    """How the training went; the adapters are those of `best_step`, in `adapter_dir`.

    best_value: validation loss, the mean of -log p over learned tokens.
    """

    adapter_dir: Path
    steps: int
    epochs: float
    best_step: int
    best_value: float
    seconds: float
    dialogues_per_second: float
    batch_size: int


def fit(job: ChatTrainInputs, processes: Processes, observers: Sequence[Observer] = ()) -> ChatFit:
    """Train until the last step, or until validation no longer gains; job.model is changed.

    The same call after an interruption carries on from the newest checkpoint. Where memory is full
    it does so by itself, with less at once: see training/trainer/memory.py.

    Raises:
        ConfigError: several processes; or a checkpoint that belongs to other settings or data.
        ModelError: the loss is not a finite number any more, or memory does not hold one dialogue.
    """
    if processes.count > 1:
        raise ConfigError(
            f"a chat model trains in one process, but {processes.count} were started; start it "
            "with plain python"
        )
    fresh = adapters.state(job.model)

    def attempt(progress: TrainerState, checkpoint: Path | None) -> ChatFit:
        return _ChatFitting(job, processes, progress, checkpoint, fresh, observers).run()

    return memory.fit_in(attempt, Checkpoints(job.run_dir, job.identity), job.config, processes)


class _ChatFitting:
    """One attempt of fit(), from a checkpoint or the start: what its steps share."""

    def __init__(
        self,
        job: ChatTrainInputs,
        processes: Processes,
        progress: TrainerState,
        checkpoint: Path | None,
        fresh: dict[str, torch.Tensor],
        observers: Sequence[Observer],
    ) -> None:
        config = job.config
        self.job, self.config, self.processes, self.progress = job, config, processes, progress
        self.accelerator = processes.accelerator
        self.dialogues_at_once = progress.texts_at_once or config.per_device_train_batch_size
        self.batches = TrainBatches(
            job.train,
            batch_size=config.per_device_train_batch_size,
            pad_id=job.pad_id,
            seed=config.seed,
        )
        steps_an_epoch = math.ceil(len(self.batches) / config.gradient_accumulation_steps)
        self.total_steps = config.max_steps or config.num_train_epochs * steps_an_epoch
        if checkpoint is None:
            adapters.put(job.model, fresh)
        else:
            adapters.read(job.model, checkpoint)
        optimizer, self.scheduler = schedule.of_steps(job.model, config, self.total_steps)
        self.model, self.optimizer = self.accelerator.prepare(job.model, optimizer)
        if checkpoint is not None:
            states = torch.load(checkpoint / _OPTIMIZER, weights_only=True)
            self.optimizer.load_state_dict(states["optimizer"])
            self.scheduler.load_state_dict(states["scheduler"])
            place = f"step {progress.step} of {self.total_steps}"
            processes.say(f"carrying on from {checkpoint} ({place})")
        if config.gradient_checkpointing:
            job.model.enable_input_require_grads()
            job.model.activation_checkpointing_enable({"use_reentrant": False})
        self.checkpoints = Checkpoints(job.run_dir, job.identity)
        self.bar = Bar(is_shown=processes.is_main)
        self.observers: list[Observer] = [self.bar, History(job.run_dir), *observers]
        self.window = LossWindow()
        self.dialogues = 0

    def run(self) -> ChatFit:
        before = self.progress.seconds
        self.started = time.perf_counter() - before
        try:
            for observer in self.observers:
                observer.on_start(self.progress.step, self.total_steps)
            if self.progress.step == 0:
                self._validate()  # the fresh adapters compute nothing: this is the base model
            while not self._is_done():
                self._epoch()
        finally:
            for observer in self.observers:
                observer.on_end()
            # what is measured and published from here on is what anybody will load, in float32
            self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)
        done = self.progress
        assert done.best_step is not None and done.best_value is not None, done
        return ChatFit(
            adapter_dir=self.checkpoints.best(done.best_step),
            steps=done.step,
            epochs=self._moment().epoch,
            best_step=done.best_step,
            best_value=-done.best_value,
            seconds=done.seconds,
            dialogues_per_second=self.dialogues / max(done.seconds - before, 1e-9),
            batch_size=self.dialogues_at_once,
        )

    def _epoch(self) -> None:
        epoch = self.progress.epoch
        batches = self.batches.epoch(epoch, skip=self.progress.batch)
        while group := list(islice(batches, self.config.gradient_accumulation_steps)):
            self._step(group)
            if self.progress.batch == len(self.batches):
                break
            self._after_step()
            if self._is_done():
                return
        self.progress = replace(self.progress, epoch=epoch + 1, batch=0)
        self._note_step()
        self._validate()
        self._checkpoint()

    def _step(self, batches: Sequence[DialogueBatch]) -> None:
        """One step of the optimizer on a few batches, whose learned tokens all weigh the same."""
        self.model.train()
        tokens = sum(int(batch.learned[:, 1:].sum()) for batch in batches)
        total = torch.zeros((), device=self.accelerator.device)
        for batch in batches:
            place = self.progress.epoch * len(self.batches) + self.progress.batch
            torch.manual_seed(seed_of_batch(self.config.seed, place, 0))
            for part in self._parts(batch):
                loss = answer_losses(self.model, part).sum() / tokens
                self.accelerator.backward(loss)
                total += loss.detach()
            self.progress = replace(self.progress, batch=self.progress.batch + 1)
            self.dialogues += len(batch.rows)
        self.accelerator.clip_grad_norm_(self.model.parameters(), self.config.max_grad_norm)
        self.optimizer.step()
        self.scheduler.step()
        self.optimizer.zero_grad()
        self.progress = replace(self.progress, step=self.progress.step + 1)
        self.window.add(total, sum(len(batch.rows) for batch in batches))

    def _parts(self, batch: DialogueBatch) -> Iterator[DialogueBatch]:
        for start in range(0, len(batch.rows), self.dialogues_at_once):
            part = batch.part(start, start + self.dialogues_at_once)
            if part.learned[:, 1:].any():
                yield part.to(self.accelerator.device)

    def _after_step(self) -> None:
        """What is due after a step that ends no epoch."""
        self._note_step()
        step = self.progress.step
        every = self.config.eval_steps
        is_due = self._is_done() or bool(every and step % every == 0)
        if is_due:
            self._validate()
        if is_due or step % self.config.save_steps == 0:
            self._checkpoint()

    def _note_step(self) -> None:
        self.bar.advance()
        if self.progress.step % self.config.logging_steps == 0:
            self._log()

    def _log(self) -> None:
        loss = float(self.window.mean_loss())
        check_finite(loss, self.progress.step, self.config.learning_rate)
        figures = self.window.figures(loss, float(self.scheduler.get_last_lr()[0]))
        self.window = LossWindow()
        for observer in self.observers:
            observer.on_log(self._moment(), figures)

    def _validate(self) -> None:
        losses = held_out.measure(
            self.model,
            self.job.validation,
            batch_size=min(self.config.per_device_eval_batch_size, self.dialogues_at_once),
            pad_id=self.job.pad_id,
            device=self.accelerator.device,
        )
        self.progress = self.progress.validated(-losses.loss)
        is_kept = self.progress.best_step == self.progress.step
        if is_kept:
            unwrapped = self.accelerator.unwrap_model(self.model)
            self.checkpoints.save_best(
                self.progress.step, lambda folder: adapters.save(unwrapped, folder)
            )
        figures = {"loss": losses.loss, "perplexity": losses.perplexity}
        validation = Validation(figures, _CHOSEN_BY, losses.loss, is_kept)
        for observer in self.observers:
            observer.on_validation(self._moment(), validation)

    def _checkpoint(self) -> None:
        self.progress = replace(self.progress, seconds=self._seconds())
        partial = self.checkpoints.partial(step_name(self.progress.step))
        self.checkpoints.begin(partial)
        adapters.save(self.accelerator.unwrap_model(self.model), partial)
        states = {
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
        }
        torch.save(states, partial / _OPTIMIZER)
        self.checkpoints.finish(partial, self.progress)

    def _is_done(self) -> bool:
        patience = self.config.early_stopping_patience
        is_exhausted = patience is not None and self.progress.validations_without_gain >= patience
        return is_exhausted or self.progress.step >= self.total_steps

    def _seconds(self) -> float:
        return time.perf_counter() - self.started

    def _moment(self) -> Moment:
        epochs = self.progress.epoch + self.progress.batch / max(1, len(self.batches))
        return Moment(self.progress.step, round(epochs, 4), round(self._seconds(), 2))
