"""Low-rank adapters on a classifier: small matrices are trained in place of the large ones.

The only import of peft, which takes seconds: import this module where --lora_r is given. Owns which
layers get an adapter, and the merging: the weights that are saved hold no trace of it, so whatever
reads them is the same. Hu et al. 2021, "LoRA", arXiv:2106.09685.

Try: python -m training.train --train_file tweets.csv --lora_r 16 --learning_rate 1e-3
"""

import copy
import warnings

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from inference.core.errors import ConfigError, ModelError
from training.settings.model_config import ModelConfig


def wrap(
    model: PreTrainedModel, config: ModelConfig, *, seed: int, is_sharded: bool = False
) -> PeftModel:
    """The model with adapters in all linear layers below its head, which is trained as a whole.

    Equal seeds give equal adapters; the model computes what it did before. It is changed in place.

    is_sharded: whether each process is to hold a part of the weights alone.

    Raises:
        ModelError: the model has no linear layer below its head.
        ConfigError: it is sharded.
    """
    assert config.lora_r is not None, "asked for"
    if is_sharded:
        raise ConfigError(
            f"--lora_r {config.lora_r} trains adapters, which need the whole model on each "
            "process, but this run was launched with FSDP; leave one of the two out"
        )
    encoder = f"{model.base_model_prefix}."
    layers = [
        name
        for name, module in model.named_modules()
        if name.startswith(encoder) and isinstance(module, torch.nn.Linear | Conv1D)
    ]
    if not layers:
        raise ModelError(
            f"{type(model).__name__} has no linear layer to adapt; leave out --lora_r, or choose "
            f"another --model_name_or_path"
        )
    head = [
        name
        for name, module in model.named_children()
        if module is not model.base_model and any(True for _ in module.parameters())
    ]
    torch.manual_seed(seed)
    adapters = LoraConfig(
        r=config.lora_r,
        lora_alpha=config.lora_alpha or 2 * config.lora_r,
        lora_dropout=config.lora_dropout,
        target_modules=layers,
        modules_to_save=head,
        fan_in_fan_out=any(isinstance(module, Conv1D) for module in model.modules()),
    )
    with warnings.catch_warnings():
        # peft 0.21.2 asks transformers 5.23 by a name that is going
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        adapted = get_peft_model(model, adapters)
    assert isinstance(adapted, PeftModel), type(adapted)
    return adapted


def trained_share(model: PeftModel) -> float:
    """The part of the weights that training changes, in [0, 1]."""
    trained, total = model.get_nb_trainable_parameters()
    return trained / total


def merged(model: PeftModel) -> PreTrainedModel:
    """A plain model that computes the same, as if trained in full; the given one is left as it is.

    A copy, as taking the adapters out again would leave rounding errors in the weights.
    """
    plain = copy.deepcopy(model).merge_and_unload()
    assert isinstance(plain, PreTrainedModel), type(plain)
    return plain
