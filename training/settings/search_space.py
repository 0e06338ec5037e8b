"""Which settings a search may change, and between which values.

Owns the little language of a space, the same on a setting's field, in a recipe and in a flag:

    learning_rate: 3e-5 .. 1e-3 log     any number between the two, by its logarithm
    num_train_epochs: 2 .. 5            whole numbers, where the setting is one
    class_weights: none | sqrt          one of these
    warmup_ratio: fixed                 not searched, whatever the field says

The recipe's own value always belongs to the space, as the first trial has it. Settings that decide
which texts are held back, or what a text is, cannot be searched: their results are not comparable.

Try: python -m training.tune --help
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, get_args, get_origin

from inference.core.errors import ConfigError
from training.settings.groups import Config, Group, Setting, setting

FIXED = "fixed"
_RANGE, _CHOICE, _LOG = "..", "|", "log"

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Range:
    """Numbers from low to high, both included."""

    low: float
    high: float
    is_whole: bool = False
    is_log: bool = False


@dataclass(frozen=True)
class Choices:
    """One of these values, in this order."""

    values: tuple[Value, ...]


Space = Mapping[str, Range | Choices]


class OptunaTrial(Protocol):
    """What optuna.trial.Trial gives here."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = ...) -> float: ...

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = ...) -> int: ...

    def suggest_categorical(self, name: str, choices: tuple[Value, ...]) -> Any: ...


@dataclass(frozen=True)
class SearchConfig(Group):
    """Search"""

    search_space: dict[str, str] = setting({}, changes_weights=False)
    """What training.tune tries, as {"learning_rate": "3e-5 .. 1e-3 log", "loss": "fixed"}; its
    own choice for what is left out."""
    study: str | None = setting(None, changes_weights=False)
    """study.json of the search that chose these settings; it is published with the model."""


def read(config: Config) -> Space:
    """The space of these settings: what the fields declare, overridden by search_space.

    Raises:
        ConfigError: a setting that cannot be searched, or values that it cannot have.
    """
    check(config)
    texts: Mapping[str, str] = config.value("search_space")
    space: dict[str, Range | Choices] = {}
    for its in _searchable(config).values():
        text = texts.get(its.name, _declared(its, config)).strip()
        if text != FIXED:
            space[its.name] = _including(_parse(its, text), config, its)
            _refuse_unusable(space[its.name], config, its.name)
    return space


def check(config: Config) -> None:
    """Raise ConfigError unless search_space names settings that can be searched, and values.

    Whether a value goes with the other settings is not asked here, as a trial's settings carry the
    space that they were drawn from.
    """
    known = _searchable(config)
    for name, text in config.value("search_space").items():
        if name not in known:
            raise ConfigError(
                f"search_space names {name}, which cannot be searched; those that can are "
                f"{', '.join(known)}"
            )
        if text.strip() != FIXED:
            _parse(known[name], text.strip())


def suggest(trial: OptunaTrial, space: Space) -> dict[str, Value]:
    """The values of one trial."""
    return {name: _draw(trial, name, dimension) for name, dimension in space.items()}


def own_values(config: Config, space: Space) -> dict[str, Value]:
    """What the recipe itself says of the searched settings."""
    return {name: config.value(name) for name in space}


def _searchable(config: Config) -> dict[str, Setting]:
    return {name: its for name, its in config.settings().items() if its.search is not None}


def _declared(its: Setting, config: Config) -> str:
    if its.name == "class_weights" and config.value("weighted_sampling"):
        return FIXED  # the two make up for the same thing, and are refused together
    return str(its.search)


def _parse(its: Setting, text: str) -> Range | Choices:
    if _RANGE not in text:
        parts = text.split(_CHOICE)
        return Choices(tuple(_value(its.name, part.strip(), its.hint) for part in parts))
    words = text.replace(_RANGE, f" {_RANGE} ").split()
    try:
        low, dots, high, *rest = words
        ends = float(low), float(high)
    except ValueError:
        dots, rest, ends = "", [], (1.0, 0.0)
    types = {its.hint, *get_args(its.hint)}
    is_whole = int in types
    is_number = is_whole or float in types
    is_usable = dots == _RANGE and rest in ([], [_LOG]) and ends[0] < ends[1] and is_number
    if not is_usable or (rest and ends[0] <= 0) or (is_whole and any(e % 1 for e in ends)):
        raise ConfigError(
            f"search_space: {its.name} is {text!r}; expected two numbers that it can have, the "
            "smaller first, as in `3e-5 .. 1e-3 log` (log needs numbers above 0), or choices as "
            f"in `16 | 32`, or `{FIXED}`"
        )
    return Range(*ends, is_whole, bool(rest))


def _value(name: str, text: str, hint: object) -> Value:
    """A choice as the setting's type reads it."""
    options: tuple[Any, ...] = get_args(hint) or (hint,)
    if get_origin(hint) is not None and text in options:
        return text
    if text == "none" and type(None) in options:
        return None
    if bool in options and text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        if kind in options:
            try:
                return kind(text)
            except ValueError:
                continue
    if str in options:
        return text
    raise ConfigError(f"search_space: {name} has the choice {text!r}, which it cannot have")


def _including(dimension: Range | Choices, config: Config, its: Setting) -> Range | Choices:
    """The same with the recipe's own value, which the first trial has."""
    name, own = its.name, config.value(its.name)
    if isinstance(dimension, Choices):
        return dimension if own in dimension.values else Choices((own, *dimension.values))
    if own is None and _RANGE in str(its.search):
        return dimension  # left open: it has a value once the texts are known
    if own is None:
        raise ConfigError(
            f"search_space: {name} is unset in the recipe, so a range does not hold its value; "
            f"give it a value, or choices as in `none | 8`"
        )
    return replace(dimension, low=min(dimension.low, own), high=max(dimension.high, own))


def _refuse_unusable(dimension: Range | Choices, config: Config, name: str) -> None:
    """Raise ConfigError where the settings refuse a value, before any trial does."""
    ends = dimension.values if isinstance(dimension, Choices) else (dimension.low, dimension.high)
    for end in ends:
        value = int(end) if isinstance(dimension, Range) and dimension.is_whole else end  # type: ignore[arg-type]
        config.with_values(**{"search_space": {}, name: value})


def _draw(trial: OptunaTrial, name: str, dimension: Range | Choices) -> Value:
    if isinstance(dimension, Choices):
        drawn: Value = trial.suggest_categorical(name, dimension.values)
        return drawn
    if dimension.is_whole:
        return trial.suggest_int(
            name, int(dimension.low), int(dimension.high), log=dimension.is_log
        )
    return trial.suggest_float(name, dimension.low, dimension.high, log=dimension.is_log)
