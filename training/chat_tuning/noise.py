"""What is noisy about a dialogue: an answer that breaks off, or says the same again and again.

Owns these two signs; each is a guess from the text alone, so such rows are listed and go only where
that is asked for. Empty messages are no dialogue at all: messages.py rejects them.

Try: python -c "from training.chat_tuning.noise import faults; print(faults('so ' * 20))"
"""

import re
from collections import Counter

_WORD = re.compile(r"\w+|[^\w\s]")
_LONG_CHARS = 80  # a short answer such as a name needs no full stop
_REPEATED_WORDS = 4
_REPEATED_SHARE = 0.3
_FEWEST_WORDS = 8
# What a sentence breaks off with, if nothing else follows: a comma, or a word that leads on.
_BREAKS_OFF = re.compile(
    r"(?:[,(–-]|\b(?:and|or|the|a|an|of|to|in|with|for|that|which|is|are|was|were|because))\s*$",
    re.IGNORECASE,
)


def faults(answer: str) -> tuple[str, ...]:
    """What is wrong with an answer, in words; nothing for most."""
    problems = []
    if is_cut_off(answer):
        problems.append("its answer breaks off")
    if is_repetitive(answer):
        problems.append("its answer repeats itself")
    return tuple(problems)


def is_cut_off(answer: str) -> bool:
    """Whether a longer answer ends where no sentence does; code and lists may end anywhere."""
    ending = answer.rstrip()
    if len(ending) < _LONG_CHARS:
        return False
    return bool(_BREAKS_OFF.search(ending)) or ending.count("```") % 2 == 1


def is_repetitive(answer: str) -> bool:
    """Whether over 30 % of the runs of four words are ones that came before.

    The share of repeated n-grams of Rae et al. 2021 (arXiv:2112.11446, table A1), on four words.
    """
    words = _WORD.findall(answer.casefold())
    if len(words) < _FEWEST_WORDS:
        return False
    runs = [tuple(words[at : at + _REPEATED_WORDS]) for at in range(len(words) - 3)]
    repeated = sum(count - 1 for count in Counter(runs).values())
    return repeated / len(runs) > _REPEATED_SHARE
