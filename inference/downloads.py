"""Downloads: rows -> CSV that a person may open in a spreadsheet without running anything.

A text that a spreadsheet would take for a formula gets an apostrophe in front, which spreadsheets
hide. Not covered: a file that is opened with another delimiter than the comma, where the middle of
a cell can become the beginning of one.

Try: python -c "import sys; from inference.downloads import write_csv; \
write_csv(sys.stdout, [{'text': '=1+1', 'score': -0.5}])"
"""

import csv
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

# What spreadsheets read as a formula (https://owasp.org/www-community/attacks/CSV_Injection), the
# full-width forms and "%" and "|" too. Apostrophes in front count, so that no two texts look alike
# once they are written. The package defusedcsv 3.0.0 lets tabs and line breaks pass and turns "|"
# into "\|", which changes the text.
_FORMULA = re.compile("'*[=+\\-@\t\r\n%|＝＋－＠]")


def write_csv(target: Path | IO[str], rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows under a header made of the first row's keys; numbers stay numbers.

    A path is written whole or not at all, as UTF-8 with the mark that spreadsheets need; an open
    text file gets the text alone.
    """
    if isinstance(target, Path):
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            _write(file, rows)
        part.replace(target)
    else:
        _write(target, rows)


def _write(file: IO[str], rows: Sequence[Mapping[str, object]]) -> None:
    writer = csv.writer(file)
    names = list(rows[0]) if rows else []
    if names:
        writer.writerow(map(_defused, names))
    for row in rows:
        assert list(row) == names, (list(row), names)
        writer.writerow(map(_defused, row.values()))


def _defused(value: object) -> object:
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    return value
