"""The chat model that a run starts from: a repo id or a local folder becomes a frozen model.

Owns where it comes from, its tokenizer with chat template, the tokens that end a turn, and the hash
of its weights. Weights are read from safetensors only, and no code of a repo is ever run.

Try: python -m training.chat --model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM,
    GenerationConfig,
    PreTrainedModel,
)

from hub.client import Hub
from inference.core.errors import ConfigError, ModelError
from training.chat_tuning import template
from training.chat_tuning.template import Reader
from training.run.receipt import TOKENIZER_FILES
from training.run.run_folder import sha256_of
from training.settings.model_config import ChatModelConfig
from training.trainer.base import locate, read_tokenizer

_PATTERNS = (
    "config.json",
    "generation_config.json",
    "chat_template.*",
    "model*.safetensors*",
    *TOKENIZER_FILES,
)
LOCAL_REVISION = "local"
"""The revision of a folder of this machine."""


@dataclass(frozen=True)
class ChatBase:
    """A chat model in a folder. revision: the commit; `local` for a folder of this machine.

    weights_sha256: of model.safetensors; of the hashes of its parts where there are several.
    """

    folder: Path
    repo_id: str
    revision: str
    weights_sha256: str

    def as_dict(self) -> dict[str, object]:
        """What receipts and chat.json say of it: no folder."""
        return {
            "repo_id": self.repo_id,
            "revision": self.revision,
            "weights_sha256": self.weights_sha256,
        }


def find_chat_base(name: str, revision: str, hub: Hub) -> ChatBase:
    """The chat model of this repo id, or in this folder (./folder, /folder).

    Raises:
        ConfigError: a path that is not there.
        ModelError: no safetensors weights.
        HubError: the repo cannot be fetched.
    """
    example = "HuggingFaceTB/SmolLM2-135M-Instruct"
    location = locate(name, revision, hub, patterns=_PATTERNS, example=example)
    repo_id = location.repo_id or location.folder.resolve().name
    sha = location.revision or LOCAL_REVISION
    return ChatBase(location.folder, repo_id, sha, weights_hash(location.folder))


def weights_hash(folder: Path) -> str:
    """The sha256 of the weights of a model folder."""
    hashes = [sha256_of(path) for path in sorted(folder.glob("model*.safetensors"))]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def load_chat_model(base: ChatBase, *, quantize: str = "no") -> PreTrainedModel:
    """The causal language model in float32, or with its matrices in 4 bits; frozen.

    Raises:
        ConfigError: 4 bits are asked for where they cannot be.
        ModelError: the folder holds no causal language model.
    """
    options = _in_four_bits() if quantize == "4bit" else {}
    try:
        model = AutoModelForCausalLM.from_pretrained(
            base.folder, use_safetensors=True, trust_remote_code=False, dtype=torch.float32,
            **options,
        )  # fmt: skip
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"{base.repo_id} cannot be loaded to write text: {error}") from error
    model.requires_grad_(False)
    assert isinstance(model, PreTrainedModel), type(model)
    return model.eval()


def make_reader(base: ChatBase, config: ChatModelConfig, model: PreTrainedModel) -> Reader:
    """How dialogues become tokens of this model.

    Raises:
        ModelError: no fast tokenizer, no chat template, or nothing that ends a turn.
    """
    tokenizer = read_tokenizer(base.folder, base.repo_id)
    if not tokenizer.chat_template:
        raise ModelError(
            f"{base.repo_id} has no chat template, so it is no chat model; choose one whose name "
            "says Instruct or Chat"
        )
    generation = model.generation_config or GenerationConfig()
    ends = template.end_of_turn(tokenizer, generation)
    limit = getattr(model.config, "max_position_embeddings", None) or config.max_seq_length
    return Reader(
        tokenizer=tokenizer,
        end_of_turn=ends,
        system_prompt=config.system_prompt,
        max_tokens=min(config.max_seq_length, int(limit)),
        learns_end=config.learn_end_of_turn,
    )


def _in_four_bits() -> dict[str, object]:
    from importlib.util import find_spec

    if not torch.cuda.is_available() or find_spec("bitsandbytes") is None:
        raise ConfigError(
            "quantize_base 4bit needs a CUDA GPU and the package bitsandbytes; leave it out, and "
            "the frozen weights stay as they are"
        )
    from transformers import BitsAndBytesConfig

    return {
        # Dettmers et al. 2023, "QLoRA", arXiv:2305.14314: NF4, the constants quantised again
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    }
