"""Safe CSV: rows -> CSV that a person may open in a spreadsheet without running anything.

A text that a spreadsheet would take for a formula gets an apostrophe in front, which spreadsheets
hide; a plain number such as -0.5 is none. Not covered: a file that is opened with another delimiter
than it was written with, where the middle of a cell can become the beginning of one.

Try: python -c "import sys; from inference.core.safe_csv import write_csv; \
write_csv(sys.stdout, [{'text': '=1+1', 'score': -0.5}])"
"""

import csv
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

# What spreadsheets read as a formula (https://owasp.org/www-community/attacks/CSV_Injection), the
# full-width forms and "%" and "|" too. Apostrophes in front count, so that no two texts look alike
# once they are written. The package defusedcsv 3.0.0 lets tabs and line breaks pass and turns "|"
# into "\|", which changes the text.
_FORMULA = re.compile("'*[=+\\-@\t\r\n%|＝＋－＠]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def write_csv(
    target: Path | IO[str],
    rows: Sequence[Mapping[str, object]],
    *,
    columns: Sequence[str] | None = None,
    delimiter: str = ",",
    has_header: bool = True,
) -> None:
    """Write rows under a header made of the first row's keys, or columns; numbers stay numbers.

    A path is written whole or not at all, as UTF-8 with the mark that spreadsheets need; an open
    text file gets the text alone.
    """
    names = list(columns) if columns is not None else list(rows[0]) if rows else []
    if isinstance(target, Path):
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            _write(csv.writer(file, delimiter=delimiter), names, rows, has_header)
        part.replace(target)
    else:
        _write(csv.writer(target, delimiter=delimiter), names, rows, has_header)


def _write(
    writer: "_Writer", names: list[str], rows: Sequence[Mapping[str, object]], has_header: bool
) -> None:
    if names and has_header:
        writer.writerow([_defused(name) for name in names])
    for row in rows:
        assert list(row) == names, (list(row), names)
        writer.writerow([_defused(value) for value in row.values()])


class _Writer(Protocol):
    """What csv.writer returns; its own type has no public name."""

    def writerow(self, row: Iterable[object], /) -> object: ...


def _defused(value: object) -> object:
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
