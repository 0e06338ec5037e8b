"""The pretrained model that a run starts from: a repo id or a local folder becomes a model.

Owns where it comes from, its fresh classification head, and its tokenizer; and how any base is
found and read, a chat model's too. Weights are read from safetensors only, and no code of a repo is
ever run.

Try: python -m training.train --model_name_or_path sentence-transformers/all-MiniLM-L6-v2
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from hub.client import Hub
from hub.errors import HubError
from inference.core.errors import ConfigError, ModelError
from inference.models.model_files import token_limit
from training.run.receipt import TOKENIZER_FILES
from training.run.run_folder import sha256_of
from training.settings.model_config import ModelConfig
from training.trainer.mean_pooling import POOLING_FILE

_PATTERNS = (
    "config.json",
    "model*.safetensors*",
    *TOKENIZER_FILES,
    "sentence_bert_config.json",
    POOLING_FILE,
)
_VOCABULARIES = ("tokenizer.json", "vocab.*", "*.model")
_ENCODER_PATTERNS = ("onnx/model.onnx",)  # to compare with, as the Space runs it


@dataclass(frozen=True)
class Base:
    """A pretrained model in a folder; repo_id and revision are empty for a local one."""

    folder: Path
    repo_id: str
    revision: str

    def fingerprint(self) -> str:
        """The commit, or the sha256 of a local folder's weights."""
        return self.revision or ",".join(map(sha256_of, sorted(self.folder.glob("*.safetensors"))))


def find_base(config: ModelConfig, hub: Hub, *, as_encoder: bool = False) -> Base:
    """The folder of model_name_or_path: a local one with a config.json, or the repo of this id.

    as_encoder: whether it is also compared as it is, so that all that its vectors need is fetched.

    Raises:
        ConfigError, ModelError, HubError: as locate() does.
    """
    name = config.model_name_or_path
    patterns = _PATTERNS + (_ENCODER_PATTERNS if as_encoder else ())
    example = "sentence-transformers/all-MiniLM-L6-v2"
    return locate(name, config.model_revision, hub, patterns=patterns, example=example)


def locate(name: str, revision: str, hub: Hub, *, patterns: Sequence[str], example: str) -> Base:
    """A local folder with a config.json (./folder, /folder), or those files of the repo of this id.

    example: a repo id for the message.

    Raises:
        ConfigError: a path that is not there.
        ModelError: no safetensors weights.
        HubError: the repo cannot be fetched.
    """
    # A folder that merely has the name of a repo must not shadow it: only a path is one.
    if name.startswith((".", "/", "~")) or Path(name).is_absolute():
        base = Base(Path(name).expanduser(), "", "")
        if not (base.folder / "config.json").is_file():
            raise ConfigError(
                f"model_name_or_path {name} holds no config.json; give a folder written by "
                f"save_pretrained, or a repo id such as {example}"
            )
    else:
        try:
            snapshot = hub.resolve(name, revision, allow_patterns=patterns)
        except HubError as error:
            if Path(name).is_dir():
                hint = f"; for the local folder of that name write ./{name}"
                raise type(error)(f"{error}{hint}") from None
            raise
        base = Base(snapshot.folder, name, snapshot.sha)
    if not any(base.folder.glob("model*.safetensors")):
        raise ModelError(
            f"{name} has no model.safetensors; other formats can hold code and are not read. "
            "Choose a model with safetensors weights"
        )
    return base


def load_model(
    base: Base, labels: Sequence[str], problem_type: str, *, seed: int
) -> PreTrainedModel:
    """The pretrained layers under a fresh head of C labels; equal seeds give equal heads.

    Raises:
        ModelError: the model has no form that classifies texts.
    """
    torch.manual_seed(seed)
    try:
        return AutoModelForSequenceClassification.from_pretrained(
            base.folder,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={label: index for index, label in enumerate(labels)},
            problem_type=problem_type,
            ignore_mismatched_sizes=True,  # the head of a classifier of other labels
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"{base.folder} cannot be loaded to classify texts: {error}") from error


def load_tokenizer(base: Base) -> PreTrainedTokenizerBase:
    """The tokenizer with its real limit and with neither cutting nor padding of its own.

    all-MiniLM-L6-v2's tokenizer.json cuts and pads at 128 wherever it is loaded bare.

    Raises:
        ModelError: there is none, or it is of the slow kind that cannot be shipped as one file.
    """
    tokenizer = read_tokenizer(base.folder, str(base.folder))
    if tokenizer.pad_token_id is None:
        raise ModelError(f"{base.folder}: the tokenizer has no padding token; choose another model")
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    tokenizer.model_max_length = token_limit(base.folder)
    return tokenizer


def read_tokenizer(folder: Path, name: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a folder, of the kind that is shipped as one file.

    name: of the model, for the message.

    Raises:
        ModelError: there is none.
    """
    # Without a vocabulary transformers 5.23 makes up an empty one, to which every word is unknown.
    if any(next(folder.glob(pattern), None) for pattern in _VOCABULARIES):
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{name} has no tokenizer that can be read: {error}") from error
        if getattr(tokenizer, "backend_tokenizer", None) is not None:
            return tokenizer
    raise ModelError(f"{name} has no tokenizer.json; choose a model that ships one")
