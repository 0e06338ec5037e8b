"""Words of a command line and lines of a recipe, put into the form that the flag parser reads.

Owns the spelling (`--push_to_hub` alone, `--text_fields title description`, `--label_field`) and
the refusal of unknown names. It does not know the settings: training/settings/config.py passes
their names.

Try: python -m training.train --learning_rat 1e-4
"""

import difflib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml

from inference.core.errors import ConfigError
from inference.core.yaml_values import yaml_error_line

T = TypeVar("T")
_ALIASES = {
    "label_field": "label_fields",
    "text_field": "text_fields",
    "column_name": "column_names",
    "json_field": "json_fields",
}


@dataclass(frozen=True)
class Names:
    """The names of a command's settings."""

    known: tuple[str, ...]
    lists: frozenset[str]
    """Settings that take several values."""
    switches: frozenset[str]
    """Settings that are true when named without a value."""

    def refuse_unknown(self, name: str, what: str) -> None:
        """Raise ConfigError, with the closest and all known names, unless `name` is one of them."""
        if name in self.known:
            return
        close = difflib.get_close_matches(name, self.known, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise ConfigError(f"unknown {what}: {name}; {hint}known are: {', '.join(self.known)}")


def spell_out(argv: Sequence[str], names: Names) -> list[str]:
    """The same command line, every flag as one word `--name=value`.

    Raises:
        ConfigError: an unknown flag, a stray word, or two values for a flag that takes one.
    """
    result: list[str] = []
    position = 0
    while position < len(argv):
        flag, equals, given = argv[position].partition("=")
        position += 1
        if flag in ("-h", "--help"):
            result.append("--help")
            continue
        name = _flag_name(flag, names)
        values = [given] if equals else []
        while not equals and position < len(argv) and not argv[position].startswith("--"):
            values.append(argv[position])
            position += 1
        result.append(_one_word(name, values, names))
    return result


def take_config_paths(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The values of --config, and the other words."""
    prefix = "--config="
    paths = [word.removeprefix(prefix) for word in words if word.startswith(prefix)]
    return paths, [word for word in words if not word.startswith(prefix)]


def read_config_file(path: str, names: Names, retired: Sequence[str] = ()) -> dict[str, object]:
    """The settings in a recipe or a run.json, every scalar as the string that stands there.

    retired: names that are no settings any more, and are left out with a note.

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
    settings: dict[str, object] = {}
    for key, value in without_retired(values, retired, path).items():
        name = _ALIASES.get(str(key), str(key))
        names.refuse_unknown(name, f"key of {path}")
        settings[name] = [value] if name in names.lists and isinstance(value, str) else value
    return settings


def without_retired(values: Mapping[str, T], retired: Sequence[str], where: str) -> dict[str, T]:
    """The values but those of retired settings, which a note on stderr names."""
    ignored = [name for name in retired if name in values]
    if ignored:
        print(
            f"note: ignored in {where}, no settings any more: {', '.join(ignored)}", file=sys.stderr
        )
    return {name: value for name, value in values.items() if name not in ignored}


def one_line(message: str) -> str:
    """A parser's message in one line, with types and flags as a person writes them."""
    message = re.sub(r"<class '(\w+)'>", r"\1", message)
    message = re.sub(r'Parser key "([\w.]+)":', r"--\1:", message)
    return " ".join(message.split())


def _flag_name(flag: str, names: Names) -> str:
    if not flag.startswith("--"):
        raise ConfigError(f"{flag!r} is not a flag; flags start with --, see --help")
    name, dot, key = flag[2:].partition(".")
    name = _ALIASES.get(name, name)
    if name != "config":
        names.refuse_unknown(name, "flag")
    return name + dot + key


def _one_word(name: str, values: list[str], names: Names) -> str:
    if name in names.lists:
        return f"--{name}={_as_list(name, values)}"
    if len(values) == 1:
        return f"--{name}={values[0]}"
    if values:
        raise ConfigError(f"--{name} takes one value, but {len(values)} were given: {values}")
    if name in names.switches:
        return f"--{name}=true"
    raise ConfigError(f"--{name} needs a value, see --help")


def _as_list(name: str, values: list[str]) -> str:
    if len(values) == 1 and values[0].startswith("["):
        return values[0]
    items = [part.strip() for value in values for part in value.split(",")]
    if not all(items) or not items:
        raise ConfigError(
            f"--{name} needs one or more names, but got {' '.join(values)!r}; for example "
            f"--{name} title description"
        )
    return json.dumps(items, ensure_ascii=False)
