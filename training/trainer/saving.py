"""All weights of a model that is in training, put together so that from_pretrained can read them.

Owns what is between the model as the processes of a run hold it and a folder of plain weights;
which weights are worth saving is loop.py's.
"""

from collections.abc import Callable
from pathlib import Path

import torch

from training.trainer.processes import Processes


def whole(
    model: torch.nn.Module, processes: Processes, *, has_adapters: bool
) -> Callable[[Path], None]:
    """What saves the model to a folder, adapters merged; every process has to call this.

    Where each process holds a part of the weights (FSDP2), all of them send it to the main process
    here, which alone calls the result.
    """
    accelerator = processes.accelerator
    # None: the model has its own
    weights = accelerator.get_state_dict(model) if accelerator.is_fsdp2 else None

    def save(folder: Path) -> None:
        plain = accelerator.unwrap_model(model)
        if has_adapters:
            from training.trainer import lora  # peft takes seconds to import

            plain = lora.merged(plain)
        plain.save_pretrained(folder, state_dict=weights)

    return save
