"""Opinions: thumbs up or down for an answer of a chat model, kept with its conversation.

Owns the record and its reading; a line never changes, a second thumb for the same answer counts in
place of the first. What was liked can be learned from:

    python -m inference.feedback.opinions FOLDER --out liked.jsonl
    python -m training.chat --train_file liked.jsonl --config training/recipes/chat.yaml
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inference.chat.messages import ASSISTANT, Message, conversations_jsonl
from inference.core.atomic_write import write_whole
from inference.core.errors import DataError, run_command
from inference.core.jsonl_log import Lines


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Opinion:
    """What a person says of one answer.

    id: of the answer. is_good: None takes an earlier thumb back. messages: all that was said, the
    answer last. who: a name that says nothing of the person.
    """

    id: str
    is_good: bool | None
    repo_id: str
    revision: str | None
    messages: tuple[Message, ...]
    who: str
    at: datetime = field(default_factory=_now)

    def __post_init__(self) -> None:
        if not self.messages or self.messages[-1].role != ASSISTANT:
            raise ValueError("an opinion is about an answer, which is the last of the messages")


class Opinions:
    """The opinions that this process takes in; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._lines = Lines(folder)

    def add(self, opinion: Opinion) -> None:
        """Keep it; once this returns, it is on the disk.

        Raises:
            FeedbackError: it could not be written, and nothing of it is kept.
        """
        self._lines.append({**asdict(opinion), "at": opinion.at.isoformat()})


def read(folder: Path) -> tuple[Opinion, ...]:
    """The last opinion of each answer, oldest first; a line that a kill cut off is left out.

    Raises:
        DataError: a file cannot be read, or a whole line is no opinion.
    """
    last: dict[str, Opinion] = {}
    for path in sorted(folder.glob("*.jsonl")):
        whole, _, _ = path.read_bytes().rpartition(b"\n")
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                opinion = _opinion(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{path}:{number}: no opinion of an answer: {error}") from None
            known = last.get(opinion.id)
            if known is None or known.at <= opinion.at:
                last[opinion.id] = opinion
    standing = [opinion for opinion in last.values() if opinion.is_good is not None]
    return tuple(sorted(standing, key=lambda opinion: (opinion.at, opinion.id)))


def _opinion(record: dict[str, Any]) -> Opinion:
    messages = tuple(Message(**message) for message in record["messages"])
    at = datetime.fromisoformat(record["at"])
    return Opinion(**{**record, "messages": messages, "at": at})


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The flags of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m inference.feedback.opinions",
        description="Answers that people liked, as conversations to train a chat model on.",
    )
    parser.add_argument("folder", type=Path, help="that of the chat page's thumbs")
    parser.add_argument("--out", type=Path, required=True, help="JSON lines, a line a conversation")
    return parser.parse_args(argv)


def main() -> None:
    """Write the liked conversations."""
    flags = parse()
    if not flags.folder.is_dir():
        raise DataError(f"{flags.folder} is no folder; give that of the chat page's thumbs.")
    opinions = read(flags.folder)
    liked = [opinion.messages for opinion in opinions if opinion.is_good]
    if not liked:
        raise DataError(f"{flags.folder}: none of {len(opinions)} answers was liked.")
    write_whole(flags.out, conversations_jsonl(liked))
    print(f"{flags.out}: {len(liked)} of {len(opinions)} answers were liked", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
