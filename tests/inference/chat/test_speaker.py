from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from inference.chat.messages import Message
from inference.chat.sampling import Options
from inference.chat.speaker import ENDED, LENGTH, Speaker
from inference.chat.template import Template
from tests.tiny_chat import BYTES

END = BYTES + 1
HELLO = [Message("user", "Hello")]


class Scripted:
    """A decoder that says given tokens and notes what it was asked to read."""

    size_bytes = 0

    def __init__(self, tokens: Sequence[int], positions: int = 400) -> None:
        self.positions = positions
        self.reads: list[tuple[int, int]] = []
        self._tokens = list(tokens)
        self._said = 0

    def extend(self, ids: Sequence[int], kept: int) -> np.ndarray:
        self.reads.append((kept, len(ids)))
        self._said = self._said + 1 if len(ids) == 1 else 0  # several are a prompt
        logits = np.zeros(BYTES + 2, np.float32)
        logits[self._tokens[min(self._said, len(self._tokens) - 1)]] = 9
        return logits


def speaker(decoder: Scripted, folder: Path, system_prompt: str | None = None) -> Speaker:
    return Speaker(decoder, Template(folder), frozenset({END}), system_prompt)


def tokens_of(text: str, folder: Path) -> list[int]:
    return Template(folder).tokenizer.encode(text, add_special_tokens=False).ids


def test_an_answer_grows_token_by_token_and_ends_by_itself(tiny_chat: Path):
    decoder = Scripted([*tokens_of("Hi!", tiny_chat), END])
    replies = list(speaker(decoder, tiny_chat).answer(HELLO, Options(temperature=0)))
    assert [reply.text for reply in replies] == ["H", "Hi", "Hi!", "Hi!"]
    assert [reply.ending for reply in replies] == [None, None, None, ENDED]
    assert replies[-1].tokens == 3


def test_an_answer_is_cut_at_its_length(tiny_chat: Path):
    decoder = Scripted(tokens_of("Hello there", tiny_chat))
    options = Options(temperature=0, max_tokens=5)
    replies = list(speaker(decoder, tiny_chat).answer(HELLO, options))
    assert (replies[-1].text, replies[-1].ending) == ("Hello", LENGTH)
    # the last token is not read: nobody asks what would follow it
    assert len(decoder.reads) == 5


def test_half_a_character_is_not_shown(tiny_chat: Path):
    decoder = Scripted([*tokens_of("a🙂", tiny_chat), END])
    replies = list(speaker(decoder, tiny_chat).answer(HELLO, Options(temperature=0)))
    assert [reply.text for reply in replies] == ["a", "a", "a", "a", "a🙂", "a🙂"]


def test_what_was_said_before_is_not_read_again(tiny_chat: Path):
    decoder = Scripted([*tokens_of("Hi", tiny_chat), END])
    one = speaker(decoder, tiny_chat)
    (*_, first) = one.answer(HELLO, Options(temperature=0))
    decoder.reads.clear()
    talk = [*HELLO, Message("assistant", "Hi"), Message("user", "Who?")]
    (*_, second) = one.answer(talk, Options(temperature=0))
    kept, count = decoder.reads[0]
    assert kept == first.prompt_tokens + first.tokens
    assert kept + count == second.prompt_tokens


def test_another_conversation_is_read_from_where_it_differs(tiny_chat: Path):
    decoder = Scripted([END])
    one = speaker(decoder, tiny_chat)
    list(one.answer([Message("user", "Hello")], Options(temperature=0)))
    list(one.answer([Message("user", "Helga")], Options(temperature=0)))
    kept, _ = decoder.reads[-1]
    assert kept == len(tokens_of("<|im_start|>user\nHel", tiny_chat))


def test_a_long_prompt_is_read_in_parts(tiny_chat: Path):
    decoder = Scripted([END])
    list(speaker(decoder, tiny_chat).answer([Message("user", "x" * 150)], Options(temperature=0)))
    assert [count for _, count in decoder.reads][:2] == [64, 64]


@pytest.mark.parametrize(
    ("messages", "said"),
    [(HELLO, "Be brief."), ([Message("system", "Be long."), *HELLO], "Be long.")],
)
def test_the_model_s_system_prompt_gives_way_to_another(
    tiny_chat: Path, messages: list[Message], said: str
):
    one = speaker(Scripted([END]), tiny_chat, "Be brief.")
    (*_, reply) = one.answer(messages, Options(temperature=0))
    expected = Template(tiny_chat).prompt([Message("system", said), *HELLO], 400)
    assert reply.prompt_tokens == len(expected.ids)


def test_dropped_messages_are_counted(tiny_chat: Path):
    talk = [Message(("user", "assistant")[n % 2], "x" * 60) for n in range(7)]
    one = speaker(Scripted([END]), tiny_chat)
    (*_, reply) = one.answer(talk, Options(temperature=0, max_tokens=100))
    assert reply.dropped == 4
