"""Scan: a table file read through once, before its rows are used: how many, which columns.

Owns the first of the two passes over a file that is to be scored: an output with a header needs the
columns of all rows, a time left needs their number. Keeps none of the rows but the first few.

Try: python -c "from pathlib import Path; from inference.data.scan import scan_file; \
print(scan_file(Path('data.csv')))"
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.core.errors import DataError
from inference.data import tables
from inference.data.delimited import Broken

MAX_COLUMNS = 1000  # JSON lines may name other keys in every row
_FIRST_ROWS = 20


class Kind(enum.Enum):
    """What the values of a column are; missing ones tell nothing."""

    EMPTY = "empty"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    MIXED = "mixed"  # several of these, or values that are lists and objects


@dataclass(frozen=True)
class FileScan:
    """What a file is; reading it again with the same arguments gives the same rows.

    rows: all data records, those that cannot be read too; broken counts the latter.
    columns: name -> kind, in the order of the file; EMPTY for all those of parquet, which has types
        of its own.
    first: the first rows.
    needed, column_names: as they were given to survey().
    """

    path: Path
    sha256: str
    rows: int
    broken: int
    columns: Mapping[str, Kind]
    first: tuple[tables.Row, ...]
    encoding: str | None
    delimiter: str | None
    needed: tuple[str, ...]
    column_names: tuple[str, ...]

    def table(self) -> tables.Table:
        """Open the file again, with all its columns."""
        return _open(self.path, self.needed, self.column_names)


def scan_file(
    path: Path,
    needed: Sequence[str] = (),
    column_names: Sequence[str] = (),
    *,
    max_rows: int | None = None,
) -> FileScan:
    """Read a file through once.

    Raises:
        DataError: it cannot be read, has no rows, more than max_rows of them, or more columns than
            MAX_COLUMNS.
    """
    table = _open(path, needed, column_names)
    is_jsonl = not table.columns
    kind = Kind.TEXT if table.encoding else Kind.EMPTY
    columns = dict.fromkeys(table.columns, kind)
    first: list[tables.Row] = []
    rows = broken = 0
    for row in table.rows:
        rows += 1
        if max_rows is not None and rows > max_rows:
            raise DataError(
                f"{path.name} has more than {max_rows:,} rows, the most that are scored here. "
                "Divide the file, or score it on your machine: python -m inference.batch --help"
            )
        if len(first) < _FIRST_ROWS:
            first.append(row)
        if isinstance(row, Broken):
            broken += 1
        elif is_jsonl:
            _widen(columns, row, path)
    if not rows:
        raise DataError(f"{path.name} has no rows; expected texts below the header.")
    return FileScan(
        path=path,
        sha256=tables.fingerprint(path),
        rows=rows,
        broken=broken,
        columns=columns,
        first=tuple(first),
        encoding=table.encoding,
        delimiter=table.delimiter,
        needed=tuple(needed),
        column_names=tuple(column_names),
    )


def _open(path: Path, needed: Sequence[str], column_names: Sequence[str]) -> tables.Table:
    return tables.open_table(path, needed, column_names, has_every_column=True)


def _widen(columns: dict[str, Kind], row: Mapping[str, object], path: Path) -> None:
    """Make room in the columns for what a row holds."""
    for name, value in row.items():
        seen, kind = columns.get(name, Kind.EMPTY), _kind(value)
        columns[name] = _joined(seen, kind)
    if len(columns) > MAX_COLUMNS:
        raise DataError(
            f"{path.name}: its rows name more than {MAX_COLUMNS:,} different keys; expected about "
            "the same keys in every row. Put what varies into one key, as an object."
        )


def _kind(value: object) -> Kind:
    if value is None:
        return Kind.EMPTY
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int):
        # what no 64 bits hold is written as it stands
        return Kind.INTEGER if abs(value) < 2**63 else Kind.MIXED
    if isinstance(value, float):
        return Kind.NUMBER
    return Kind.TEXT if isinstance(value, str) else Kind.MIXED


def _joined(left: Kind, right: Kind) -> Kind:
    """Return the narrowest kind that holds the values of both."""
    if Kind.EMPTY in (left, right) or left is right:
        return right if left is Kind.EMPTY else left
    return Kind.NUMBER if {left, right} == {Kind.INTEGER, Kind.NUMBER} else Kind.MIXED
