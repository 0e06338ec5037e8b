"""One thing held against the receipt of a run, and what came of it.

Owns Check and the comparison of stored values with values made again; what is compared is the
business of training/verify.py and recomputed.py.

Try: python -m training.verify RUN_DIR
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub.errors import UserError

OK, DEVIATES, UNCHECKED = "ok", "DEVIATES", "not checked"
TOLERANCE = 1e-12
_SHOWN = 5
# What reading a damaged file raises: more ways to be wrong than a list of its keys could name.
_DAMAGES = (KeyError, IndexError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class Check:
    """What was held against the receipt.

    kind: receipt, data, split, weights, onnx, tokenizer, decision, predictions, metric, ...
    state: OK, DEVIATES or UNCHECKED; never OK without having looked.
    said: what was found, for a deviation the value there and the value expected.
    """

    kind: str
    state: str
    said: str

    def __str__(self) -> str:
        return f"{self.state:11}  {self.kind:11}  {self.said}"


def check_equal(kind: str, what: str, there: object, expected: object) -> Iterator[Check]:
    """One OK, or a deviation for each of the first differences.

    Numbers may differ by 1e-12. What `there` lacks because it was written by an older program does
    not count; what only it has does.
    """
    differences = list(_differences("", there, expected))
    if not differences:
        yield Check(kind, OK, what)
    for path, seen, wanted in differences[:_SHOWN]:
        name = f"{what}: {path}" if path else what
        yield Check(kind, DEVIATES, f"{name} is {_short(seen)}, expected {_short(wanted)}")
    if len(differences) > _SHOWN:
        yield Check(kind, DEVIATES, f"{what}: {len(differences) - _SHOWN} more values differ")


def guard_checks(kind: str, what: str, checks: Iterator[Check]) -> Iterator[Check]:
    """These checks; where a file cannot be read, a deviation in place of those that are left."""
    try:
        yield from checks
    except UserError as error:
        yield Check(kind, DEVIATES, str(error))
    except _DAMAGES as error:
        damage = f"{type(error).__name__}: {error}"
        yield Check(kind, DEVIATES, f"{what} is damaged, or fits nothing else ({damage:.100})")


def _differences(path: str, there: object, made: object) -> Iterator[tuple[str, object, object]]:
    if isinstance(there, Mapping) and isinstance(made, Mapping):
        for name, value in there.items():
            yield from _differences(_join(path, name), value, made.get(name, "absent"))
    elif isinstance(there, list | tuple) and isinstance(made, list | tuple):
        if len(there) != len(made):
            yield _join(path, "length"), len(there), len(made)
        for index, pair in enumerate(zip(there, made, strict=False)):
            yield from _differences(_join(path, index), *pair)
    elif not _is_same(there, made):
        yield path, there, made


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _is_same(there: object, made: object) -> bool:
    if isinstance(there, float) and isinstance(made, int | float):
        return math.isclose(there, made, rel_tol=0, abs_tol=TOLERANCE)
    return there == made


def _short(value: object) -> str:
    """A value for a line; a container is only named, as it may hold thousands."""
    if isinstance(value, Mapping | list | tuple):
        return f"{type(value).__name__} of {len(value)}"
    return str(value)
