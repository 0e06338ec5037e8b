"""A conversation with two models: what each was asked, what each says, and how to ask both anew.

Not a page: chat.py draws it. Each model is told its own earlier answers, so from the second message
on the two conversations differ. They live in the session and nowhere else.
"""

import weakref
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from app_pages.conversation import chat_models
from inference.chat.chat_catalogue import ChatCatalogue, ChatEntry
from inference.chat.messages import ASSISTANT, SYSTEM, USER, Message
from inference.chat.sampling import Options
from inference.chat.speaker import ENDED, Reply
from inference.jobs.queue import Job, JobState

BASE, TUNED = "Base model", "Tuned model"


@dataclass(frozen=True)
class ChatAnswer:
    """One model's part of a turn. asked: the messages before it; job: how its answer goes."""

    title: str
    entry: ChatEntry
    asked: tuple[Message, ...]
    job: Job[Reply]
    id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def text(self) -> str:
        """What it has said so far."""
        return "" if self.job.step is None else self.job.step.text

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation with this answer at its end; () where it says nothing."""
        return (*self.asked, Message(ASSISTANT, self.text)) if self.text else ()


@dataclass(frozen=True)
class Turn:
    """A message and both answers."""

    message: str
    answers: tuple[ChatAnswer, ...]

    @property
    def is_over(self) -> bool:
        return all(answer.job.is_over for answer in self.answers)

    def stop(self) -> None:
        """Have both answers end where they are."""
        for answer in self.answers:
            answer.job.stop()


class ChatSession:
    """Sees to it that nobody waits for an answer that nobody reads: it stops when this is gone."""

    def __init__(self) -> None:
        self._turns: list[Turn] = []
        # Streamlit tells of the end of a session only by letting go of what it held.
        weakref.finalize(self, _leave, self._turns)

    def follow(self, turn: Turn) -> None:
        """Have a turn stopped when the visit ends."""
        self._turns[:] = [turn]  # the earlier ones are over


def _leave(turns: Sequence[Turn]) -> None:
    for turn in turns:
        turn.stop()


def ask(
    catalogue: ChatCatalogue,
    turns: Sequence[Turn],
    message: str,
    system_prompt: str,
    options: Options,
) -> Turn:
    """Put a message to both models, in the queue of each; returns at once."""
    answers = []
    for number, (title, entry) in enumerate(((BASE, catalogue.base), (TUNED, catalogue.tuned))):
        asked = (
            *((Message(SYSTEM, system_prompt),) if system_prompt else ()),
            *messages_so_far(turns, number),
            Message(USER, message),
        )
        # Default arguments: each work needs the values of its own round.
        job = chat_models.job_queue(entry.repo_id).submit(
            lambda entry=entry, asked=asked: _steps(entry, asked, options)
        )
        answers.append(ChatAnswer(title, entry, asked, job))
    return Turn(message, tuple(answers))


def _steps(
    entry: ChatEntry, asked: Sequence[Message], options: Options
) -> Generator[Reply, None, None]:
    yield from chat_models.open_model(entry).answer(asked, options)


def messages_so_far(turns: Sequence[Turn], number: int) -> list[Message]:
    """What was said with one of the two models; a message that got no answer is left out."""
    messages = []
    for turn in turns:
        text = turn.answers[number].text
        if text:
            messages += [Message(USER, turn.message), Message(ASSISTANT, text)]
    return messages


def conversations(turns: Sequence[Turn]) -> list[tuple[str, tuple[Message, ...]]]:
    """For a download: each model's name with all that was said with it, system prompt first."""
    if not turns:
        return []
    talks = []
    for number, answer in enumerate(turns[-1].answers):
        system = tuple(message for message in answer.asked[:1] if message.role == SYSTEM)
        messages = messages_so_far(turns, number)
        if messages:
            talks.append((f"{answer.title}: {answer.entry.repo_id}", (*system, *messages)))
    return talks


def note(answer: ChatAnswer) -> str:
    """A line on how an answer goes or went."""
    job = answer.job
    if job.state is JobState.WAITING:
        before = "1 answer is" if job.ahead == 1 else f"{job.ahead} answers are"
        return f"In the queue: {before} before this one"
    if job.step is None:
        return "" if job.is_over else "Loading the model, or reading"
    parts = [f"{job.step.tokens} tokens", f"first after {job.step.first_token_s:.1f} s"]
    if job.step.tokens_per_s is not None:
        parts.append(f"{job.step.tokens_per_s:.0f} tokens/s")
    if job.is_over:
        parts.append(_ending(job))
    return " · ".join(parts)


def _ending(job: Job[Reply]) -> str:
    if job.state is JobState.STOPPED:
        return "stopped by you"
    if job.step is None or job.state is JobState.FAILED:
        return "broken off"
    return "ended by itself" if job.step.ending == ENDED else "cut at the length you chose"


def lost(answer: ChatAnswer) -> str:
    """A notice where the oldest messages no longer fit; empty where all do."""
    dropped = 0 if answer.job.step is None else answer.job.step.dropped
    if not dropped:
        return ""
    return (
        f"The oldest {dropped} messages no longer fit into what this model reads at once; it "
        "answered without them."
    )
