"""A chat model that answers: messages -> an answer that grows token by token.

Owns the loop and what it may remember: keys and values of the last conversation stay, so that the
next message of the same one is read without reading all that went before again. How tokens become
logits is the decoder's business; read in other parts they are rounded otherwise, so that at
temperature 0 a conversation taken up may, rarely, go on in another word than one begun anew.

Try: python -m inference.chat --model OWNER/MODEL --message "Hello"
"""

import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inference.catalogue.fair_lock import SCORING
from inference.chat.messages import SYSTEM, Message
from inference.chat.sampling import Options, TokenSampler
from inference.chat.template import Template

_TOKENS_A_TURN = 64  # of a prompt: some tenths of a second, which another visitor may have to wait
_UNFINISHED = "\N{REPLACEMENT CHARACTER}"  # the first bytes of a character whose last are to come

# Why an answer ended.
ENDED, LENGTH = "ended", "length"


class Decoder(Protocol):
    """Reads tokens; keeps what it has read."""

    positions: int
    size_bytes: int

    def extend(self, ids: Sequence[int], kept: int) -> NDArray[np.float32]:
        """Read tokens after the first `kept` of those read before; (V,) logits of the next one."""
        ...


@dataclass(frozen=True)
class Reply:
    """An answer so far.

    tokens: of the answer. dropped: oldest messages that did not fit into the context.
    first_token_s: seconds from the beginning of reading to the first token.
    total_s: seconds so far. ending: ENDED by the model itself, LENGTH cut, None = goes on.
    """

    text: str
    tokens: int
    prompt_tokens: int
    dropped: int
    first_token_s: float
    total_s: float
    ending: str | None = None

    @property
    def tokens_per_s(self) -> float | None:
        """The rate after the first token; None while there is no second one."""
        elapsed_s = self.total_s - self.first_token_s
        return (self.tokens - 1) / elapsed_s if self.tokens > 1 and elapsed_s > 0 else None


class Speaker:
    """One chat model; answers one conversation at a time, others wait."""

    def __init__(
        self,
        decoder: Decoder,
        template: Template,
        end_ids: frozenset[int],
        system_prompt: str | None = None,
    ) -> None:
        """end_ids: tokens that end an answer. system_prompt: said first unless another is given."""
        self._decoder = decoder
        self._template = template
        self._end_ids = end_ids
        self._system_prompt = system_prompt
        self._read: list[int] = []  # the tokens whose keys and values the decoder holds
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        return self._decoder.size_bytes

    @property
    def positions(self) -> int:
        """Tokens of context, the answer included."""
        return self._decoder.positions

    def answer(self, messages: Sequence[Message], options: Options) -> Generator[Reply, None, None]:
        """Yield the answer after every token; the last one says why it ended.

        Raises:
            TextError: the last message alone is longer than the context.
            ModelError: the chat template refuses the messages.
        """
        with self._lock:
            yield from self._answer(self._opened(messages), options)

    def _opened(self, messages: Sequence[Message]) -> list[Message]:
        has_own = bool(messages) and messages[0].role == SYSTEM
        if has_own or not self._system_prompt:
            return list(messages)
        return [Message(SYSTEM, self._system_prompt), *messages]

    def _answer(
        self, messages: Sequence[Message], options: Options
    ) -> Generator[Reply, None, None]:
        started = time.perf_counter()
        # At least half of the context is for what was said.
        length = min(options.max_tokens, self.positions // 2)
        prompt = self._template.prompt(messages, self.positions - length)
        sampler, ids = TokenSampler(options), []
        text, first_token_s = "", 0.0
        logits = self._read_prompt(prompt.ids)
        while True:
            token = sampler.choose(logits)
            elapsed_s = time.perf_counter() - started
            first_token_s = first_token_s or elapsed_s
            if token not in self._end_ids:
                ids.append(token)
                text = self._text(ids)
            is_cut = len(ids) == length
            ending = ENDED if token in self._end_ids else LENGTH if is_cut else None
            yield Reply(
                text if ending else text.rstrip(_UNFINISHED),
                len(ids),
                len(prompt.ids),
                prompt.dropped,
                first_token_s,
                elapsed_s,
                ending,
            )
            if ending is not None:
                return
            logits = self._extend([token])

    def _read_prompt(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Read what is new in a prompt; its last token always, as its logits are wanted."""
        limit = min(len(self._read), len(ids) - 1)
        same = next((n for n in range(limit) if self._read[n] != ids[n]), limit)
        del self._read[same:]
        for start in range(same, len(ids), _TOKENS_A_TURN):
            logits = self._extend(ids[start : start + _TOKENS_A_TURN])
        return logits

    def _extend(self, ids: Sequence[int]) -> NDArray[np.float32]:
        # In turn with the classifiers: a person at another page waits for a token, not an answer.
        with SCORING.of_person():
            logits = self._decoder.extend(ids, len(self._read))
        self._read.extend(ids)
        return logits

    def _text(self, ids: list[int]) -> str:
        text: str = self._template.tokenizer.decode(ids, skip_special_tokens=True)
        return text
