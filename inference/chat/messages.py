"""Messages of a conversation, and the two files a person may take it away as.

The JSON lines are those that a training reads: {"messages": [{"role": ..., "content": ...}, ...]}.
A file of Markdown quotes what was said, so that nothing in it can be taken for the file's own.

Try: python -c "from inference.chat.messages import Message, conversations_jsonl as c; \
print(c([[Message('user', 'Hello'), Message('assistant', 'Hi!')]]).decode())"
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

SYSTEM, USER, ASSISTANT = "system", "user", "assistant"
ROLES = (SYSTEM, USER, ASSISTANT)
_FENCE = re.compile("`+")


@dataclass(frozen=True)
class Message:
    """What one side said; role is SYSTEM, USER or ASSISTANT."""

    role: str
    content: str

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ValueError(f"role is {self.role!r}, expected one of {', '.join(ROLES)}")


def conversations_jsonl(conversations: Sequence[Sequence[Message]]) -> bytes:
    """A line of JSON for each conversation, in UTF-8."""
    lines = (
        json.dumps({"messages": [asdict(message) for message in messages]}, ensure_ascii=False)
        for messages in conversations
    )
    # Half of a surrogate pair becomes \ud800, which is how JSON writes it.
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")


def conversations_markdown(
    title: str, conversations: Sequence[tuple[str, Sequence[Message]]]
) -> bytes:
    """The conversations under their names, what was said as it is in fenced blocks."""
    parts = [f"# {_line(title)}"]
    for name, messages in conversations:
        parts.append(f"## {_line(name)}")
        for message in messages:
            parts.append(f"**{message.role}**\n\n{_fenced(message.content)}")
    return ("\n\n".join(parts) + "\n").encode("utf-8", "replace")


def _fenced(text: str) -> str:
    """A block that no run of backquotes in the text can end."""
    longest = max((len(run) for run in _FENCE.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _line(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]()#+!|~$<>:-])", r"\\\1", " ".join(text.split()))
