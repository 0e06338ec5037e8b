"""Tables: a file on disk -> its columns and rows, whatever its format; a copy without some rows.

Which formats there are is formats.py; of delimited text the delimiter is detected, whatever the
ending says. What the rows mean, which column is a text and which a label, is the business of
records.py.

Try: python -c "from pathlib import Path; from inference.data import tables; \
print(tables.open_table(Path('data.csv'), ('text',)).columns)"
"""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from inference.core.errors import DataError
from inference.data import dialects, encoding, formats
from inference.data.delimited import Broken, split_records
from inference.data.encoding import Encoding

_ARCHIVES = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip (or a spreadsheet, which is a zip file inside)"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstandard"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
)

_BATCH_ROWS = 1024

Row = Mapping[str, object] | Broken


@dataclass(frozen=True)
class Table:
    """The columns of a file, and its rows to go through once.

    columns is empty for JSON lines: there every row names its own. encoding is None for parquet,
    delimiter for everything but delimited text of several columns. Rows hold at least the needed
    columns that the file has. At no time is more of the file in memory than a few thousand rows.
    """

    columns: tuple[str, ...]
    encoding: str | None
    delimiter: str | None
    rows: Iterator[Row]


def open_table(
    path: Path,
    needed: Sequence[str],
    column_names: Sequence[str] = (),
    *,
    has_every_column: bool = False,
) -> Table:
    """Open a file for reading; needed are the columns that will be asked for, as far as known.

    has_every_column: rows hold all other columns too.
    column_names: of delimited text without a header; where its first record is just these names,
        it is taken for a header after all.

    Raises:
        DataError: no such file, not a file, an archive, an unknown format, empty, damaged as a
            whole, or with two columns of one name.
    """
    _require_readable(path)
    if formats.is_delimited(path):
        return _open_delimited(path, needed, column_names)
    if column_names:
        raise DataError(
            f"{path} names its own columns, so column_names ({', '.join(column_names)}) has no "
            "use. Leave it out; it is for delimited text without a header."
        )
    if formats.name_of(path) == formats.JSONL:
        return _open_json_lines(path)
    return _open_parquet(path, None if has_every_column else needed)


def without_rows(
    path: Path, rows: frozenset[int], needed: Sequence[str], column_names: Sequence[str] = ()
) -> str | bytes:
    """Return what a file that was read holds, but for the records of these numbers, from 1 on.

    Delimited text has every cell quoted and loses what is broken; other rows stay as they are.
    needed, column_names: as they were given to open_table().
    """
    if formats.is_delimited(path):
        return _delimited_without(open_table(path, needed, column_names), rows, column_names)
    if formats.name_of(path) == formats.JSONL:
        return _json_lines_without(path, rows)
    return _parquet_without(path, rows)


def fingerprint(path: Path) -> str:
    """Return the sha256 of the file's bytes, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_readable(path: Path) -> None:
    if not path.exists():
        raise DataError(f"{path} does not exist (looked from the folder {Path.cwd()}).")
    if not path.is_file():
        raise DataError(f"{path} is a folder or a device; give the path of one file.")
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise DataError(f"{path} cannot be opened: {error.strerror}.") from None
    archive = next((name for mark, name in _ARCHIVES if start.startswith(mark)), None)
    if archive:
        raise DataError(f"{path} is an archive: {archive}. Unpack it and give the file inside.")
    if formats.name_of(path) is None:
        raise DataError(
            f"The ending {path.suffix!r} of {path} says no format that can be read; expected one "
            f"of {', '.join(formats.SUFFIXES)}. Rename the file to what it is, or convert it."
        )
    if not start:
        raise DataError(f"{path} is empty (0 bytes); expected examples.")


def _lines(path: Path, as_encoded: Encoding) -> Iterator[str]:
    with encoding.open_text(path, as_encoded) as file:
        yield from file


def _open_delimited(path: Path, needed: Sequence[str], column_names: Sequence[str]) -> Table:
    as_encoded = encoding.detect(path)

    def read_lines() -> Iterator[str]:
        return _lines(path, as_encoded)

    dialect = dialects.detect(read_lines, needed, column_names)
    records = split_records(read_lines(), dialect)
    first = next(records, None)
    if first is None:
        raise DataError(f"{path} holds nothing but blank lines; expected examples.")
    if isinstance(first, Broken):
        if not column_names:
            raise DataError(f"{path}: the header cannot be read: {first.reason}.")
        header: tuple[str, ...] = ()
    else:
        header = tuple(name.strip() for name in first)
    columns = tuple(column_names) or header
    _require_distinct(path, columns)
    rows = records if header == columns else chain([first], records)
    return Table(columns, as_encoded.name, dialect.delimiter, _named(rows, columns))


def _require_distinct(path: Path, columns: Sequence[str]) -> None:
    twice = [name for name, count in Counter(columns).items() if count > 1 and name]
    if twice:
        raise DataError(
            f"{path} has several columns named {', '.join(map(repr, twice))} (columns seen: "
            f"{', '.join(columns)}). Rename them so that each name stands for one column."
        )


def _named(records: Iterator[list[str] | Broken], columns: tuple[str, ...]) -> Iterator[Row]:
    for cells in records:
        if isinstance(cells, Broken):
            yield cells
        elif len(cells) != len(columns):
            yield Broken(f"{_columns(len(cells))}, expected {len(columns)}")
        else:
            yield dict(zip(columns, cells, strict=True))


def _columns(count: int) -> str:
    return "1 column" if count == 1 else f"{count} columns"


def _delimited_without(table: Table, rows: frozenset[int], column_names: Sequence[str]) -> str:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, delimiter=table.delimiter or ",", quoting=csv.QUOTE_ALL)
    if not column_names:
        writer.writerow(table.columns)
    for number, row in enumerate(table.rows, start=1):
        if number not in rows and not isinstance(row, Broken):
            writer.writerow([row[column] for column in table.columns])
    return sink.getvalue()


def _open_json_lines(path: Path) -> Table:
    as_encoded = encoding.detect(path)
    return Table((), as_encoded.name, None, _parsed(_lines(path, as_encoded)))


def _parsed(lines: Iterator[str]) -> Iterator[Row]:
    for line in lines:
        if text := line.strip(" \t\r\n"):
            yield _object(text)


def _object(text: str) -> Row:
    try:
        # NaN is not JSON, but Python and pandas write it for a missing value.
        value = json.loads(text, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        return Broken(f"not JSON: {error.msg} at character {error.pos + 1}")
    except (ValueError, RecursionError):  # a number of thousands of digits; brackets without end
        return Broken("not JSON that can be read: a number or a nesting without end")
    if isinstance(value, dict):
        return value
    return Broken(f"a JSON {_JSON_TYPES[type(value)]}, expected an object such as {{...}}")


def _json_lines_without(path: Path, rows: frozenset[int]) -> str:
    stripped = (line.strip(" \t\r\n") for line in _lines(path, encoding.detect(path)))
    numbered = enumerate((line for line in stripped if line), start=1)
    return "".join(f"{line}\n" for number, line in numbered if number not in rows)


_JSON_TYPES: dict[type, str] = {
    list: "array",
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
}


def _open_parquet(path: Path, needed: Sequence[str] | None) -> Table:
    # Imported here: reading a text file should not wait for Arrow (0.3 s).
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            columns = tuple(file.schema_arrow.names)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} is not a parquet file that can be read: {error}.") from None
    _require_distinct(path, columns)

    def rows() -> Iterator[Row]:
        try:
            # Not read ahead: that would hold a whole row group, which may be the whole file.
            with pq.ParquetFile(path, pre_buffer=False) as file:
                wanted = [name for name in columns if needed is None or name in needed]
                for batch in file.iter_batches(_BATCH_ROWS, columns=wanted):
                    yield from batch.to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path} is a damaged parquet file: {error}.") from None

    return Table(columns, None, None, rows())


def _parquet_without(path: Path, rows: frozenset[int]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    kept = pa.array([number not in rows for number in range(1, table.num_rows + 1)])
    sink = io.BytesIO()
    pq.write_table(table.filter(kept), sink)
    return sink.getvalue()
