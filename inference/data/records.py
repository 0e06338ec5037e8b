"""Records: the rows of a file or of a Hub dataset -> examples with texts and labels.

Nothing is dropped in silence: every row is an Example or a Rejected with its reason, so
rows_in == len(examples) + len(rejected). A row's number counts the data records from 1: the header
and blank lines are not counted, and a record of several lines counts once. Texts stay exactly as
they are in the file; labels lose the blanks around them.

Formats and encodings are the business of tables.py and the modules below it; finding duplicates,
leaks and look-alike labels is that of training.

Try: python -c "from pathlib import Path; from inference.data import records; \
print(records.read(Path('data.csv'), records.Schema(('text',), ('label',))).labels)"
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from inference.core.errors import DataError
from inference.data import label_sets, tables, times
from inference.data.cells import Unusable, as_group, as_text, is_blank
from inference.data.delimited import Broken
from inference.data.json_fields import json_text, weighted_words
from inference.data.schema import (
    Schema,  # also to be had as records.Schema
    require_columns,
)
from inference.data.times import Time


@dataclass(frozen=True, slots=True)
class Example:
    """One row that can be used: text by field, labels (none when unlabelled), row number from 1.

    A field of JSON is still JSON here: Bundle.compose puts it into words. group and time are None
    unless the schema names their columns; a row without a group belongs to none.
    """

    fields: Mapping[str, str]
    labels: tuple[str, ...]
    row: int
    group: str | None = None
    time: Time | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """One row that cannot be used, and why; its str is `file:row: reason`."""

    file: str
    row: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.reason}"


@dataclass(frozen=True)
class Source:
    """Where the rows came from and how they were read.

    sha256 is that of the file's bytes; for rows that come from no file, that of the needed columns
    as JSON. encoding and delimiter are None where the format has none.
    """

    path: str
    sha256: str
    encoding: str | None
    delimiter: str | None
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Records:
    """Everything that was read; problem_type is empty for unlabelled rows."""

    examples: tuple[Example, ...]
    rejected: tuple[Rejected, ...]
    labels: tuple[str, ...]
    problem_type: str
    rows_in: int
    source: Source


def read(
    path: Path,
    schema: Schema,
    *,
    max_rows: int | None = None,
    labels: tuple[str, ...] | None = None,
) -> Records:
    """Read a file of any of the formats, of max_rows rows at most.

    labels are those of the training file when a validation or test file is read: a row with
    another label is rejected, and one single class is then fine.

    Raises:
        DataError: the file cannot be read, a column is missing, no row can be used, or there is
            nothing to tell apart.
    """
    table = tables.open_table(path, schema.needed, schema.column_names)
    if table.columns:
        require_columns(str(path), schema, table.columns)
    draft = _draft(islice(table.rows, max_rows), schema, str(path))
    columns = table.columns or draft.columns
    source = Source(str(path), tables.fingerprint(path), table.encoding, table.delimiter, columns)
    return _records(draft, schema, labels, source)


def from_rows(
    rows: Iterable[Mapping[str, object]],
    schema: Schema,
    *,
    name: str,
    max_rows: int | None = None,
    labels: tuple[str, ...] | None = None,
) -> Records:
    """Read rows that are in memory, of a Hub dataset say; name stands where a file's would.

    Raises:
        DataError: as for read().
    """
    digest = hashlib.sha256()

    def hashed() -> Iterator[Mapping[str, object]]:
        for row in islice(rows, max_rows):
            values = [row.get(field) for field in schema.needed]
            digest.update(json.dumps(values, default=str).encode() + b"\n")
            yield row

    draft = _draft(hashed(), schema, name)
    source = Source(name, digest.hexdigest(), None, None, draft.columns)
    return _records(draft, schema, labels, source)


@dataclass(frozen=True)
class _Usable:
    """A row that can be used as far as it alone can tell."""

    row: int
    fields: Mapping[str, str]
    target: label_sets.Target
    group: str | None
    time: Time | None


@dataclass(frozen=True)
class _Draft:
    usable: list[_Usable]
    rejected: list[Rejected]
    columns: tuple[str, ...]  # of all rows together


def _draft(rows: Iterable[tables.Row], schema: Schema, file: str) -> _Draft:
    usable: list[_Usable] = []
    rejected: list[Rejected] = []
    columns: dict[str, None] = {}
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Broken):
            rejected.append(Rejected(file, number, row.reason))
            continue
        columns.update(dict.fromkeys(row))
        try:
            usable.append(_usable(number, row, schema))
        except Unusable as reason:
            rejected.append(Rejected(file, number, str(reason)))
    if schema.time_field is not None:
        usable = _of_one_kind_of_time(usable, rejected, file)
    return _Draft(usable, rejected, tuple(columns))


def _of_one_kind_of_time(
    usable: list[_Usable], rejected: list[Rejected], file: str
) -> list[_Usable]:
    """Return the rows whose time is of the commoner kind, and reject the others."""
    kinds = [times.kind(candidate.time) for candidate in usable if candidate.time is not None]
    common = max(("date", "number"), key=kinds.count)
    for candidate, kind in zip(usable, kinds, strict=True):
        if kind != common:
            reason = f"its time is a {kind}, most of this column are {common}s: they do not compare"
            rejected.append(Rejected(file, candidate.row, reason))
    return [candidate for candidate, kind in zip(usable, kinds, strict=True) if kind == common]


def _usable(number: int, row: Mapping[str, object], schema: Schema) -> _Usable:
    texts = {
        field: (json_text if field in schema.json_fields else as_text)(row.get(field), field)
        for field in schema.text_fields
    }
    if all(_says_nothing(text, field, schema) for field, text in texts.items()):
        raise Unusable(f"no text in {' or '.join(map(repr, texts))}")
    target = label_sets.target(row, schema.label_fields, schema.label_delimiter, schema.label_names)
    group, time = schema.group_field, schema.time_field
    return _Usable(
        number,
        texts,
        target,
        None if group is None else as_group(row.get(group), group),
        None if time is None else times.as_time(row.get(time), time),
    )


def _says_nothing(text: str, field: str, schema: Schema) -> bool:
    return is_blank(weighted_words(text, field) if field in schema.json_fields else text)


def _records(
    draft: _Draft, schema: Schema, known_labels: tuple[str, ...] | None, source: Source
) -> Records:
    rows_in = len(draft.usable) + len(draft.rejected)
    if not rows_in:
        raise DataError(f"{source.path} has no rows; expected examples below the header.")
    if draft.columns:
        require_columns(source.path, schema, source.columns)
    all_targets = [candidate.target for candidate in draft.usable]
    fields = schema.label_fields
    problem_type = label_sets.problem_type(all_targets, fields, schema.label_delimiter)
    seen = label_sets.label_set(all_targets, fields, schema.label_names)
    labels = seen if known_labels is None or not fields else known_labels
    examples, rejected = _labelled(draft, labels, source.path)
    if not examples:
        raise DataError(_nothing_usable(source.path, rejected))
    if fields and known_labels is None:
        label_sets.require_contrast([example.labels for example in examples], fields, source.path)
    assert len(examples) + len(rejected) == rows_in, (len(examples), len(rejected), rows_in)
    return Records(examples, rejected, labels, problem_type, rows_in, source)


def _labelled(
    draft: _Draft, labels: tuple[str, ...], file: str
) -> tuple[tuple[Example, ...], tuple[Rejected, ...]]:
    examples: list[Example] = []
    rejected = list(draft.rejected)
    for candidate in draft.usable:
        try:
            chosen = label_sets.chosen(candidate.target, labels)
        except Unusable as reason:
            rejected.append(Rejected(file, candidate.row, str(reason)))
        else:
            examples.append(
                Example(candidate.fields, chosen, candidate.row, candidate.group, candidate.time)
            )
    return tuple(examples), tuple(sorted(rejected, key=lambda rejection: rejection.row))


def _nothing_usable(file: str, rejected: Sequence[Rejected]) -> str:
    shown_first = "; ".join(
        f"row {rejection.row}: {rejection.reason}" for rejection in rejected[:5]
    )
    return f"{file}: none of the {len(rejected)} rows can be used: {shown_first}."
