"""What a run.json must hold before anything is read from it: which keys, and what kind of values.

Owns this check alone, so that a damaged receipt is told in one line by its key; whether its values
are true is the business of training/verify.py.

Try: python -m training.verify RUN_DIR
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inference.core.errors import ModelError

_PARTS = ("train", "validation", "test")
_Kinds = tuple[type, ...]
_OBJECT, _LIST, _TEXT, _FLAG = (dict,), (list,), (str,), (bool,)
_WORDS: Mapping[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
}

PUBLISHED: Mapping[str, _Kinds] = {"config": _OBJECT}
"""What publishing cannot do without."""
VERIFIED: Mapping[str, _Kinds] = {
    **PUBLISHED,
    "data": _OBJECT,
    "data.sources": _LIST,
    "data.splits": _OBJECT,
    **{f"data.splits.{part}": _OBJECT for part in _PARTS},
    **{f"data.splits.{part}.{name}": _TEXT for part in _PARTS for name in ("sha256", "ids_sha256")},
}
"""What the receipt of a classifier cannot be checked without."""
_IF_GIVEN: Mapping[str, _Kinds] = {
    "files": _OBJECT,
    "export": _OBJECT,
    "export.sha256": _OBJECT,
    "metrics": _OBJECT,
    "weights_sha256": _TEXT,
    "config.hub_model_id": _TEXT,
    "config.hub_tag": _TEXT,
    "config.hub_private": _FLAG,
}
_OF_A_SOURCE: Mapping[str, _Kinds] = {"part": _TEXT, "name": _TEXT}
_ABSENT = object()


def refuse_damaged(
    told: Mapping[str, Any],
    path: Path,
    needed: Mapping[str, _Kinds],
    *,
    paths: Sequence[str] = (),
) -> None:
    """Return if a receipt holds what is needed, each of its kind.

    path: of the file, for the message. paths: settings that name a file, or several.

    Raises:
        ModelError: a key is absent or holds something else; it names the key and the value.
    """
    optional = {**_IF_GIVEN, **{f"config.{name}": _TEXT + _LIST for name in paths}}
    for key, kinds in {**optional, **needed}.items():
        value = _at(told, key)
        if key not in needed and (value is _ABSENT or value is None):
            continue
        _refuse(value, kinds, key, path)
    if "data.sources" in needed:
        for place, source in enumerate(told["data"]["sources"]):
            _refuse(source, _OBJECT, f"data.sources.{place}", path)
            for name, kinds in _OF_A_SOURCE.items():
                _refuse(source.get(name, _ABSENT), kinds, f"data.sources.{place}.{name}", path)


def _refuse(value: object, kinds: _Kinds, key: str, path: Path) -> None:
    if not isinstance(value, kinds):
        seen = "absent" if value is _ABSENT else f"{value!r:.60}"
        expected = " or ".join(_WORDS[kind] for kind in kinds)
        raise ModelError(
            f"{path} is no receipt of a run: {key} is {seen}, expected {expected}. Fetch the run "
            "again, or train again"
        )


def _at(told: object, key: str) -> object:
    """The value under a key with dots; absent also where there is no object on the way to it."""
    for name in key.split("."):
        told = told.get(name, _ABSENT) if isinstance(told, Mapping) else _ABSENT
    return told
