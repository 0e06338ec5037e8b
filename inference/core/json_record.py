"""A JSON file as a frozen dataclass, or one line that says which of its keys is wrong.

Owns how the type of a field reads a value. What a value may be beyond its type is checked by the
dataclass itself. A key that no field has is left out, as a later program may have written it; a
field that has a default may be absent, as an earlier one may not have known it.

Try: python -c "from hub.publishing import Published; from inference.core.json_record import \
from_json; print(from_json(Published, {'repo_id': 'a/b', 'sha': 'c', 'url': '', 'tag': None}))"
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from hub.errors import UserError
from inference.core.errors import DataError

T = TypeVar("T")
_WORDS = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}
_ABSENT = object()


class Mismatch(ValueError):
    """A value of another type than its field: the key, what is there, what was expected."""

    def __init__(self, key: str, value: object, expected: str) -> None:
        seen = "absent" if value is _ABSENT else f"{value!r:.60}"
        super().__init__(f"{key or 'it'} is {seen}, expected {expected}")


def load_record(
    kind: type[T],
    path: Path,
    *,
    what: str,
    remedy: str,
    error: type[UserError] = DataError,
    version: int | None = None,
    key: str | None = None,
) -> T:
    """Return the object in a file as a dataclass.

    what: the file is where it cannot be read, as "no verdict table". remedy: what to do then.
    version: the number that it must have under "format". key: where in the object the dataclass
    stands, if it is not the whole.

    Raises:
        UserError: `error`, if the file is missing or holds something else.
    """
    try:
        value = json.loads(path.read_text("utf-8"))
        if version is not None and isinstance(value, dict) and value.get("format") != version:
            raise Mismatch("format", value.get("format", _ABSENT), str(version))
        if key is not None:
            return from_key(kind, from_json(dict[str, object], value), key)
        return from_json(kind, value)
    except FileNotFoundError:
        raise error(f"{path} does not exist; {remedy}") from None
    except Mismatch as mismatch:
        problem = str(mismatch)
    except (UnicodeDecodeError, json.JSONDecodeError) as damage:
        problem = f"it is not valid JSON ({damage})"
    raise error(f"{path} is {what}: {problem}; {remedy}")


def from_json(kind: type[T], value: object, key: str = "") -> T:
    """Return what json.loads gave as an instance of a type; key: where in the file it stands.

    The type: a dataclass, str, int, float, bool, object, Literal; a tuple, mapping or union of
    them.

    Raises:
        Mismatch: the value is of another type, or a key of it is.
    """
    instance: T = _read(kind, value, key)
    return instance


def from_key(kind: type[T], content: Mapping[str, object], key: str) -> T:
    """Return what stands under a key, as from_json does."""
    return from_json(kind, content.get(key, _ABSENT), key)


def _read(kind: Any, value: Any, key: str) -> Any:
    origin, args = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, UnionType):
        return _read_one_of(args, value, key)
    if is_dataclass(origin) and isinstance(value, dict):
        return kind(**_read_fields(kind, value, f"{key}." if key else ""))
    if origin is tuple and isinstance(value, list):
        kinds = args[:1] * len(value) if args[-1] is ... else args
        if len(kinds) == len(value):
            items = enumerate(zip(kinds, value, strict=True))
            return tuple(
                _read(item_kind, item, f"{key}.{index}") for index, (item_kind, item) in items
            )
    if origin in (Mapping, dict) and isinstance(value, dict):
        return {
            _read_name(args[0], name, key): _read(args[1], item, f"{key}.{name}")
            for name, item in value.items()
        }
    if origin is float and type(value) is int:
        return float(value)
    is_any = origin in (object, Any) or (origin is Literal and value in args)
    if value is _ABSENT or not (is_any or type(value) is origin):
        raise Mismatch(key, value, _words(kind))
    return value


def _read_name(kind: Any, name: str, key: str) -> Any:
    """A name in an object, all of which are texts in JSON."""
    try:
        return kind(name)
    except ValueError:
        raise Mismatch(f"a name in {key}", name, _WORDS[kind]) from None


def _read_one_of(kinds: tuple[Any, ...], value: Any, key: str) -> Any:
    if value is None and NoneType in kinds:
        return None
    others = [kind for kind in kinds if kind is not NoneType]
    for kind in others[:-1]:
        with suppress(Mismatch):
            return _read(kind, value, key)
    try:
        return _read(others[-1], value, key)
    except Mismatch:
        if len(others) == 1:
            raise
        raise Mismatch(key, value, " or ".join(map(_words, others))) from None


def _read_fields(kind: Any, value: Mapping[str, Any], where: str) -> dict[str, Any]:
    return {
        name: _read(hint, value.get(name, _ABSENT), f"{where}{name}")
        for name, (hint, is_needed) in _hints(kind).items()
        if is_needed or name in value
    }


@cache
def _hints(kind: Any) -> dict[str, tuple[Any, bool]]:
    """Each field of a dataclass: its type, and whether it must be there."""
    hints = get_type_hints(kind)
    return {
        field.name: (hints[field.name], field.default is field.default_factory is MISSING)
        for field in fields(kind)
    }


def _words(kind: Any) -> str:
    origin, args = get_origin(kind) or kind, get_args(kind)
    if origin is Literal:
        return " or ".join(map(repr, args))
    if origin is tuple:
        return "a list" if args[-1] is ... else f"a list of {len(args)}"
    return _WORDS.get(origin, "an object")
