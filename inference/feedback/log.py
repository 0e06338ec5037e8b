"""Feedback: what people say of a prediction, kept so that nothing acknowledged is ever lost.

    FOLDER/20261121T171500Z-4711-9f2c41aa.jsonl   one file a process; lines are added, never changed

Owns the record and the reading of the files of all processes together; how a line is added is
inference/core/jsonl_log.py. To take something back is one more line. What becomes of it in the
next training is next_run.py's.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from inference.core.errors import ChoiceError, FeedbackError
from inference.core.jsonl_log import Lines
from inference.data.problem_types import MULTI, SINGLE

_TEXTS = ("id", "problem_type", "repo_id", "revision", "catalogue")
_RENAMED = {"recipe": "catalogue"}  # in lines that are older than the name


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Feedback:
    """What a person says of one prediction.

    fields: the text by the name of its column; {"text": ...} where it was written as one text.
    predicted: the labels that the model decided. corrected: those that the person says are right;
        () of a multi-label task says that none applies.
    catalogue: its title. who: a name that says nothing of the person; None = unknown.
    """

    fields: Mapping[str, str]
    predicted: tuple[str, ...]
    corrected: tuple[str, ...]
    problem_type: str
    repo_id: str
    revision: str
    catalogue: str
    who: str | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    at: datetime = field(default_factory=_now)

    def __post_init__(self) -> None:
        if not self.fields or not _are_texts((*self.fields, *self.fields.values())):
            raise ValueError(f"fields are {type(self.fields).__name__}, expected texts by column")
        if not _are_texts((*self.predicted, *self.corrected)):
            raise ValueError("a label is no text")
        if not _are_texts([getattr(self, name) for name in _TEXTS]):
            raise ValueError(f"one of {', '.join(_TEXTS)} is no text")
        if self.who is not None and not isinstance(self.who, str):
            raise ValueError(f"who is {self.who!r}, expected a text or nothing")
        if self.problem_type not in (SINGLE, MULTI):
            raise ValueError(f"problem_type is {self.problem_type!r}")
        if self.problem_type == SINGLE and len(self.corrected) != 1:
            raise ValueError(f"{len(self.corrected)} labels where exactly one applies")

    @property
    def is_confirmed(self) -> bool:
        """Does the person say that the model is right?"""
        return set(self.predicted) == set(self.corrected)


@dataclass(frozen=True)
class CollectedFeedback:
    """Everything in a folder: what stands, oldest first, and what does not, as file:line: reason.

    A line that a kill cut off is among the broken ones: nobody was told that it was kept.
    """

    feedback: tuple[Feedback, ...]
    undone: int
    broken: tuple[str, ...]


class FeedbackLog(Lines):
    """The feedback that this process takes in; safe to share between threads."""

    def add(self, feedback: Feedback) -> None:
        """Keep it; once this returns, it is on the disk.

        Raises:
            FeedbackError: it could not be written, and nothing of it is kept.
        """
        at = feedback.at.isoformat()
        self.append({"kind": "feedback", **asdict(feedback), "at": at})

    def undo(self, feedback_id: str) -> None:
        """Take back what was kept under an id, of this process or another.

        Raises:
            FeedbackError: as for add(); it stands.
        """
        self.append({"kind": "undo", "id": feedback_id, "at": _now().isoformat()})


def feedback_stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    """What changes whenever the folder says something else: its files and their sizes."""
    files = sorted(folder.rglob("*.jsonl"))
    return tuple((str(path), path.stat().st_size) for path in files)


def read_feedback(folder: Path) -> CollectedFeedback:
    """Read the files of all processes as one; a folder that is not there holds nothing.

    Raises:
        FeedbackError: a file cannot be read.
    """
    kept: dict[str, Feedback] = {}
    undone: set[str] = set()
    broken: list[str] = []
    for path in sorted(folder.rglob("*.jsonl")):
        try:
            lines = path.read_bytes().split(b"\n")
        except OSError as error:
            raise FeedbackError(f"{path} cannot be read ({error.strerror}).") from error
        for number, line in enumerate(lines, start=1):
            if not line:
                continue
            try:
                if number == len(lines):  # whole lines leave nothing behind the last newline
                    raise ValueError("cut off: nobody was told that it was kept")
                record = json.loads(line)
                if record["kind"] == "undo":
                    undone.add(str(record["id"]))
                else:
                    feedback = _feedback(record)
                    # the same file may have come twice, from this machine and from the Hub
                    kept.setdefault(feedback.id, feedback)
            except (ValueError, KeyError, TypeError) as error:
                broken.append(f"{path}:{number}: {error}")
    standing = [feedback for feedback in kept.values() if feedback.id not in undone]
    standing.sort(key=lambda feedback: (feedback.at, feedback.id))
    return CollectedFeedback(tuple(standing), len(undone & kept.keys()), tuple(broken))


def _feedback(record: Mapping[str, Any]) -> Feedback:
    """The record of a line. Raises ValueError, KeyError or TypeError where it is none."""
    if record["kind"] != "feedback":
        raise ValueError(f"kind is {record['kind']!r}, expected feedback or undo")
    values = {_RENAMED.get(name, name): value for name, value in record.items() if name != "kind"}
    at = datetime.fromisoformat(record["at"])
    return Feedback(
        **{
            **values,
            "at": at if at.tzinfo is not None else at.replace(tzinfo=UTC),
            "fields": dict(record["fields"]),
            "predicted": tuple(record["predicted"]),
            "corrected": tuple(record["corrected"]),
        }
    )


def _are_texts(values: Sequence[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def check_labels(
    chosen: Sequence[str], labels: Sequence[str], problem_type: str
) -> tuple[str, ...]:
    """The chosen labels in the order of the task; () of a multi-label task says that none applies.

    Raises:
        ChoiceError: one is none of the task's, or not exactly one where one applies.
    """
    unknown = sorted(set(chosen) - set(labels))
    if unknown:
        raise ChoiceError(
            f"No label of this task: {', '.join(unknown)}. Known: {', '.join(labels)}."
        )
    if problem_type == SINGLE and len(set(chosen)) != 1:
        raise ChoiceError(
            f"{len(set(chosen))} labels are chosen, and exactly one applies: choose that one."
        )
    return tuple(label for label in labels if label in chosen)
