"""The way from a repo id to a chat model that speaks: a base, or a base with its LoRA adapter.

A model of the Llama family runs on ONNX Runtime with 8-bit weights and needs no torch; any other on
torch, imported on demand.

Try: python -m inference.chat --model OWNER/MODEL --message "Hello"
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.client import Hub
from inference.chat import chat_bundle, llama_config
from inference.chat.chat_bundle import ChatBundle
from inference.chat.messages import Message
from inference.chat.sampling import Options
from inference.chat.speaker import Decoder, Speaker
from inference.chat.template import Template
from inference.chat.weights import ADAPTER_CONFIG
from inference.core.errors import ModelError
from inference.models.model_files import read_json, token_limit

# More context costs memory for keys and values, 46 kB a token with a model of 135 M weights.
MAX_POSITIONS = 2048


_ASIDE = (
    "config.json generation_config.json chat.json chat_template.jinja tokenizer.json "
    "tokenizer_config.json adapter_config.json adapter_model.safetensors"
).split()


_WEIGHTS = ("model*.safetensors", "model.safetensors.index.json")


@dataclass(frozen=True)
class ChatFolders:
    """A chat model on this disk: the base, the adapter or none, and the commit that was asked."""

    base: Path
    adapter: Path | None
    revision: str

    @property
    def spoken(self) -> Path:
        """The folder whose tokenizer and chat template hold."""
        return self.adapter or self.base


def fetch_chat_model(repo_id: str, revision: str | None, hub: Hub) -> ChatFolders:
    """Fetch a chat model; of an adapter also the base that it names, at the commit that it names.

    Raises:
        HubError: a repo cannot be fetched. ModelError: the adapter does not name its base.
    """
    snapshot = hub.resolve(repo_id, revision or "main", allow_patterns=_ASIDE)
    if not (snapshot.folder / ADAPTER_CONFIG).is_file():
        whole = hub.resolve(repo_id, snapshot.sha, allow_patterns=[*_ASIDE, *_WEIGHTS])
        return ChatFolders(whole.folder, None, snapshot.sha)
    config = read_json(snapshot.folder / ADAPTER_CONFIG)
    base_id, base_revision = config.get("base_model_name_or_path"), config.get("revision")
    if not isinstance(base_id, str) or not isinstance(base_revision, str | None):
        raise ModelError(f"{repo_id}: {ADAPTER_CONFIG} does not name its base model")
    base = hub.resolve(base_id, base_revision or "main", allow_patterns=[*_ASIDE, *_WEIGHTS])
    return ChatFolders(base.folder, snapshot.folder, snapshot.sha)


def load_speaker(folders: ChatFolders, *, threads: int = 0) -> Speaker:
    """Load a chat model; seconds for one of 135 M weights.

    threads: cores to compute with, 0 = the engine's choice.

    Raises:
        ModelError: a file is missing, or the files contradict each other.
    """
    spoken, base = folders.spoken, folders.base
    bundle = chat_bundle.load(spoken) if (spoken / chat_bundle.FILE_NAME).is_file() else None
    template = Template(spoken)
    limit = token_limit(base) if bundle is None else bundle.max_length
    positions = min(limit, MAX_POSITIONS)
    decoder = _decoder(folders, positions, threads)
    ends = _end_ids(folders, bundle, template)
    return Speaker(decoder, template, ends, None if bundle is None else bundle.system_prompt)


def _decoder(folders: ChatFolders, positions: int, threads: int) -> Decoder:
    if llama_config.read(folders.base) is not None:
        # onnx takes half a second to import, torch and transformers take two
        from inference.chat.onnx_decoder import OnnxDecoder

        return OnnxDecoder(folders.base, folders.adapter, positions, threads)
    from inference.chat.torch_decoder import TorchDecoder

    return TorchDecoder(folders.base, folders.adapter, positions, threads)


def _end_ids(folders: ChatFolders, bundle: ChatBundle | None, template: Template) -> frozenset[int]:
    """Every token that ends an answer, by chat.json, the generation settings or the tokenizer."""
    ends = set() if bundle is None else set(bundle.end_of_turn)
    for path in {folder / "generation_config.json" for folder in (folders.spoken, folders.base)}:
        eos = read_json(path).get("eos_token_id") if path.is_file() else None
        ends |= {eos} if isinstance(eos, int) else set(eos) if isinstance(eos, list) else set()
    if template.eos_id is not None:
        ends.add(template.eos_id)
    if not ends:
        raise ModelError(f"{folders.spoken} names no token that ends an answer")
    return frozenset(ends)


def stream_answer(
    speaker: Speaker, messages: Sequence[Message], options: Options | None = None
) -> Iterator[str]:
    """Yield an answer piece by piece, as it is to be printed.

    Raises:
        TextError: the last message alone is longer than the context.
        ModelError: the chat template refuses the messages.
    """
    text = ""
    for reply in speaker.answer(messages, options or Options()):
        if len(reply.text) > len(text):
            yield reply.text[len(text) :]
            text = reply.text
