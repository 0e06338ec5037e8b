"""Logits -> the next token: the most likely one, or one drawn from the likeliest.

Temperature divides the logits; nucleus sampling keeps the fewest tokens that hold top_p of the
probability together (Holtzman et al. 2020, arXiv:1904.09751, section 3.1). As in transformers'
TopPLogitsWarper, the token that crosses top_p is kept.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.errors import ConfigError


@dataclass(frozen=True)
class Options:
    """How to answer.

    temperature: 0 takes the likeliest token each time. top_p: share of probability to draw from.
    max_tokens: length of an answer at most. seed: the same seed gives the same answer; None = new.
    """

    temperature: float = 0.7
    top_p: float = 0.9
    max_tokens: int = 256
    seed: int | None = None

    def __post_init__(self) -> None:
        for name, is_usable, expected in (
            ("temperature", 0 <= self.temperature <= 2, "a number from 0 to 2"),
            ("top_p", 0 < self.top_p <= 1, "a number above 0, at most 1"),
            ("max_tokens", self.max_tokens >= 1, "a whole number above 0"),
        ):
            if not is_usable:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected {expected}")


class Sampler:
    """Draws the tokens of one answer."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._random = np.random.default_rng(options.seed)

    def choose(self, logits: NDArray[np.float32]) -> int:
        """The next token by (V,) logits."""
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
