"""Rows of a file -> dialogues: who said what, in whichever of three forms the file has it.

Owns Dialogue and the forms: messages [{role, content}, ...]; instruction, input, output; prompt,
completion. Every row is a dialogue or a Rejected with its reason. Opening files of any format is
inference/data/tables.py; what is noisy about a dialogue is noise.py.

Try: python -c "from pathlib import Path; from training.chat_tuning.messages import read; \
print(len(read(Path('dialogues.jsonl')).dialogues))"
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.chat.messages import ASSISTANT, SYSTEM, USER, Message
from inference.core.errors import DataError
from inference.data import tables
from inference.data.cells import Unusable
from inference.data.delimited import Broken
from inference.data.records import Rejected, Source

_COLUMNS = ("messages", "instruction", "input", "output", "prompt", "completion")
_FORMS = "messages; or instruction, input (may be empty) and output; or prompt and completion"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One row that can be used: it ends with an answer. row: its number in the file, from 1."""

    messages: tuple[Message, ...]
    row: int

    @property
    def prompt(self) -> tuple[Message, ...]:
        """All but the last answer."""
        return self.messages[:-1]

    @property
    def answers(self) -> tuple[str, ...]:
        """What the assistant said, in order."""
        return tuple(message.content for message in self.messages if message.role == ASSISTANT)

    @property
    def text(self) -> str:
        """All of it as one text, to be compared with others."""
        return "\n".join(f"{message.role}: {message.content}" for message in self.messages)

    def as_dicts(self, system_prompt: str | None = None) -> list[dict[str, str]]:
        """The messages as chat templates take them, after this system prompt if they have none."""
        own = [{"role": message.role, "content": message.content} for message in self.messages]
        if system_prompt is None or own[0]["role"] == SYSTEM:
            return own
        return [{"role": SYSTEM, "content": system_prompt}, *own]


@dataclass(frozen=True)
class Dialogues:
    """Everything that was read from one file: rows_in == len(dialogues) + len(rejected)."""

    dialogues: tuple[Dialogue, ...]
    rejected: tuple[Rejected, ...]
    rows_in: int
    source: Source


def read(path: Path) -> Dialogues:
    """Read a file of dialogues, of any format of inference/data/formats.py.

    Raises:
        DataError: the file cannot be read, or none of its rows is a dialogue.
    """
    table = tables.open_table(path, _COLUMNS, has_every_column=True)
    kept: list[Dialogue] = []
    rejected: list[Rejected] = []
    columns: dict[str, None] = dict.fromkeys(table.columns)
    for number, row in enumerate(table.rows, start=1):
        try:
            if isinstance(row, Broken):
                raise Unusable(row.reason)
            columns.update(dict.fromkeys(row))
            kept.append(Dialogue(_messages(row), number))
        except Unusable as reason:
            rejected.append(Rejected(path.name, number, str(reason)))
    if not kept:
        first = (
            "; ".join(f"row {rejection.row}: {rejection.reason}" for rejection in rejected[:5])
            or "no rows"
        )
        raise DataError(f"{path} holds no dialogue: {first}. Expected columns: {_FORMS}.")
    fingerprint = tables.fingerprint(path)
    source = Source(str(path), fingerprint, table.encoding, table.delimiter, tuple(columns))
    return Dialogues(tuple(kept), tuple(rejected), len(kept) + len(rejected), source)


def _messages(row: Mapping[str, object]) -> tuple[Message, ...]:
    """The dialogue of a row.

    Raises:
        Unusable: it is in none of the forms, or is no dialogue that ends with an answer.
    """
    if row.get("messages") not in (None, ""):
        return _checked([_message(message) for message in _list(row["messages"])])
    if "instruction" in row and "output" in row:
        extra = _text(row.get("input") or "", "input").strip()
        asked = _text(row["instruction"], "instruction")
        asked = f"{asked}\n\n{extra}" if extra else asked
        return _checked([(USER, asked), (ASSISTANT, _text(row["output"], "output"))])
    if "prompt" in row and "completion" in row:
        if not isinstance(row["prompt"], str):  # both as lists of messages
            both = (*_list(row["prompt"]), *_list(row["completion"]))
            return _checked([_message(message) for message in both])
        asked, answer = (_text(row[name], name) for name in ("prompt", "completion"))
        return _checked([(USER, asked), (ASSISTANT, answer)])
    raise Unusable(f"it has the columns {', '.join(map(str, row))}, expected {_FORMS}")


def _list(value: object) -> Sequence[object]:
    if isinstance(value, str):  # a cell of a CSV file
        try:
            value = json.loads(value)
        except json.JSONDecodeError as error:
            raise Unusable(f"messages is no JSON: {error.msg} at character {error.pos}") from None
    if not isinstance(value, list | tuple):
        raise Unusable(f"messages is {type(value).__name__}, expected a list of role and content")
    return value


def _message(value: object) -> tuple[str, str]:
    if not isinstance(value, Mapping) or not {"role", "content"} <= set(value):
        raise Unusable(f"a message is {value!r:.60}, expected an object with role and content")
    return str(value["role"]), _text(value["content"], "content")


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise Unusable(f"{name} is {type(value).__name__}, expected a text")
    return value


def _checked(turns: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
    """The turns as messages; user and assistant take turns, and the last answers."""
    roles = [role for role, _ in turns]
    spoken = roles[1:] if roles[:1] == [SYSTEM] else roles
    if not spoken or spoken[-1] != ASSISTANT:
        raise Unusable(f"it ends with {roles[-1] if roles else 'nothing'}, expected an assistant")
    expected = [USER, ASSISTANT] * (len(spoken) // 2)
    if spoken != expected:
        seen = ", ".join(roles[:6])
        raise Unusable(f"its roles are {seen}; expected user and assistant in turn")
    for number, (role, content) in enumerate(turns, start=1):
        if not content.strip():
            raise Unusable(f"message {number} ({role}) is empty")
    return tuple(Message(role, content) for role, content in turns)
