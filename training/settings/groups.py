"""Settings in groups: a setting is a field of a group, and a command has several groups.

Owns how a setting is declared (its default, what --help says of it, the values that it may have),
and how settings are written, changed and compared. Outside this folder a function takes the group
that it reads. Flags, recipes and run.json know no groups: there every setting stands by its name.

Try: python -m training.train --help
"""

import ast
import difflib
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, get_args, get_origin, get_type_hints

from inference.core.errors import ConfigError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
else:
    DataclassInstance = object


def setting(
    default: Any,
    *,
    between: tuple[float, float] | None = None,
    search: str | None = None,
    changes_weights: bool = True,
) -> Any:
    """A field of a group; the docstring below it is what --help says of it.

    between: the least and the greatest number.
    search: what training.tune tries, as search_space.py reads it; None: it cannot be searched.
    changes_weights: False where the weights of a finished run are the ones asked for whatever it
        says, as of a name on the card.
    """
    metadata = {
        "between": between,
        "search": search,
        "changes_weights": changes_weights,
    }
    if isinstance(default, dict):
        return field(default_factory=default.copy, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Setting:
    """A setting of a command: its name, its group, and what its field says of it."""

    name: str
    group: str
    hint: Any
    default: object
    between: tuple[float, float] | None
    search: str | None
    changes_weights: bool

    def check(self, value: object) -> None:
        """Raise ConfigError unless a value of the right type is one that it may have."""
        choices = get_args(self.hint) if get_origin(self.hint) is Literal else ()
        if choices and value not in choices:
            raise ConfigError(
                f"{self.name} is {value!r}, it must be one of {', '.join(map(str, choices))}"
            )
        if self.between and isinstance(value, int | float):
            low, high = self.between
            if not low <= value <= high:
                raise ConfigError(
                    f"{self.name} is {value}, it must be between {low:g} and {high:g}"
                )


def descriptions_of(group: "Group") -> dict[str, str]:
    """What stands below each field of a group, by its name."""
    described: dict[str, str] = {}
    for kind in type(group).__mro__:
        if not issubclass(kind, Group) or kind is Group:
            continue
        (definition,) = ast.parse(inspect.getsource(kind)).body
        assert isinstance(definition, ast.ClassDef), kind
        for node, below in pairwise(definition.body):
            if isinstance(node, ast.AnnAssign) and isinstance(below, ast.Expr):
                text = ast.literal_eval(below.value)
                described[ast.unparse(node.target)] = " ".join(text.split())
    return described


class Group(DataclassInstance):
    """Some settings that are read together: a base of frozen dataclasses, all fields setting()."""

    def __post_init__(self) -> None:
        for name, its in self.settings().items():
            its.check(getattr(self, name))

    def settings(self, group: str = "") -> dict[str, Setting]:
        """The settings by name, their defaults being the values of this group."""
        hints = get_type_hints(type(self))
        return {
            entry.name: Setting(
                entry.name, group, hints[entry.name], getattr(self, entry.name), **entry.metadata
            )
            for entry in fields(self)
        }


class Config(DataclassInstance):
    """All settings of a command: a base of frozen dataclasses, each field of which is a Group.

    The default of a field is a group with the values that the command has for it.
    """

    RETIRED: ClassVar[tuple[str, ...]] = ()
    """Names that earlier versions wrote into run.json, and that say nothing any more."""

    @classmethod
    def groups(cls) -> dict[str, Group]:
        """The groups by name, with the values that the command has for them."""
        groups: dict[str, Group] = {}
        for group in fields(cls):
            assert isinstance(group.default, Group), f"{cls.__name__}.{group.name} has no default"
            groups[group.name] = group.default
        return groups

    @classmethod
    def settings(cls) -> Mapping[str, Setting]:
        """Every setting by name, in the order of --help."""
        return _settings_of(cls)

    @classmethod
    def of(cls, **values: object) -> Self:
        """The defaults but for these settings, each by its own name.

        Raises:
            ConfigError: an unknown name, or values that cannot be used or do not go together.
        """
        return cls(**_replaced(cls.groups(), cls, values))

    def with_values(self, **values: object) -> Self:
        """The same settings but for these. Raises ConfigError as of() does."""
        groups = {group.name: getattr(self, group.name) for group in fields(self)}
        return type(self)(**_replaced(groups, type(self), values))

    def value(self, name: str) -> Any:
        """The value of a setting by its name."""
        return getattr(getattr(self, self.settings()[name].group), name)

    def as_dict(self) -> dict[str, object]:
        """All settings as JSON and YAML can hold them (tuples become lists)."""
        values = {name: self.value(name) for name in self.settings()}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        }

    def weights_identity(self) -> dict[str, object]:
        """The settings on which the weights depend; the data is compared beside them, by hash."""
        known = self.settings()
        values = self.as_dict()
        return {name: values[name] for name in values if known[name].changes_weights}


def refuse_unknown(name: str, what: str, known: Iterable[str]) -> None:
    """Raise ConfigError, with the closest and all known names, unless `name` is one of them."""
    names = list(known)
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise ConfigError(f"unknown {what}: {name}; {hint}known are: {', '.join(names)}")


@cache
def _settings_of(kind: type[Config]) -> Mapping[str, Setting]:
    settings: dict[str, Setting] = {}
    for name, group in kind.groups().items():
        settings |= group.settings(name)
    return settings


def _replaced(
    groups: Mapping[str, Any], kind: type[Config], values: Mapping[str, object]
) -> dict[str, Any]:
    """The groups with these values in them."""
    by_group: dict[str, dict[str, object]] = {name: {} for name in groups}
    for name, value in values.items():
        refuse_unknown(name, "key", kind.settings())
        by_group[kind.settings()[name].group][name] = value
    return {name: replace(group, **by_group[name]) for name, group in groups.items()}
