"""JSON fields: a cell of JSON that holds texts and their weights -> the words a model reads.

{"raincoat": "0.11", "rain coat": 0.373} becomes `rain coat 37%; raincoat 11%`. The weightiest
comes first, so that a text too long for the model loses what matters least. Weights are whole
percentages, two tokens each, as a language model has read them in prose; more digits would cost two
more. Weights that add up to more than 1, as counts do, are written as shares of their sum.

Try: python -c "from inference.data.json_fields import json_text, weighted_words; \
print(weighted_words(json_text({'raincoat': 0.11, 'rain coat': 0.373}, 'queries'), 'queries'))"
"""

import json
import math

from inference.data.cells import Unusable, as_text, is_blank, quote_text

_EXPECTED = 'expected a list of texts, or texts with weights such as {"rain coat": 0.37}'


def json_text(value: object, field: str) -> str:
    """Return the value as JSON text: text as it is, lists and objects written out, missing empty.

    Raises:
        Unusable: bytes, a text with broken characters, or what weighted_words refuses.
    """
    if isinstance(value, list | tuple | dict):
        value = json.dumps(value, ensure_ascii=False, default=str)  # Decimal, dates of parquet
    text = as_text(value, field)
    weighted_words(text, field)
    return text


def weighted_words(text: str, field: str) -> str:
    """Return the texts of a JSON list or object in one line, by weight; "" for blank text.

    The JSON holds texts, or pairs of a text and a weight: an object, or a list of such pairs, which
    is how parquet gives back a map. Weights are numbers of at least 0, also written as text. Equal
    weights, and texts without one, keep their order; blank texts are left out.

    Raises:
        Unusable: no JSON, another shape of it, or a weight that is none.
    """
    pairs = _pairs(text, field)
    total = max(1.0, math.fsum(weight for _, weight in pairs if weight is not None))
    pairs.sort(key=lambda pair: -(pair[1] or 0.0))
    return "; ".join(
        words if weight is None else f"{words} {weight / total:.0%}"
        for words, weight in pairs
        if not is_blank(words)
    )


def texts_of(text: str, field: str) -> list[str]:
    """Return the texts of a JSON list or object, in their order; none of a blank text.

    Raises:
        Unusable: as weighted_words.
    """
    return [words for words, _ in _pairs(text, field) if not is_blank(words)]


def _pairs(text: str, field: str) -> list[tuple[str, float | None]]:
    return [] if is_blank(text) else [_pair(item, field) for item in _items(text, field)]


def _items(text: str, field: str) -> list[object]:
    try:
        # An object becomes the list of its pairs: a key that occurs twice is not lost.
        value = json.loads(text, object_pairs_hook=list)
    except json.JSONDecodeError as error:
        raise Unusable(
            f"{field!r} is not JSON: {error.msg} at character {error.pos + 1}; {_EXPECTED}"
        ) from None
    except (ValueError, RecursionError):  # a number of thousands of digits; brackets without end
        raise Unusable(f"{field!r} is not JSON that can be read; {_EXPECTED}") from None
    if not isinstance(value, list):
        raise Unusable(f"{field!r} is the JSON value {quote_text(text)}; {_EXPECTED}")
    return value


def _pair(item: object, field: str) -> tuple[str, float | None]:
    if isinstance(item, str):
        return as_text(item, field), None
    if isinstance(item, list | tuple) and len(item) == 2 and isinstance(item[0], str):
        return as_text(item[0], field), _weight(item[1], item[0], field)
    raise Unusable(
        f"{field!r} holds {quote_text(json.dumps(item, ensure_ascii=False))}; {_EXPECTED}"
    )


def _weight(value: object, words: str, field: str) -> float:
    try:
        weight = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        weight = math.nan
    if not (math.isfinite(weight) and weight >= 0):
        raise Unusable(
            f"{field!r}: the weight of {quote_text(words)} is {quote_text(str(value))}, expected a "
            "number of at least 0"
        )
    return weight
