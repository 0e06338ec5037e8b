"""Low-rank adapters on a causal language model: made, saved, read back, merged.

One of the two doors of peft, which takes seconds to import; the other, training/trainer/lora.py,
adapts classifiers, which need a new head and are merged before they are saved. Hu et al. 2021,
"LoRA", arXiv:2106.09685.

Try: python -m training.chat --train_file dialogues.jsonl --lora_r 8 --lora_targets q_proj v_proj
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from peft import (
    LoraConfig,
    get_peft_model,
    get_peft_model_state_dict,
    prepare_model_for_kbit_training,
    set_peft_model_state_dict,
)
from peft import (
    PeftModel as PeftModel,  # the others of this package take the type from here
)
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from inference.core.errors import ConfigError, ModelError
from training.settings.model_config import ChatModelConfig

WEIGHTS = "adapter_model.safetensors"


def wrap(
    model: PreTrainedModel, config: ChatModelConfig, *, seed: int, repo_id: str, revision: str
) -> PeftModel:
    """The model with adapters, the only weights that train; it is changed in place.

    Equal seeds give equal adapters, which at first compute nothing. repo_id, revision: what the
    adapter's config names as its base.

    Raises:
        ConfigError: lora_targets name no layer.
        ModelError: the model has no linear layer to adapt.
    """
    if config.quantize_base == "4bit":
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    torch.manual_seed(seed)
    adapters = LoraConfig(
        task_type="CAUSAL_LM",
        base_model_name_or_path=repo_id,
        revision=revision or None,
        r=config.rank,
        lora_alpha=config.lora_alpha or 2 * config.rank,
        lora_dropout=config.lora_dropout,
        target_modules=list(config.lora_targets) or "all-linear",
    )
    model.name_or_path = repo_id  # what peft writes down: no folder of this machine
    try:
        with _quiet():
            adapted = get_peft_model(model, adapters)
    except ValueError as error:
        if config.lora_targets:
            linear = {
                name.rpartition(".")[2]
                for name, module in model.named_modules()
                if isinstance(module, torch.nn.Linear)
            }
            raise ConfigError(
                f"lora_targets {', '.join(config.lora_targets)} fit no layer of "
                f"{type(model).__name__}; it has {', '.join(sorted(linear))}"
            ) from error
        raise ModelError(f"{type(model).__name__} takes no adapters: {error}") from error
    assert isinstance(adapted, PeftModel), type(adapted)
    return adapted


def state(model: PeftModel) -> dict[str, torch.Tensor]:
    """The adapter's weights on the CPU, by their names."""
    tensors = get_peft_model_state_dict(model, save_embedding_layers=False)
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def save(model: PeftModel, folder: Path) -> None:
    """Write adapter_model.safetensors and adapter_config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(state(model), folder / WEIGHTS, metadata={"format": "pt"})
    for adapters in model.peft_config.values():
        adapters.inference_mode = True
        adapters.save_pretrained(str(folder))
        adapters.inference_mode = False


def read(model: PeftModel, folder: Path) -> None:
    """Put saved weights into the adapters, in place.

    Raises:
        ModelError: they are of other adapters.
    """
    saved = load_file(folder / WEIGHTS)
    there = state(model)
    if {k: v.shape for k, v in saved.items()} != {k: v.shape for k, v in there.items()}:
        raise ModelError(f"{folder / WEIGHTS} is of other adapters than asked for; train again")
    put(model, saved)


def put(model: PeftModel, weights: dict[str, torch.Tensor]) -> None:
    """Put weights of state() back into the adapters, in place."""
    set_peft_model_state_dict(model, weights)


def load(model: PreTrainedModel, folder: Path) -> PeftModel:
    """A published adapter on its base model."""
    with _quiet():
        loaded = PeftModel.from_pretrained(model, str(folder))
    assert isinstance(loaded, PeftModel), type(loaded)
    return loaded


def merge(model: PeftModel) -> PreTrainedModel:
    """A plain model that computes the same, from the given one, which is used up."""
    merged = model.merge_and_unload()
    assert isinstance(merged, PreTrainedModel), type(merged)
    return merged


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what peft 0.21.2 warns of: it asks transformers 5.23 by a name that is going."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        yield
