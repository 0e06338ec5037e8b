"""A dialogue as the model reads it, and which of its tokens it learns: the answers to their end.

Owns the chat template's use and the loss mask. The token that ends a turn is learned too: without
it a tuned model does not stop. What a template puts after that token, a newline say, is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jinja2 import TemplateError
from numpy.typing import NDArray
from transformers import GenerationConfig, PreTrainedTokenizerBase

from inference.chat.messages import ASSISTANT
from inference.core.errors import ModelError
from training.chat_tuning.messages import Dialogue

# T tokens, N dialogues


@dataclass(frozen=True)
class Reader:
    """How dialogues become tokens. end_of_turn: ids of the tokens that may end an answer."""

    tokenizer: PreTrainedTokenizerBase
    end_of_turn: tuple[int, ...]
    system_prompt: str | None
    max_tokens: int
    learns_end: bool = True

    @property
    def pad_id(self) -> int:
        """What fills up a batch; masked everywhere, so a token that ends a turn will do."""
        chosen = self.tokenizer.pad_token_id
        return self.end_of_turn[0] if chosen is None else int(chosen)

    def read(self, dialogue: Dialogue) -> "Tokens":
        """The tokens of a dialogue, cut at max_tokens.

        Raises:
            ModelError: the chat template cannot write it, or ends no turn.
        """
        messages = dialogue.as_dicts(self.system_prompt)
        text, spans = self._spans(messages)
        read = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        ids = np.asarray(read["input_ids"], dtype=np.int32)
        learned = np.zeros(len(ids), dtype=bool)
        for start, stop in spans:
            inside = [
                index
                for index, (begin, end) in enumerate(read["offset_mapping"])
                if start <= begin and end <= stop and begin < end
            ]
            ends = [index for index in inside if ids[index] in self.end_of_turn]
            if not ends:
                raise ModelError(
                    f"the chat template ends an answer with {text[start:stop][-20:]!r}, which has "
                    f"none of the tokens that end a turn ({self._named_ends()}); choose another "
                    f"--model_name_or_path"
                )
            learned[[index for index in inside if index <= ends[-1]]] = True
            learned[ends[-1]] = self.learns_end
        return Tokens(ids[: self.max_tokens], learned[: self.max_tokens], len(ids))

    def prompt(self, dialogue: Dialogue) -> list[int]:
        """The tokens before the last answer, the invitation to answer included."""
        messages = dialogue.as_dicts(self.system_prompt)[:-1]
        text = self._written(messages, invites=True)
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def text(self, ids: Sequence[int]) -> str:
        """The text of an answer's tokens."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def _spans(self, messages: Sequence[dict[str, str]]) -> tuple[str, list[tuple[int, int]]]:
        """The whole text, and where in it each answer stands with what ends it."""
        text = self._written(messages)
        spans = []
        for index, message in enumerate(messages):
            if message["role"] == ASSISTANT:
                before = self._written(messages[:index], invites=True)
                after = self._written(messages[: index + 1])
                if not (after.startswith(before) and text.startswith(after)):
                    raise ModelError(
                        "the chat template writes an answer in another way than it invites to "
                        f"one: {after[:80]!r}; choose another --model_name_or_path"
                    )
                spans.append((len(before), len(after)))
        return text, spans

    def _written(self, messages: Sequence[dict[str, str]], *, invites: bool = False) -> str:
        try:
            text = self.tokenizer.apply_chat_template(
                list(messages), tokenize=False, add_generation_prompt=invites
            )
        except (TemplateError, ValueError) as error:
            roles = ", ".join(message["role"] for message in messages)
            raise ModelError(
                f"the model's chat template cannot write a dialogue of {roles}: {error}"
            ) from error
        assert isinstance(text, str), type(text)
        return text

    def _named_ends(self) -> str:
        return ", ".join(map(str, self.tokenizer.convert_ids_to_tokens(list(self.end_of_turn))))


@dataclass(frozen=True)
class Tokens:
    """One dialogue: ids (T,) int32, learned (T,) bool; `whole` tokens before it was cut."""

    ids: NDArray[np.int32]
    learned: NDArray[np.bool_]
    whole: int


def end_of_turn(
    tokenizer: PreTrainedTokenizerBase, generation: GenerationConfig
) -> tuple[int, ...]:
    """The ids that end an answer: those that the model stops at, and the tokenizer's own.

    Raises:
        ModelError: there is none.
    """
    stops = generation.eos_token_id
    listed = [stops] if isinstance(stops, int) else list(stops or ())
    listed += [] if tokenizer.eos_token_id is None else [int(tokenizer.eos_token_id)]
    if not listed:
        raise ModelError("neither tokenizer nor generation_config.json names a token to stop at")
    return tuple(sorted(set(listed)))
