"""Settings of a command from its flags, a recipe or an earlier run.json: default < file < flag.

Owns the way from words to a Config, whichever it is. What a setting means, and whether its value
can be used, the groups themselves say.

Try: python -m training.train --config training/recipes/demo.yaml --help
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args, get_origin

import yaml

from inference.core.errors import ConfigError, FlagError
from inference.core.yaml_values import yaml_error_line
from inference.data import formats
from training.settings.groups import Config, Setting, descriptions_of, refuse_unknown

C = TypeVar("C", bound=Config)

_ALIASES = {
    "label_field": "label_fields",
    "text_field": "text_fields",
    "column_name": "column_names",
    "json_field": "json_fields",
}


def parse(kind: type[C], prog: str, argv: Sequence[str] | None = None) -> C:
    """The settings of a command line; without argv, of this process.

    Raises:
        FlagError: an unknown name (the closest and all known ones are listed) or a bad value.
    """
    try:
        return kind.of(**_read(kind, prog, sys.argv[1:] if argv is None else argv))
    except ConfigError as error:
        raise FlagError(str(error)) from None


def from_mapping(kind: type[C], values: Mapping[str, object]) -> C:
    """The settings of already typed values, as read back from run.json.

    Raises:
        ConfigError: an unknown key or a value that cannot be used.
    """
    known = kind.settings()
    typed = {}
    for name, value in _without_retired(values, kind, "run.json").items():
        refuse_unknown(name, "key", known)
        typed[name] = _as_stored(known[name], value)
    return kind.of(**typed)


def read_config_file(path: str, kind: type[Config]) -> dict[str, object]:
    """The settings in a recipe or a run.json, every scalar as the string that stands there.

    Raises:
        ConfigError: the file cannot be read, is no mapping, or has an unknown key.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        # BaseLoader keeps every scalar a string, so that a label called `no` or `1` stays one;
        # the type of each setting then decides how it is read.
        values = yaml.load(text, yaml.BaseLoader)  # noqa: S506
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--config {path} cannot be read ({error}); give a YAML file") from None
    except yaml.YAMLError as error:
        raise ConfigError(
            f"--config {path} is not YAML or JSON: {yaml_error_line(error)}"
        ) from None
    if isinstance(values, dict) and isinstance(values.get("config"), dict):
        values = values["config"]  # a run.json
    if not isinstance(values, dict):
        raise ConfigError(f"--config {path} must hold `name: value` lines, it holds {values!r:.60}")
    known = kind.settings()
    settings: dict[str, object] = {}
    for key, value in _without_retired(values, kind, path).items():
        name = _ALIASES.get(str(key), str(key))
        refuse_unknown(name, f"key of {path}", known)
        is_one = isinstance(value, str) and get_origin(known[name].hint) is tuple
        settings[name] = [value] if is_one else value
    return settings


def _without_retired(
    values: Mapping[str, object], kind: type[Config], what: str
) -> Mapping[str, object]:
    """The values but for settings that have gone, after saying which these are."""
    retired = [name for name in kind.RETIRED if name in values]
    if retired:
        names = ", ".join(retired)
        print(f"note: ignored in {what}, no settings any more: {names}", file=sys.stderr)
    return {name: value for name, value in values.items() if name not in retired}


def _read(kind: type[Config], prog: str, argv: Sequence[str]) -> dict[str, object]:
    known = kind.settings()
    parser, flags = _parser(kind, prog, argv)
    try:
        words, strangers = parser.parse_known_args(argv)
    except argparse.ArgumentError as error:
        raise ConfigError(f"{error}; see --help") from None
    if strangers:
        _refuse(strangers[0], known)
    values: dict[str, object] = {}
    for path in words.config or []:
        texts = read_config_file(path, kind)
        values |= {name: _typed(known[name], text) for name, text in texts.items()}
    for flag, (name, key) in flags.items():
        text = getattr(words, flag)
        if text is None:
            continue
        before = values.get(name)
        if not key:
            values[name] = _typed(known[name], _parsed(known[name], text))
        elif isinstance(before, dict):  # one entry, beside those that a file has
            values[name] = {**before, **_entry(known[name], key, text)}
        else:
            values[name] = _entry(known[name], key, text)
    return values


def _parser(
    kind: type[Config], prog: str, argv: Sequence[str]
) -> tuple[argparse.ArgumentParser, dict[str, tuple[str, str]]]:
    """The parser, and what each of its flags sets: a setting, or one entry of a mapping."""
    parser = argparse.ArgumentParser(
        prog=prog,
        usage="%(prog)s [--config FILE] [--NAME VALUE ...]",
        description=" ".join(str(kind.__doc__).split()),
        allow_abbrev=False,
        exit_on_error=False,
    )
    parser.add_argument(
        "--config",
        action="append",
        metavar="FILE",
        help="A recipe (YAML) or the run.json of an earlier run; flags override it.",
    )
    groups: dict[str, argparse._ArgumentGroup] = {}
    descriptions: dict[str, str] = {}
    for name, group in kind.groups().items():
        groups[name] = parser.add_argument_group(str(type(group).__doc__))
        if {"-h", "--help"} & set(argv):
            descriptions |= descriptions_of(group)
    flags = {}
    for name, its in kind.settings().items():
        flags[name] = (name, "")
        aliases = [f"--{alias}" for alias, meant in _ALIASES.items() if meant == name]
        origin = get_origin(its.hint)
        groups[its.group].add_argument(
            f"--{name}",
            *aliases,
            nargs="?" if its.hint is bool else "+" if origin is tuple else None,
            const="true" if its.hint is bool else None,
            metavar={dict: "JSON", tuple: "NAME"}.get(origin, "VALUE"),
            help=_help(its, descriptions.get(name, "")),
        )
        if origin is dict:
            flags |= {
                match[1]: (name, match[2])
                for word in argv
                if (match := re.match(rf"--({name}\.([^=]+))", word))
            }
    for flag, (_, key) in flags.items():
        if key:
            parser.add_argument(f"--{flag}", dest=flag, help=argparse.SUPPRESS)
    return parser, flags


def _help(its: Setting, description: str) -> str:
    shown = " ".join(its.default) if isinstance(its.default, tuple) else its.default
    default = "unset" if shown in (None, "", {}) else shown
    choices = get_args(its.hint)
    either = f" One of {', '.join(choices)}." if str(choices[:1]).startswith("('") else ""
    description = description.replace("FORMATS", formats.in_words())
    return f"{description}{either} (default: {default})".replace("%", "%%")


def _refuse(word: str, known: Mapping[str, Setting]) -> NoReturn:
    """Raise ConfigError for a word that the parser has no place for."""
    if not word.startswith("--"):
        raise ConfigError(f"{word!r} is not a flag; flags start with --, see --help")
    refuse_unknown(re.split(r"[=.]", word[2:])[0], "flag", known)
    raise ConfigError(f"{word.partition('=')[0]} names no entry; see --help")


def _parsed(its: Setting, text: str | Sequence[str]) -> object:
    """What stands behind a flag, every scalar a string."""
    words = [text] if isinstance(text, str) else text
    origin = get_origin(its.hint)
    if origin is dict or (origin is tuple and len(words) == 1 and words[0].startswith("[")):
        try:
            return yaml.load(words[0], yaml.BaseLoader)  # noqa: S506 (as in a file)
        except yaml.YAMLError as error:
            raise ConfigError(f"--{its.name} is not JSON: {yaml_error_line(error)}") from None
    if origin is not tuple:
        return text
    items = [part.strip() for word in words for part in word.split(",")]
    if not all(items):
        raise ConfigError(
            f"--{its.name} needs one or more names, but got {' '.join(words)!r}; for example "
            f"--{its.name} title description"
        )
    return items


def _entry(its: Setting, key: str, text: str) -> dict[str, object]:
    """One entry of a mapping."""
    entry = _typed(its, {key: text})
    assert isinstance(entry, dict), type(entry)
    return entry


def _typed(its: Setting, value: object) -> object:
    """A value of the setting's type from one whose scalars are strings."""
    return _validated(its, f"--{its.name}", _with_nulls(value, its.hint), strict=False)


def _as_stored(its: Setting, value: object) -> object:
    """A value of the setting's type from JSON's, where a number is no text."""
    return _validated(its, its.name, value, strict=True)


def _validated(its: Setting, name: str, value: object, *, strict: bool) -> object:
    from pydantic import TypeAdapter, ValidationError  # .1 s, which --help does not cost

    adapter: TypeAdapter[object] = TypeAdapter(its.hint)
    try:
        if strict:  # only JSON has lists for tuples when it is strict
            return adapter.validate_json(json.dumps(value), strict=True)
        return adapter.validate_python(value)
    except ValidationError:
        shown = f"{value!r:.60}"
        raise ConfigError(f"{name} is {shown}, expected {_in_words(its.hint)}") from None


def _with_nulls(value: object, hint: Any) -> object:
    """The same with None for each `null` where None may stand."""
    inner = get_args(hint)
    if value == "null" and type(None) in inner:
        return None
    if isinstance(value, dict) and get_origin(hint) is dict:
        return {key: _with_nulls(item, inner[1]) for key, item in value.items()}
    return value


def _in_words(hint: object) -> str:
    """An annotation as it stands in the code."""
    name = hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
    return name.replace("typing.", "")
