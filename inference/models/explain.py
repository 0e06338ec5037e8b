"""Which words moved a score: each is left out in turn, and the same model is asked again.

Occlusion (Zeiler and Fergus 2014, section 4.2, https://arxiv.org/abs/1311.2901; on words Li, Monroe
and Jurafsky 2016, https://arxiv.org/abs/1612.08220), in points of probability instead of their
log-likelihood. It works with any Scorer, as it needs no gradient.

Not covered: words that only matter together (leaving out one of two "very" may change nothing), and
scores that are 0 or 1 but for a hair, which no single word moves. What moved the score is no proof
of why. A run of Thai, Lao, Khmer or Burmese, which are written without spaces, counts as one word.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from inference.core.errors import ChoiceError, TextError
from inference.data.cells import is_blank
from inference.models.classifier import Scorer

# A longer text is refused: its score hangs on no single word, and each question costs a core.
MAX_WORDS = 300
# Questions asked of the model at most; of a text with more words, several are left out at a time.
MAX_STRETCHES = 60

# Each sign of Chinese and Japanese is a word by itself; of all else, what stands between spaces.
_SIGNS = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(f"[{_SIGNS}]|[^\\s{_SIGNS}]+")


@dataclass(frozen=True)
class Piece:
    """A part of the text; effect = the score less that without this part, None between words."""

    text: str
    effect: float | None


@dataclass(frozen=True)
class Explanation:
    """How a label's score, in [0, 1], hangs on the words; the pieces joined are the text."""

    label: str
    score: float
    pieces: tuple[Piece, ...]
    words_a_piece: int

    @property
    def strongest(self) -> tuple[Piece, ...]:
        """The words by the size of their effect, greatest first."""
        words = [piece for piece in self.pieces if piece.effect is not None]
        return tuple(sorted(words, key=lambda piece: -abs(piece.effect or 0.0)))


def explain(scorer: Scorer, text: str, label: str) -> Explanation:
    """Ask the model about the text without each of its words, or of its stretches of words.

    Raises:
        ChoiceError: the model has no such label.
        TextError: the text has fewer than 2 words or more than MAX_WORDS.
    """
    labels = scorer.bundle.labels
    if label not in labels:
        raise ChoiceError(f"The model has no label {label!r}; its labels: {', '.join(labels)}.")
    spans, words_a_piece = _stretches(text)
    asked = [text, *(_without(text, start, end) for start, end in spans)]
    scores = scorer.score(asked)[:, labels.index(label)]  # (1 + stretches,)
    if np.isnan(scores[0]):
        raise ChoiceError(f"The model gives {label!r} no score; choose another label.")
    effects = [float(scores[0] - other) for other in scores[1:]]
    pieces = tuple(_pieces(text, spans, effects))
    return Explanation(label, float(scores[0]), pieces, words_a_piece)


def _stretches(text: str) -> tuple[list[tuple[int, int]], int]:
    """Where to cut: (start, end) of each stretch, and how many words one holds at most."""
    words = [word.span() for word in _WORD.finditer(text) if not is_blank(word.group())]
    if len(words) < 2:
        raise TextError(
            "The message has a single word: without it nothing is left to compare with."
        )
    if len(words) > MAX_WORDS:
        raise TextError(
            f"The message has {len(words):,} words; what moved the score can be asked of at most "
            f"{MAX_WORDS}: analyze a part of it."
        )
    size = math.ceil(len(words) / MAX_STRETCHES)
    chunks = [words[first : first + size] for first in range(0, len(words), size)]
    return [(chunk[0][0], chunk[-1][1]) for chunk in chunks], size


def _without(text: str, start: int, end: int) -> str:
    """The text without a stretch, and without the second of two spaces that then meet."""
    left, right = text[:start], text[end:]
    meets = left[-1:].isspace() and right[:1].isspace()
    return left + (right[1:] if meets else right)


def _pieces(text: str, spans: list[tuple[int, int]], effects: list[float]) -> Iterator[Piece]:
    """The stretches with their effects, and all that stands between them."""
    position = 0
    for (start, end), effect in zip(spans, effects, strict=True):
        if position < start:
            yield Piece(text[position:start], None)
        yield Piece(text[start:end], effect)
        position = end
    if position < len(text):
        yield Piece(text[position:], None)
