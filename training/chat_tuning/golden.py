"""results/golden.json of a chat run: what the adapter makes of a few fixed dialogues, and a replay.

Owns that file: losses of our own dialogues, as it is published. The replay loads base and adapter
from their repos anew, as anybody would, and compares.

Try: python -c "from pathlib import Path; from inference.core import settings; \
from training.chat_tuning.golden import replay; \
replay(Path('DIR'), settings.load_settings().connect())"
"""

from pathlib import Path

import numpy as np
import torch

from hub.client import Hub
from hub.errors import NotFound
from inference.chat import chat_bundle
from inference.chat.messages import ASSISTANT, USER, Message
from inference.core.errors import ModelError
from inference.models.model_files import read_json
from training.chat_tuning import adapters, held_out
from training.chat_tuning.base import LOCAL_REVISION, find_chat_base, load_chat_model, make_reader
from training.chat_tuning.batches import encode_dialogues
from training.chat_tuning.held_out import Losses
from training.chat_tuning.messages import Dialogue
from training.chat_tuning.template import Reader
from training.run.run_folder import write_json
from training.settings.model_config import ChatModelConfig

FILE_NAME = "results/golden.json"
TOLERANCE = 1e-5
_TURNS = (
    ("Who are you?", "I am a language model."),
    ("Name a fruit that is yellow.", "A banana."),
    ("Ça va ?", "Oui, merci 🙂"),
)
_CONTEXT_TOKENS = 256
_DIALOGUES = tuple(
    Dialogue((Message(USER, asked), Message(ASSISTANT, answer)), row)
    for row, (asked, answer) in enumerate(_TURNS, start=1)
)


def write(run_dir: Path, model: torch.nn.Module, reader: Reader) -> None:
    """Store the loss a token of each fixed dialogue, by the model with its adapter."""
    losses = _measured(model, reader)
    write_json(run_dir / FILE_NAME, {"losses": (losses.sums / losses.counts).tolist()})


def replay(folder: Path, hub: Hub) -> None:
    """Load base and adapter anew and hold their losses against the stored ones.

    Raises:
        ModelError: they differ by more than 1e-5, or the base is not the one of the training.
        HubError: the base model cannot be fetched.
    """
    bundle = chat_bundle.load(folder)
    if bundle.base.revision == LOCAL_REVISION:
        raise NotFound(
            f"{bundle.base.repo_id} is a folder of the machine that trained, and no repo"
        )
    base = find_chat_base(bundle.base.repo_id, bundle.base.revision, hub)
    if base.weights_sha256 != bundle.base.weights_sha256:
        raise ModelError(
            f"{base.repo_id} at {base.revision[:12]} has weights {base.weights_sha256}, but the "
            f"adapter was trained on {bundle.base.weights_sha256}"
        )
    config = ChatModelConfig(system_prompt=bundle.system_prompt, lora_r=1)
    plain = load_chat_model(base)
    reader = make_reader(base, config, plain)
    losses = _measured(adapters.load(plain, folder), reader)
    stored = read_json(folder / FILE_NAME)["losses"]
    means = losses.sums / losses.counts
    worst = float(np.abs(means - np.asarray(stored, dtype=float)).max())
    if not worst <= TOLERANCE:  # also when it is not a number
        raise ModelError(
            f"{folder} answers otherwise than the model that was trained: losses differ by up to "
            f"{worst:.2g}, expected at most {TOLERANCE:g}. Train again, or publish it again"
        )


def _measured(model: torch.nn.Module, reader: Reader) -> Losses:
    whole = Reader(reader.tokenizer, reader.end_of_turn, reader.system_prompt, _CONTEXT_TOKENS)
    device = next(model.parameters()).device
    return held_out.measure(
        model,
        encode_dialogues(_DIALOGUES, whole),
        batch_size=1,
        pad_id=reader.pad_id,
        device=device,
    )
