"""What a repo of a chat model says beside its weights: base, system prompt, context, end of a turn.

Owns chat.json (write and read). An adapter repo has it, so that the page and the evaluation speak
to the model as training did; a base model of elsewhere has none.

Try: python -c "from pathlib import Path; from inference.chat import chat_bundle as c; \
print(c.load(Path('DIR')))"
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from inference.core.atomic_write import write_whole
from inference.core.errors import ModelError
from inference.models.model_files import read_json

FILE_NAME = "chat.json"
FORMAT = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class BaseReference:
    """The model that the adapter was trained on: a repo at a commit, and the hash of its weights.

    weights_sha256: of model.safetensors; of the hashes of its parts where there are several.
    """

    repo_id: str
    revision: str
    weights_sha256: str

    def __post_init__(self) -> None:
        if not self.repo_id or not self.revision:
            raise ModelError(
                f"the base model is {self.repo_id!r} at {self.revision!r}; expected a repo id and "
                "a commit"
            )
        if not _SHA256.fullmatch(self.weights_sha256):
            raise ModelError(
                f"weights_sha256 of {self.repo_id} is {self.weights_sha256!r}; expected 64 hex "
                "digits"
            )


@dataclass(frozen=True)
class ChatBundle:
    """How a chat model is spoken to.

    system_prompt: what it was trained with; None for the default of its chat template.
    max_length: tokens of context, the answer included.
    end_of_turn: ids of the tokens that end an answer.
    """

    base: BaseReference
    system_prompt: str | None
    max_length: int
    end_of_turn: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.max_length < 8:
            raise ModelError(f"max_length must be at least 8 tokens, seen {self.max_length}")
        if not self.end_of_turn:
            raise ModelError("end_of_turn names no token, so an answer would never end")


def save(bundle: ChatBundle, folder: Path) -> None:
    """Write chat.json into the folder, whole or not at all."""
    content = {
        "format": FORMAT,
        "base_model": asdict(bundle.base),
        "system_prompt": bundle.system_prompt,
        "max_length": bundle.max_length,
        "end_of_turn": list(bundle.end_of_turn),
    }
    write_whole(folder / FILE_NAME, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def load(folder: Path) -> ChatBundle:
    """Read chat.json.

    Raises:
        ModelError: it is missing or unreadable, or has a key or a value that is not expected.
    """
    path = folder / FILE_NAME
    content = read_json(path)
    known = ("format", "base_model", "system_prompt", "max_length", "end_of_turn")
    _check_keys(content, known, str(path))
    if content["format"] != FORMAT:
        raise ModelError(f"{path} has format {content['format']!r}, this program reads {FORMAT}")
    base = content["base_model"]
    if not isinstance(base, dict):
        raise ModelError(f"{path}: base_model is {base!r}; expected an object")
    _check_keys(base, [field.name for field in fields(BaseReference)], f"{path}: base_model")
    try:
        return ChatBundle(
            base=BaseReference(**{name: _text(base[name], name) for name in base}),
            system_prompt=_optional_text(content["system_prompt"], "system_prompt"),
            max_length=_count(content["max_length"], "max_length"),
            end_of_turn=_counts(content["end_of_turn"], "end_of_turn"),
        )
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None


def _check_keys(content: Mapping[str, object], known: list[str] | tuple[str, ...], at: str) -> None:
    unknown, missing = sorted(set(content) - set(known)), sorted(set(known) - set(content))
    if unknown:
        raise ModelError(f"{at}: unknown key(s) {', '.join(unknown)}; known: {', '.join(known)}")
    if missing:
        raise ModelError(f"{at} lacks the key(s) {', '.join(missing)}; publish the run again")


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ModelError(f"{name} is {value!r}; expected a text")
    return value


def _optional_text(value: object, name: str) -> str | None:
    return None if value is None else _text(value, name)


def _count(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ModelError(f"{name} is {value!r}; expected a whole number")
    return value


def _counts(value: object, name: str) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise ModelError(f"{name} is {value!r}; expected a list of token ids")
    return tuple(_count(item, name) for item in value)
