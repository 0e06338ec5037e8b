"""Logits -> the next token: the most likely one, or one drawn from the likeliest.

First the repetition penalty makes less likely what the answer has said already: small models fall
into loops that never end (Keskar et al. 2019, arXiv:1909.05858, section 4.1). Tokens of the prompt
are not counted: the token that ends a turn stands there. Temperature divides the logits; nucleus
sampling keeps the fewest tokens that hold top_p of the probability together (Holtzman et al. 2020,
arXiv:1904.09751, section 3.1). As in transformers' TopPLogitsWarper, the token that crosses top_p
is kept.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.core.errors import ConfigError


@dataclass(frozen=True)
class Options:
    """How to answer.

    temperature: 0 takes the likeliest token each time. top_p: share of probability to draw from.
    max_tokens: length of an answer at most. seed: the same seed gives the same answer; None = new.
    repetition_penalty: divides the logits above 0 of tokens said before, multiplies those below;
    1 leaves them as they are.
    """

    temperature: float = 0.7
    top_p: float = 0.9
    max_tokens: int = 256
    seed: int | None = None
    repetition_penalty: float = 1.1

    def __post_init__(self) -> None:
        for name, is_usable, expected in (
            ("temperature", 0 <= self.temperature <= 2, "a number from 0 to 2"),
            ("top_p", 0 < self.top_p <= 1, "a number above 0, at most 1"),
            ("max_tokens", self.max_tokens >= 1, "a whole number above 0"),
            ("repetition_penalty", 1 <= self.repetition_penalty <= 2, "a number from 1 to 2"),
        ):
            if not is_usable:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected {expected}")


class TokenSampler:
    """Draws the tokens of one answer."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._random = np.random.default_rng(options.seed)
        self._said: set[int] = set()

    def choose(self, logits: NDArray[np.float32]) -> int:
        """The next token by (V,) logits, which are left as they are."""
        token = self._choice(self._penalised(logits))
        self._said.add(token)
        return token

    def _penalised(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        penalty = self._options.repetition_penalty
        if penalty == 1 or not self._said:
            return logits
        token_ids = list(self._said)
        changed = logits.copy()
        changed[token_ids] = np.where(
            logits[token_ids] > 0, logits[token_ids] / penalty, logits[token_ids] * penalty
        )
        return changed

    def _choice(self, logits: NDArray[np.float32]) -> int:
        options = self._options
        if options.temperature == 0:
            return int(logits.argmax())
        scaled = (logits - logits.max()).astype(np.float64) / options.temperature
        chances = np.exp(scaled)
        chances /= chances.sum()
        order = np.argsort(-chances)
        before = np.cumsum(chances[order]) - chances[order]
        kept = order[before < options.top_p]
        return int(self._random.choice(kept, p=chances[kept] / chances[kept].sum()))
