"""Vocabulary: in how many texts a word occurs, how long texts are, how two sets of texts differ.

Training stores this of the texts it trained on as results/words.json: counts of frequent words and
of lengths, never a text. Owns what a word is (two letters or digits and more, in lower case, as
scikit-learn's CountVectorizer has it, but not a mere number). Not covered: languages that write
without spaces, whose sentences count as words.

Try: python -c "from inference.evaluation import vocabulary; \
    print(vocabulary.count(['A good day', 'good food']))"
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inference.core.atomic_write import write_whole
from inference.core.errors import ModelError
from inference.models.model_files import read_json

FILE_NAME = Path("results") / "words.json"
MOST_STORED = 2000
# A rarer word may name a person; it is never stored.
LEAST_TEXTS = 5
LONGEST = 1000  # words; longer texts count as this long
_WORD = re.compile(r"\b\w\w+\b")
_SURE = 0.001  # strict, as thousands of words are looked at
_FORMAT = 1


@dataclass(frozen=True)
class WordCounts:
    """texts: how many. words: word -> texts it occurs in. lengths: words -> texts that long."""

    texts: int
    words: Mapping[str, int]
    lengths: Mapping[int, int]

    @property
    def rarest_share(self) -> float:
        """The share of texts of the rarest word in here: others are at most as frequent."""
        return min(self.words.values(), default=0) / max(self.texts, 1)


@dataclass(frozen=True)
class Word:
    """A word that one set of texts has and the other lacks; shares are of texts."""

    word: str
    share: float
    texts: int


def split(text: str) -> list[str]:
    """Return the words of a text in their order."""
    return [word for word in _WORD.findall(text.lower()) if not word.isdigit()]


def count(texts: Iterable[str]) -> WordCounts:
    """Count over all texts; every word is kept."""
    words: Counter[str] = Counter()
    lengths: Counter[int] = Counter()
    for text in texts:
        tokens = split(text)
        words.update(set(tokens))
        lengths[min(len(tokens), LONGEST)] += 1
    return WordCounts(lengths.total(), dict(words), dict(sorted(lengths.items())))


def frequent(counts: WordCounts) -> WordCounts:
    """Return what may leave the machine: at most 2,000 words, each of at least 5 texts."""
    ranked = sorted(counts.words.items(), key=lambda pair: (-pair[1], pair[0]))
    kept = {word: many for word, many in ranked[:MOST_STORED] if many >= LEAST_TEXTS}
    return WordCounts(counts.texts, kept, counts.lengths)


def save(counts: WordCounts, run_dir: Path) -> None:
    """Write what may leave the machine to results/words.json, whole or not at all."""
    content = {"format": _FORMAT, **asdict(frequent(counts))}
    write_whole(run_dir / FILE_NAME, json.dumps(content, ensure_ascii=False) + "\n")


def load(run_dir: Path) -> WordCounts:
    """Read results/words.json.

    Raises:
        ModelError: the file is missing, or holds something else.
    """
    path = run_dir / FILE_NAME
    stored: Any = read_json(path)
    try:
        if stored["format"] != _FORMAT:
            raise ValueError(stored["format"])
        return WordCounts(
            int(stored["texts"]),
            {str(word): int(many) for word, many in stored["words"].items()},
            {int(length): int(many) for length, many in stored["lengths"].items()},
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ModelError(
            f"{path} holds no word counts of format {_FORMAT}; train again, or delete it"
        ) from None


def new(trained: WordCounts, seen: WordCounts) -> tuple[Word, ...]:
    """Return words of `seen` that are more frequent there than any unstored word was in training.

    `trained` holds its most frequent words alone. A word that it lacks had at most the share of
    the rarest stored one; it is new where so many texts would have it by chance in fewer than 1 of
    1,000 files (binomial tail). The most frequent come first.
    """
    from scipy.stats import binom  # the first page needs no scipy

    unknown = [(word, many) for word, many in seen.words.items() if word not in trained.words]
    at_most = max(trained.rarest_share, LEAST_TEXTS / max(trained.texts, 1))
    tails = binom.sf(np.array([many for _, many in unknown]) - 1, seen.texts, min(at_most, 1.0))
    result = [
        Word(word, many / seen.texts, many)
        for (word, many), tail in zip(unknown, tails, strict=True)
        if tail < _SURE
    ]
    return tuple(sorted(result, key=lambda word: (-word.texts, word.word)))


def missing(trained: WordCounts, seen: WordCounts) -> tuple[Word, ...]:
    """Return frequent words of training that no text of `seen` has.

    A word is missing where a file of as many texts would lack it by chance in fewer than 1 of
    1,000 cases. share and texts are those of training; the most frequent come first.
    """
    result = [
        Word(word, many / trained.texts, many)
        for word, many in trained.words.items()
        if word not in seen.words and (1 - many / trained.texts) ** seen.texts < _SURE
    ]
    return tuple(sorted(result, key=lambda word: (-word.texts, word.word)))
