"""The chat template of a model: messages -> the token ids that it reads, trimmed to its context.

Templates are Jinja programs of a stranger. They run as transformers runs them, in Jinja's sandbox
with the same few names, and without transformers, whose import would cost a Space two seconds.

Try: python -c "from pathlib import Path; from inference.chat.template import Template; \
print(Template(Path('DIR')).render([]))"
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from inference.chat.messages import SYSTEM, Message
from inference.core.errors import ModelError, TextError
from inference.models.model_files import read_json

_FILE = "chat_template.jinja"
_TOKENIZER_CONFIG = "tokenizer_config.json"
_SPECIAL = ("bos_token", "eos_token", "pad_token", "unk_token")


@dataclass(frozen=True)
class Prompt:
    """What a model reads: its tokens, and how many of the oldest messages did not fit."""

    ids: tuple[int, ...]
    dropped: int


class Template:
    """The chat template and the tokenizer of one model folder; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Read both.

        Raises:
            ModelError: one is missing or cannot be read.
        """
        path = folder / "tokenizer.json"
        try:
            self.tokenizer: Tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # tokenizers raises Exception itself
            raise ModelError(f"{path} cannot be read ({error})") from None
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        config = folder / _TOKENIZER_CONFIG
        tokenizer_config = read_json(config) if config.is_file() else {}
        named = {name: _token(tokenizer_config.get(name)) for name in _SPECIAL}
        self._special = {name: token for name, token in named.items() if token is not None}
        try:
            self._template = _environment().from_string(_source(folder, tokenizer_config))
        except jinja2.TemplateError as error:
            raise ModelError(f"the chat template in {folder} is broken: {error}") from None

    @property
    def eos_id(self) -> int | None:
        """The id of the token that ends a text, by the tokenizer; None where it names none."""
        token = self._special.get("eos_token")
        token_id: int | None = None if token is None else self.tokenizer.token_to_id(token)
        return token_id

    def render(self, messages: Sequence[Message]) -> str:
        """The text that the model reads, up to where its answer begins.

        Raises:
            ModelError: the template refuses these messages, say a system prompt.
        """
        try:
            return self._template.render(
                messages=[asdict(message) for message in messages],
                add_generation_prompt=True,
                tools=None,
                documents=None,
                **self._special,
            )
        except (jinja2.TemplateError, TypeError, ValueError) as error:
            raise ModelError(f"the model's chat template refuses the messages: {error}") from None

    def prompt(self, messages: Sequence[Message], room: int) -> Prompt:
        """The tokens of a conversation, without its oldest messages where they exceed `room`.

        A system prompt stays. What is left begins with a message of the user, as templates expect.

        Raises:
            TextError: the last message alone is too long.
        """
        system = [message for message in messages[:1] if message.role == SYSTEM]
        talk = messages[len(system) :]
        for first, message in enumerate(talk):
            if first and message.role != talk[0].role:
                continue
            ids = self._ids([*system, *talk[first:]])
            if len(ids) <= room:
                return Prompt(ids, first)
        raise TextError(
            f"Your message is {len(ids):,} tokens long with what goes before it; this model reads "
            f"{room:,} beside an answer of this length. Shorten it, or ask for a shorter answer."
        )

    def _ids(self, messages: Sequence[Message]) -> tuple[int, ...]:
        # The template writes the special tokens itself.
        encoded = self.tokenizer.encode(self.render(messages), add_special_tokens=False)
        return tuple(encoded.ids)


def _source(folder: Path, tokenizer_config: dict[str, object]) -> str:
    path = folder / _FILE
    if path.is_file():
        return path.read_text("utf-8")
    template = tokenizer_config.get("chat_template")
    if isinstance(template, list):  # several by name
        named = {entry["name"]: entry["template"] for entry in template if isinstance(entry, dict)}
        template = named.get("default")
    if not isinstance(template, str):
        raise ModelError(
            f"{folder} has no chat template, so nobody knows how its messages were told apart in "
            "training. Choose an instruction-tuned model, or tune this one first."
        )
    return template


def _environment() -> ImmutableSandboxedEnvironment:
    """What transformers 5 gives a template (utils/chat_template_utils.py)."""

    def refuse(message: str) -> NoReturn:
        raise jinja2.TemplateError(message)

    def to_json(value: object, **how: object) -> str:
        return json.dumps(value, ensure_ascii=False, **how)  # type: ignore[arg-type]

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    environment.filters["tojson"] = to_json
    environment.globals["raise_exception"] = refuse
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return environment


def _token(raw: object) -> str | None:
    """A special token, which older files write as an object."""
    content = raw.get("content") if isinstance(raw, dict) else raw
    return content if isinstance(content, str) else None
