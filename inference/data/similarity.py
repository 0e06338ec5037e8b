"""How alike a text is to the texts of another field, in words that a language model can read.

A model that knows a language badly, or sees few examples, does not learn by itself that two of its
fields say the same: in the click recipe's file of 1,000 rows the frozen encoder gains .07 ROC-AUC
from these words, cross-validated on training rows (2026-11-21).

Try: python -c "from inference.data import similarity; \
print(similarity.describe_similarity('rain coats', ['raincoat', 'umbrella']))"
"""

from collections.abc import Iterable
from difflib import SequenceMatcher

# Least likeness and its words, which are frequent enough to be tokens of any English model.
_LEVELS = (
    (0.999, "identical"),
    (0.8, "almost the same"),
    (0.6, "similar"),
    (0.4, "partly similar"),
    (0.15, "hardly similar"),
    (0.0, "unrelated"),
)


def describe_similarity(text: str, others: Iterable[str]) -> str:
    """Return the words for the likeness of a text to the likest of the others."""
    best = max((similarity(text, other) for other in others), default=0.0)
    return next(words for least, words in _LEVELS if best >= least)


def similarity(left: str, right: str) -> float:
    """Return the share of characters in [0, 1] that two texts have in common, in their order.

    Ratcliff and Metzener, "Pattern matching: the gestalt approach", Dr. Dobb's Journal, July 1988,
    as Python's difflib has it; without regard to case.
    """
    return SequenceMatcher(None, left.casefold(), right.casefold(), autojunk=False).ratio()
