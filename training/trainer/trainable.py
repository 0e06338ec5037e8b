"""What of a model trains: a copy whose lowest layers rest, or that has adapters.

Owns what is changed in the model before its first step, for quality or for speed. The given model
stays as it is.

Try: python -m training.train --train_file tweets.csv --lora_r 8
"""

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader
from transformers import PreTrainedModel

from inference.models import encoder
from training.settings.model_config import EncoderConfig
from training.trainer import dropout, frozen, residual_stream
from training.trainer.processes import Processes
from training.trainer.progress import with_progress_bar


def make_trainable(
    original: PreTrainedModel, config: EncoderConfig, processes: Processes, *, seed: int
) -> tuple[torch.nn.Module, frozen.Frozen | None]:
    """A copy of the model to train, and its layers that rest, if there are any.

    Raises:
        ConfigError: the model has fewer layers than shall rest, or adapters shall be sharded.
        ModelError: it has no layer that adapters could go to.
    """
    model = copy.deepcopy(original)
    if processes.device == "cpu":
        dropout.make_cheap(model)
        residual_stream.make_light(model)
    has_adapters = config.lora_r is not None
    lower = None if has_adapters else frozen.freeze(model, config.freeze_layers)
    if lower is None or lower.count < lower.of:
        encoder.compute_first_token_only(model)  # frozen layers are remembered of all tokens
    if not has_adapters:
        return model, lower
    from training.trainer import lora  # peft takes seconds to import

    adapted = lora.wrap(model, config, seed=seed, is_sharded=processes.accelerator.is_fsdp2)
    processes.say(f"adapters: {lora.trained_share(adapted):.1%} of the weights train")
    return adapted, None


def remember(
    lower: frozen.Frozen,
    model: torch.nn.Module,
    texts: "DataLoader[int]",
    lengths: NDArray[np.int64],
    processes: Processes,
) -> None:
    """Compute what the layers that rest make of the training texts, once, if memory holds it.

    model: as the accelerator prepared it. texts: all of them; lengths: (N,) tokens of each.
    """
    accelerator = processes.accelerator
    shown = with_progress_bar(texts, "frozen layers", is_shown=processes.is_main)
    is_known = not accelerator.is_fsdp2 and lower.remember(
        accelerator.unwrap_model(model), shown, lengths
    )
    how = "computed once for each text" if is_known else "computed in each step"
    processes.say(f"frozen: the lowest {lower.count} of {lower.of} layers, {how}")
