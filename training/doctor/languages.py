"""The language of the texts, guessed from a sample by py3langid.

Owns the guess and what it means for a training. Only languages with a two-letter code (ISO 639-1)
are told apart, so written Chinese is zh, whoever speaks it. Short texts are not guessed at; a
guess is no measurement: of 500 English tweets 457 were called English and the rest nothing.

Try: python -c "from training.doctor.languages import guess; \
print(guess(['Das Essen war gut, und wir kommen wieder.'] * 20, 0))"
"""

import random
from collections import Counter
from collections.abc import Sequence
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from inference.runs.data_report import Finding
from training.doctor.findings import Part

MULTILINGUAL_BASE = "intfloat/multilingual-e5-small"
"""A small base that knows some hundred languages."""

_SAMPLE = 300  # texts of a part; 0.3 seconds
_MAX_CHARS = 500
_MIN_BYTES = 20  # of letters in UTF-8: 20 Latin ones, 7 Chinese ones
_MIN_CONFIDENCE = 0.5
_MIN_GUESSED = 20
_MIN_SHARE = 0.02  # of a language worth naming
_MAIN_SHARE = 0.9


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([code for code in identifier.labels if len(code) == 2])
    return identifier


def guess(texts: Sequence[str], seed: int) -> dict[str, float]:
    """Share of each language in (0, 1], the commonest first, of the texts that can be guessed at.

    Empty when there are too few of those. A seeded sample of 300 texts is looked at.
    """
    sample = random.Random(seed).sample(texts, min(_SAMPLE, len(texts)))  # noqa: S311
    guesses = [
        _identifier().classify(text[:_MAX_CHARS])
        for text in sample
        if len("".join(filter(str.isalpha, text)).encode("utf-8", "replace")) >= _MIN_BYTES
    ]
    counts = Counter(code for code, confidence in guesses if confidence >= _MIN_CONFIDENCE)
    total = counts.total()
    if total < _MIN_GUESSED:
        return {}
    return {
        code: count / total for code, count in counts.most_common() if count >= _MIN_SHARE * total
    }


def find(
    parts: Sequence[Part], shares: Sequence[dict[str, float]], language: str | None
) -> tuple[Finding, ...]:
    """What to say of the languages, `shares` being the guess for each part.

    language is the code that the settings promise for the card; None promises nothing.
    """
    findings = []
    mains = [next(iter(of_part), None) for of_part in shares]
    for part, of_part, main in zip(parts, shares, mains, strict=True):
        named = ", ".join(f"{code} {of_language:.0%}" for code, of_language in of_part.items())
        if main and of_part[main] < _MAIN_SHARE:
            message = (
                f"{part.name} is written in several languages (by guess: {named}). Take a base "
                f"model that knows them all, such as {MULTILINGUAL_BASE}"
            )
            findings.append(Finding("several_languages", "note", len(of_part), message))
        if main and mains[0] and main != mains[0]:
            message = f"{part.name} is mostly {main}, {parts[0].name} mostly {mains[0]} (by guess)"
            findings.append(Finding("other_language", "warning", 1, message))
    if language and mains[0] and language not in shares[0]:
        message = (
            f"the texts of {parts[0].name} seem to be {mains[0]}, the setting language says "
            f"{language}. Set --language {mains[0]}, and take a base model that knows it, such as "
            f"{MULTILINGUAL_BASE}"
        )
        findings.append(Finding("unexpected_language", "note", 1, message))
    return tuple(findings)
