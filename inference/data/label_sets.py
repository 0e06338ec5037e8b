"""Label sets: what all label cells of a file together mean: problem type, label set, what is set.

One label column makes a single-label problem, unless any row holds a list there or a delimiter is
given; several columns, of 0 and 1, make a multi-label one. One cell is the business of cells.py.

Try: python -c "from inference.data.label_sets import target; \
print(target({'labels': 'late|rude'}, ['labels'], '|', {}))"
"""

from collections.abc import Iterable, Mapping, Sequence

from inference.core.errors import DataError
from inference.data.cells import Unusable, as_flag, as_labels, quote_names, quote_text
from inference.data.problem_types import MULTI, SINGLE

# One label as str; a set of labels as tuple, where the empty one says that none applies.
Target = str | tuple[str, ...]


def target(
    row: Mapping[str, object],
    fields: Sequence[str],
    delimiter: str | None,
    names: Mapping[str, str],
) -> Target:
    """Return what the label columns of one row say; without label columns the empty set.

    names: readable names of labels; one that is not listed is its own.

    Raises:
        Unusable: a label is missing, cannot be text, or is not 0 or 1 in one of several columns.
    """
    if len(fields) == 1:
        labels = as_labels(row.get(fields[0]), fields[0], delimiter)
        if isinstance(labels, str):
            return names.get(labels, labels)
        return tuple(dict.fromkeys(names.get(label, label) for label in labels))
    return tuple(names.get(field, field) for field in fields if as_flag(row.get(field), field))


def problem_type(targets: Iterable[Target], fields: Sequence[str], delimiter: str | None) -> str:
    """Return transformers' word for the problem; empty without label columns."""
    if not fields:
        return ""
    is_multilabel = len(fields) > 1 or delimiter is not None
    return MULTI if is_multilabel or any(isinstance(value, tuple) for value in targets) else SINGLE


def label_set(
    targets: Iterable[Target], fields: Sequence[str], names: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the labels: the columns as given when there are several, else all seen, sorted."""
    if len(fields) > 1:
        return tuple(names.get(field, field) for field in fields)
    return tuple(sorted({label for value in targets for label in _as_set(value)}))


def chosen(target: Target, labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that are set, in the order of the label set.

    Raises:
        Unusable: a label is not in the label set.
    """
    wanted = set(_as_set(target))
    strange = wanted.difference(labels)
    if strange:
        raise Unusable(f"label {quote_text(min(strange))} is none of {quote_names(labels)}")
    return tuple(label for label in labels if label in wanted)


def require_contrast(chosen: Sequence[tuple[str, ...]], fields: Sequence[str], file: str) -> None:
    """Pass when the rows differ in their labels.

    Raises:
        DataError: all rows say the same, so there is nothing to learn.
    """
    distinct = set(chosen)
    if len(distinct) > 1:
        return
    (only,) = distinct
    every = f"all have {quote_names(only)}" if only else "none has any label"
    raise DataError(
        f"{file}: there is nothing to tell apart: of {len(chosen)} examples {every} in "
        f"{quote_names(fields)}. Expected at least two classes; add examples of another one, or "
        "name another label column."
    )


def _as_set(target: Target) -> tuple[str, ...]:
    return (target,) if isinstance(target, str) else target
