"""Records: the rows of a file or of a Hub dataset -> examples with texts and labels.

Nothing is dropped in silence: every row is an Example or a Rejected with its reason, so
rows_in == len(examples) + len(rejected). A row's number counts the data records from 1: the header
and blank lines are not counted, and a record of several lines counts once. Texts stay exactly as
they are in the file; labels lose the blanks around them.

Formats and encodings are the business of tables.py and the modules below it; finding duplicates,
leaks and look-alike labels is that of training.

Try: python -c "from pathlib import Path; from inference import records; \
print(records.read(Path('data.csv'), records.Schema(('text',), ('label',))).labels)"
"""

import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from inference import tables, targets
from inference.cells import Unusable, as_text, is_blank, listed
from inference.delimited import Broken
from inference.errors import ConfigError, DataError


@dataclass(frozen=True, slots=True)
class Example:
    """One row that can be used: text by field, labels (none when unlabelled), row number from 1."""

    fields: Mapping[str, str]
    labels: tuple[str, ...]
    row: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """One row that cannot be used, and why; its str is `file:row: reason`."""

    file: str
    row: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.reason}"


@dataclass(frozen=True)
class Schema:
    """Which columns hold the texts and which the labels.

    No label field: the rows are unlabelled. One: its value is the label, or a list of labels, or,
    with label_delimiter, labels in one text. Several: a column a label, each 0 or 1. column_names
    are for a delimited file without a header.
    """

    text_fields: tuple[str, ...]
    label_fields: tuple[str, ...] = ()
    label_delimiter: str | None = None
    column_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named = (*self.text_fields, *self.label_fields)
        if not self.text_fields:
            raise ConfigError("No text field is named; name at least one column with text.")
        if len(set(named)) < len(named):
            raise ConfigError(
                f"A column is named twice among the text fields ({', '.join(self.text_fields)}) "
                f"and label fields ({', '.join(self.label_fields)}); name each once. A label "
                "among the texts would give the answer away."
            )
        if self.label_delimiter is not None and (
            len(self.label_fields) != 1 or not self.label_delimiter
        ):
            raise ConfigError(
                f"label_delimiter is {self.label_delimiter!r} with {len(self.label_fields)} label "
                "fields; it needs at least one character and exactly one label field."
            )
        if len(set(self.column_names)) < len(self.column_names):
            raise ConfigError(f"column_names ({', '.join(self.column_names)}) holds a name twice.")

    @property
    def needed(self) -> tuple[str, ...]:
        """Every column that is asked for."""
        return (*self.text_fields, *self.label_fields)


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
    """Read a csv, tsv, txt, jsonl or parquet file, of max_rows rows at most.

    labels are those of the training file when a validation or test file is read: a row with
    another label is rejected, and one single class is then fine.

    Raises:
        DataError: the file cannot be read, a column is missing, no row can be used, or there is
            nothing to tell apart.
    """
    table = tables.open_table(path, schema.needed, schema.column_names)
    if table.columns:
        _require_columns(str(path), schema, table.columns)
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
    target: targets.Target


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
    return _Draft(usable, rejected, tuple(columns))


def _usable(number: int, row: Mapping[str, object], schema: Schema) -> _Usable:
    texts = {field: as_text(row.get(field), field) for field in schema.text_fields}
    if all(map(is_blank, texts.values())):
        raise Unusable(f"no text in {' or '.join(map(repr, texts))}")
    target = targets.target(row, schema.label_fields, schema.label_delimiter)
    return _Usable(number, texts, target)


def _records(
    draft: _Draft, schema: Schema, given: tuple[str, ...] | None, source: Source
) -> Records:
    rows_in = len(draft.usable) + len(draft.rejected)
    if not rows_in:
        raise DataError(f"{source.path} has no rows; expected examples below the header.")
    if draft.columns:
        _require_columns(source.path, schema, source.columns)
    all_targets = [one.target for one in draft.usable]
    fields = schema.label_fields
    problem_type = targets.problem_type(all_targets, fields, schema.label_delimiter)
    labels = targets.label_set(all_targets, fields) if given is None or not fields else given
    examples, rejected = _labelled(draft, labels, source.path)
    if not examples:
        raise DataError(_nothing_usable(source.path, rejected))
    if fields and given is None:
        targets.require_contrast([one.labels for one in examples], fields, source.path)
    assert len(examples) + len(rejected) == rows_in, (len(examples), len(rejected), rows_in)
    return Records(examples, rejected, labels, problem_type, rows_in, source)


def _labelled(
    draft: _Draft, labels: tuple[str, ...], file: str
) -> tuple[tuple[Example, ...], tuple[Rejected, ...]]:
    examples: list[Example] = []
    rejected = list(draft.rejected)
    for one in draft.usable:
        try:
            chosen = targets.chosen(one.target, labels)
        except Unusable as reason:
            rejected.append(Rejected(file, one.row, str(reason)))
        else:
            examples.append(Example(one.fields, chosen, one.row))
    return tuple(examples), tuple(sorted(rejected, key=lambda one: one.row))


def _require_columns(file: str, schema: Schema, columns: Sequence[str]) -> None:
    missing = [name for name in schema.needed if name not in columns]
    if not missing:
        return
    close = [match for name in missing for match in difflib.get_close_matches(name, columns, 1)]
    meant = f" Did you mean {listed(close)}?" if close else ""
    raise DataError(
        f"{file} has no column {listed(missing)}; columns seen: {listed(columns)}.{meant} "
        "Name the columns as the file does; for delimited text without a header, give their "
        "names as column_names."
    )


def _nothing_usable(file: str, rejected: Sequence[Rejected]) -> str:
    shown_first = "; ".join(f"row {one.row}: {one.reason}" for one in rejected[:5])
    return f"{file}: none of the {len(rejected)} rows can be used: {shown_first}."
