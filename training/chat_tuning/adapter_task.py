"""The task of a chat training: adapters learn the answers of dialogues, chosen by validation loss.

Owns its loss, its validation and what is saved of it. The steps are training/trainer/loop.py. The
loss is a mean over learned tokens, so a batch weighs by how many it has.

Try: python -m training.chat --train_file dialogues.jsonl --max_steps 60
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from inference.core.errors import ConfigError
from training.chat_tuning import adapters, held_out
from training.chat_tuning.adapters import PeftModel
from training.chat_tuning.batches import EncodedDialogues, answer_losses
from training.data.batches import Batch, parts_of, train_loader
from training.settings.trainer_config import ChatTrainerConfig
from training.trainer import loop
from training.trainer.processes import Processes
from training.trainer.progress import Observer
from training.trainer.task import Fit, TrainJob, ValidationResult


@dataclass(frozen=True)
class ChatTrainInputs(TrainJob):
    """Fresh adapters on a model, which is changed, and its dialogues."""

    config: ChatTrainerConfig
    model: PeftModel
    train: EncodedDialogues
    validation: EncodedDialogues
    pad_id: int


def fit(job: ChatTrainInputs, processes: Processes, observers: Sequence[Observer] = ()) -> Fit:
    """Train the adapters of job.model, as loop.fit() says.

    Raises:
        ConfigError: several processes.
    """
    if processes.count > 1:
        raise ConfigError(
            f"a chat model trains in one process, but {processes.count} were started; start it "
            "with plain python"
        )
    fresh = adapters.state(job.model)

    def compute_in_float32() -> None:
        processes.accelerator.unwrap_model(job.model, keep_fp32_wrapper=False)

    def make_task(texts_at_once: int) -> AdapterTask:
        compute_in_float32()
        adapters.put(job.model, fresh)
        return AdapterTask(job, processes, texts_at_once)

    try:
        return loop.fit(job, make_task, processes, observers)
    finally:
        compute_in_float32()  # from here on as anybody who loads its files


class AdapterTask:
    """The job's model with its adapters in training."""

    chosen_by = "loss"
    is_lower_better = True
    is_validated_first = True  # fresh adapters compute nothing: this is the base model

    def __init__(self, job: ChatTrainInputs, processes: Processes, dialogues_at_once: int) -> None:
        config = job.config
        self.job, self.dialogues_at_once = job, dialogues_at_once
        self.accelerator = processes.accelerator
        self.model: torch.nn.Module = job.model
        self.train = train_loader(
            job.train,
            job.pad_id,
            batch_size=config.per_device_train_batch_size,
            processes=1,
            seed=config.seed,
        )
        if config.gradient_checkpointing:
            job.model.enable_input_require_grads()
            job.model.activation_checkpointing_enable({"use_reentrant": False})

    def begin(self) -> None:
        """Nothing comes before the first step."""

    def add_gradients(self, group: Sequence[Batch], seeds: Sequence[int]) -> list[torch.Tensor]:
        """Those of the mean over all learned tokens of the batches; that mean."""
        self.model.train()
        tokens = sum(int(batch["learned"][:, 1:].sum()) for batch in group)
        total = torch.zeros((), device=self.accelerator.device)
        for batch, seed in zip(group, seeds, strict=True):
            torch.manual_seed(seed)
            for part in parts_of(batch, self.dialogues_at_once):
                if part["learned"][:, 1:].any():
                    loss = answer_losses(self.model, part).sum() / tokens
                    self.accelerator.backward(loss)
                    total += loss.detach()
        return [total]

    def validate(self) -> ValidationResult:
        """The loss a token, and e to it."""
        config = self.job.config
        losses = held_out.measure(
            self.model,
            self.job.validation,
            batch_size=min(config.per_device_eval_batch_size, self.dialogues_at_once),
            pad_id=self.job.pad_id,
            device=self.accelerator.device,
        )
        figures = {"loss": losses.loss, "perplexity": losses.perplexity}
        return ValidationResult(figures, losses.loss)

    def saver(self) -> Callable[[Path], None]:
        """What saves the adapters, as peft reads them."""
        plain = self.accelerator.unwrap_model(self.model)
        return lambda folder: adapters.save(plain, folder)

    def facts(self, texts_per_second: float) -> dict[str, float]:
        """The rate, and how much there was to learn."""
        train = self.job.train
        return {
            "dialogues_per_second": texts_per_second,
            "dialogues": len(train.tokens),
            "cut": train.cut,
            "learned_tokens": train.learned_tokens,
            "tokens": int(train.lengths.sum()),
        }
