"""Cells: one value of a row -> a text, a label, a set of labels, or a yes or no.

A value is whatever a format can hold: always text in delimited files, any JSON or Arrow type
elsewhere. None and NaN are missing; the texts "NA", "None", "null" and "nan" are texts.

Try: python -c "from inference.data.cells import as_flag; print(as_flag('true', 'toxic'))"
"""

import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

_FLAGS = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}
_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})  # separators, controls, format characters
_MAX_SHOWN_CHARS = 40
_MAX_LISTED = 30


class Unusable(ValueError):
    """A cell that cannot be used; its text is the reason, written for the owner of the file."""


def as_text(value: object, field: str) -> str:
    """Return the value as text, exactly; a missing one is the empty text.

    Raises:
        Unusable: a list, an object or bytes; or a text with NUL or broken characters.
    """
    if isinstance(value, str):
        return _intact(value, field)
    if _is_missing(value):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal | date):
        return str(value)
    raise Unusable(f"{field!r} holds a value of type {type(value).__name__}, expected text")


def as_label(value: object, field: str) -> str:
    """Return the value as a label: blanks around it gone, a whole number without its `.0`.

    Raises:
        Unusable: the label is missing or cannot be text.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 1 in one row and 1.0 in the next are one label
    label = as_text(value, field).strip()
    if is_blank(label):
        raise Unusable(f"label {field!r} is missing")
    return label


def as_labels(value: object, field: str, delimiter: str | None) -> str | tuple[str, ...]:
    """Return one label as str, or a list or delimited text of labels as tuple, each label once.

    An empty list means that no label applies, and so does an empty text when there is a delimiter.

    Raises:
        Unusable: the label, or one in the list, is missing or cannot be text.
    """
    if isinstance(value, list | tuple):
        return tuple(dict.fromkeys(as_label(item, field) for item in value))
    if delimiter is None or _is_missing(value):
        return as_label(value, field)
    parts = (part.strip() for part in as_text(value, field).split(delimiter))
    return tuple(dict.fromkeys(part for part in parts if part))


def as_flag(value: object, field: str) -> bool:
    """Return whether the label of this column applies: 1, 1.0 and true do, 0, 0.0 and false do not.

    Raises:
        Unusable: missing or anything else.
    """
    label = value if isinstance(value, str) and value in _FLAGS else as_label(value, field)
    flag = _FLAGS.get(label.lower())
    if flag is None:
        raise Unusable(f"label {field!r} is {quote_text(label)}, expected 0 or 1")
    return flag


def as_group(value: object, field: str) -> str | None:
    """Return the value as the name of a group, as a label is read; None when it is missing.

    Raises:
        Unusable: it cannot be text.
    """
    is_nameless = _is_missing(value) or (isinstance(value, str) and is_blank(value))
    return None if is_nameless else as_label(value, field)


def is_blank(text: str) -> bool:
    """Return whether nothing can be read: only spaces, controls, zero-width characters."""
    # Not str.isprintable: it denies emoji that are younger than this Python.
    return all(unicodedata.category(character) in _INVISIBLE for character in text)


def quote_text(text: str) -> str:
    """Return the text in quotes for a message, cut short: it may hold what a person wrote."""
    cut = text if len(text) <= _MAX_SHOWN_CHARS else text[: _MAX_SHOWN_CHARS - 1] + "…"
    return repr(cut)


def quote_names(names: Sequence[str]) -> str:
    """Return the names for a message, in quotes, the first 30 of them."""
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return (", ".join(map(quote_text, names[:_MAX_LISTED])) or "none") + more


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def _intact(text: str, field: str) -> str:
    if "\0" in text:
        raise Unusable(f"{field!r} holds a NUL character; the file is damaged or not text")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unusable(
            f"{field!r} holds damaged characters: bytes that are not UTF-8 or half a pair"
        ) from None
    return text
