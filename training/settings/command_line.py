"""Settings of a command from its flags, a recipe or an earlier run.json: default < file < flag.

Owns the way from words to a frozen dataclass of settings, whichever it is. The spelling of words is
arguments.py; what a setting means, and whether it can be used, the dataclass itself says.

Try: python -m training.train --config training/recipes/demo.yaml --help
"""

import sys
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from jsonargparse import ArgumentError, ArgumentParser, set_parsing_settings

from inference.core.errors import ConfigError, FlagError
from training.settings.arguments import (
    Names,
    one_line,
    read_config_file,
    spell_out,
    take_config_paths,
)

T = TypeVar("T")


def parse(
    kind: type[T], prog: str, argv: Sequence[str] | None = None, retired: Sequence[str] = ()
) -> T:
    """The settings of a command line; without argv, of this process.

    retired: names that a --config file of before may still have.

    Raises:
        FlagError: an unknown name (the closest and all known ones are listed) or a bad value.
    """
    try:
        return from_mapping(kind, _read(kind, prog, argv, retired))
    except ConfigError as error:
        raise FlagError(str(error)) from None


def _read(
    kind: type[T], prog: str, argv: Sequence[str] | None, retired: Sequence[str]
) -> dict[str, object]:
    names = _names(kind)
    tokens = spell_out(sys.argv[1:] if argv is None else argv, names)
    paths, tokens = take_config_paths(tokens)
    set_parsing_settings(docstring_parse_attribute_docstrings=True)  # --help from the fields
    parser = ArgumentParser(prog=prog, exit_on_error=False)
    parser.add_argument(
        "--config", help="A recipe (YAML) or the run.json of an earlier run; flags override it."
    )
    parser.add_class_arguments(kind, None)
    try:
        for path in paths:
            recipe = read_config_file(path, names, retired)
            parser.set_defaults(parser.parse_object(recipe).as_dict())
        values = parser.parse_args(tokens).as_dict()
    except ArgumentError as error:
        raise ConfigError(one_line(str(error))) from None
    values.pop("config", None)
    return values


def from_mapping(kind: type[T], values: Mapping[str, object]) -> T:
    """The settings of already typed values, as read back from run.json.

    Raises:
        ConfigError: an unknown key or a value that cannot be used.
    """
    names, hints = _names(kind), get_type_hints(kind)
    for name, value in values.items():
        names.refuse_unknown(name, "key")
        if not _fits(value, hints[name]):
            raise ConfigError(f"{name} is {value!r:.60}, expected {_in_words(hints[name])}")
    typed = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    return kind(**typed)


def _fits(value: object, hint: object) -> bool:
    """Whether the value, as JSON or this program has it, is one of the annotated type."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return value in inner
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is tuple:
        return isinstance(value, list | tuple) and all(_fits(one, inner[0]) for one in value)
    if origin is dict:
        return isinstance(value, Mapping) and all(
            _fits(key, inner[0]) and _fits(one, inner[1]) for key, one in value.items()
        )
    if isinstance(value, bool):  # which Python counts among the numbers
        return hint is bool
    kinds = (int, float) if hint is float else hint
    return isinstance(value, kinds)  # type: ignore[arg-type]


def _in_words(hint: object) -> str:
    """An annotation as it stands in the code."""
    name = hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
    return name.replace("typing.", "")


def _names(kind: type[T]) -> Names:
    hints = get_type_hints(kind)
    return Names(
        known=tuple(hints),
        lists=frozenset(name for name, hint in hints.items() if get_origin(hint) is tuple),
        switches=frozenset(name for name, hint in hints.items() if hint is bool),
    )
