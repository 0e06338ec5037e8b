"""Values of a YAML file that a person wrote: read, checked, refused with the place and the value.

YAML reads an unquoted yes as a Boolean and 1 as a number; where a text is meant, both are refused
rather than guessed at. Which keys and values a file may have is its own module's business.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from inference.core.errors import ConfigError


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file.

    Raises:
        ConfigError: the file is missing, not YAML, or holds something else.
    """
    try:
        return require_mapping(yaml.safe_load(path.read_text(encoding="utf-8")), str(path))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; write it, or choose another folder") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not text in UTF-8: {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {yaml_error_line(error)}") from None


def yaml_error_line(error: yaml.YAMLError) -> str:
    """Where a YAML file is wrong, and how; PyYAML itself draws it over several lines."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return " ".join(str(error).split())


def require_mapping(raw: object, where: str) -> dict[str, Any]:
    """Return raw, a mapping with texts as keys. Raises ConfigError, as all below do."""
    if not isinstance(raw, dict) or not all(isinstance(key, str) for key in raw):
        raise ConfigError(f"{where} is {raw!r}; expected names with values (quote yes and no)")
    return raw


def refuse_unknown(raw: Mapping[str, object], known: Sequence[str], where: str) -> None:
    """Raise ConfigError if raw has a key that is not among the known ones."""
    unknown = sorted(set(raw) - set(known))
    if unknown:
        raise ConfigError(
            f"{where}: unknown key(s) {', '.join(unknown)}; known: {', '.join(known)}"
        )


def require_texts(raw: object, where: str) -> tuple[str, ...]:
    """Return raw, a list of at least one text, each of them once."""
    if not isinstance(raw, list) or not raw:
        raise ConfigError(f"{where} is {raw!r}; expected a list of at least one text")
    texts = tuple(require_text(item, where) for item in raw)
    if len(set(texts)) != len(texts):
        raise ConfigError(f"{where} holds a text twice; expected each once")
    return texts


def require_text(raw: object, where: str) -> str:
    """Return raw, a text that is not blank."""
    if not isinstance(raw, str) or not raw.strip():
        raise ConfigError(f"{where} is {raw!r}; expected a text (quote yes, no and numbers)")
    return raw
