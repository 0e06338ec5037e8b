"""The processes of a run: who writes and prints, and which device all of them compute on.

The only import of accelerate but for its trackers (trackers.py). Owns what the processes
of a run share; the steps that they take together are loop.py.

Try: python -m torch.distributed.run --nproc_per_node 2 -m training.train --train_file tweets.csv
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

import torch
from accelerate import Accelerator, DataLoaderConfiguration
from accelerate.state import AcceleratorState, GradientState, PartialState
from accelerate.utils import broadcast_object_list, set_seed

from inference.core.settings import Settings
from training.settings.trainer_config import TrainerConfig
from training.trainer import allocator, devices

T = TypeVar("T")


class Processes:
    """The processes of this run and the device that they compute on."""

    def __init__(self, config: TrainerConfig, settings: Settings) -> None:
        self._config, self.threads = config, settings.threads
        self._mixed_precision = config.mixed_precision
        self._start(devices.choose(settings.device))

    def _start(self, device: str) -> None:
        # A run before this one in the same process may have had another device or precision.
        AcceleratorState._reset_state(reset_partial_state=True)
        GradientState._reset_state()
        self.accelerator = Accelerator(
            cpu=device == "cpu",
            mixed_precision=devices.choose_precision(self._mixed_precision, device),
            dataloader_config=DataLoaderConfiguration(
                use_seedable_sampler=True, data_seed=self._config.seed
            ),
        )
        self.count: int = self.accelerator.num_processes
        self.is_main: bool = self.accelerator.is_main_process
        self.device: str = self.accelerator.device.type
        mixed = self.accelerator.mixed_precision
        self.precision: str = "float32" if mixed == "no" else mixed
        if self.device == "cpu":
            allocator.keep_freed_memory()
            torch.set_num_threads(max(1, self.threads // self.count))
        # without what does not train, which is there before a run carries on
        self.accelerator.register_save_state_pre_hook(_leave_out_frozen)
        set_seed(self._config.seed)

    def release(self) -> None:
        """Give back the memory of what was prepared for training: it starts again."""
        self.accelerator.free_memory()
        # accelerate 1.15 lets go of a loader at its end alone, which an error keeps it from
        self.accelerator.gradient_state.dataloader_references = [None]

    def move_to_cpu(self) -> None:
        """Compute on the CPU from now on, in float32 where fp16 was asked for: it has none."""
        if self._mixed_precision == "fp16":
            self._mixed_precision = "no"
        self._start("cpu")

    def say(self, message: str) -> None:
        """Print a line, once for all processes."""
        if self.is_main:
            print(message, flush=True)

    def agree(self, value: T) -> T:
        """The main process's value, on every process."""
        values = [value]
        if self.count > 1:
            broadcast_object_list(values)
        return values[0]

    def wait(self) -> None:
        """Return when every process has come here."""
        self.accelerator.wait_for_everyone()

    def main_first(self) -> AbstractContextManager[None]:
        """Let the main process go first through the block: it fills the caches for the others."""
        return self.accelerator.main_process_first()

    def part(self) -> None:
        """End the common part; from here on each process is alone."""
        self.accelerator.end_training()


def _leave_out_frozen(
    models: Sequence[torch.nn.Module], states: Sequence[dict[str, torch.Tensor]], folder: str
) -> None:
    """Take the weights that do not train out of the states of some models; FSDP gives no states."""
    for model, state in zip(models, states, strict=False):
        named = model.named_parameters(remove_duplicate=False)
        frozen = [name for name, weights in named if not weights.requires_grad]
        beside = tuple(f"{name}." for name in frozen)  # what bitsandbytes keeps of a weight
        for name in [*frozen, *(name for name in state if name.startswith(beside))]:
            state.pop(name, None)


def is_main_process() -> bool:
    """Whether this process prints errors; true where no run has started."""
    return not PartialState._shared_state or PartialState().is_main_process
