"""What a run does when the memory of its device is full: half as many texts at once, then the CPU.

Owns how that is recognised and what comes next; loop.py starts again from the newest checkpoint. A
batch is then computed in parts whose gradients are added, so that a step still rests on the same
texts; that is done by the tasks.

Try: python -m training.train --train_file tweets.csv --per_device_train_batch_size 4096
"""

from dataclasses import replace

from inference.core.errors import ModelError
from training.settings.trainer_config import TrainerConfig
from training.trainer.checkpoints import TrainerState
from training.trainer.processes import Processes

# As torch words it on CUDA, on MPS, on a CPU (two systems) and inside a library of NVIDIA's.
_SIGNS = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)


def is_full(error: RuntimeError) -> bool:
    """Whether this error says so; torch.OutOfMemoryError and the older forms without a type."""
    return any(sign in str(error) for sign in _SIGNS)


def retreat(
    tried: TrainerState, start: TrainerState, config: TrainerConfig, processes: Processes
) -> TrainerState:
    """The place `start` of a run, with half the texts at once of what was tried; or on the CPU.

    Raises:
        ModelError: one text at a time is too much for the CPU's memory; or several processes train,
            of which one cannot change its batch without the others.
    """
    batch_size, device = config.per_device_train_batch_size, processes.device
    texts = tried.texts_at_once or batch_size
    half = -(-texts // 2)
    if texts == 1 and (device == "cpu" or processes.count > 1):
        raise ModelError(
            f"out of memory on {device} with one text at a time; use a lower --max_seq_length, or "
            f"a smaller --model_name_or_path"
        )
    if processes.count > 1:
        steps = config.gradient_accumulation_steps * -(-texts // half)
        raise ModelError(
            f"out of memory on {device} with {texts} texts on each process; give "
            f"--per_device_train_batch_size {half} --gradient_accumulation_steps {steps}"
        )
    less, there = (half, device) if texts > 1 else (batch_size, "cpu")
    processes.say(
        f"warning: out of memory on {device} with {texts} texts at once; carrying on after step "
        f"{start.step} with {less} at once on {there}, a step still rests on "
        f"{config.texts_in_a_step(1)}"
    )
    return replace(start, texts_at_once=less, is_on_cpu=tried.is_on_cpu or there != device)
