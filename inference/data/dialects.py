"""Dialects: which delimiter and quoting a file of delimited text really uses.

Found by reading the beginning of the file in every way and counting the records that come out with
as many cells as there are columns; the header must hold the columns that are asked for. So the
answer is checked, not guessed: of the files tried, clevercsv 0.8.5 took "•" for the delimiter of
the iOS app descriptions, and "@" and "," for those of one-column files of tweets and sentences.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from inference.data.delimited import Broken, Dialect, Quoting, split_records

DELIMITERS = (",", "\t", ";", "|")

# Records read to tell the delimiter (15 dialects are tried) and then the quoting (3 are).
_DELIMITER_RECORDS = 300
_QUOTING_RECORDS = 20_000

ReadLines = Callable[[], Iterator[str]]


@dataclass(frozen=True, order=True)
class _DialectFit:
    """How well a dialect fits; greater is better, and the first field decides first."""

    needed: int  # columns that are asked for and in the header
    fitting_share: float  # of the records, in [0, 1]
    columns: int
    broken: int = field(compare=False)
    holding: int = field(compare=False)  # records with a delimiter or line break inside a cell


def detect(read_lines: ReadLines, needed: Sequence[str], column_names: Sequence[str]) -> Dialect:
    """Return the dialect in which the most records have as many cells as there are columns.

    read_lines starts at the beginning of the file each time. A dialect whose header holds more
    of the needed columns goes before all others. Where none is needed, one of more columns does, if
    the records fit it about as well, as any file can be read as one column. With column_names the
    file has no header. Of equally good dialects the one with fewer assumptions wins: one column,
    quotes doubled.
    """

    def fits(dialects: Sequence[Dialect], count: int, is_rough: bool) -> dict[Dialect, _DialectFit]:
        by_dialect: dict[Dialect, _DialectFit] = {}
        for dialect in dialects:
            records = list(islice(split_records(read_lines(), dialect), count))
            fit = _fit(records, dialect.delimiter, needed, column_names, is_rough)
            by_dialect[dialect] = fit
            if not is_rough and (fit.needed, fit.fitting_share) == (len(needed), 1.0):
                break
        return by_dialect

    every = [
        Dialect(delimiter, quoting) for delimiter in (None, *DELIMITERS) for quoting in Quoting
    ]
    tried = fits(every, _DELIMITER_RECORDS, is_rough=not needed)
    delimiter = max(tried, key=tried.__getitem__).delimiter
    of_delimiter = [Dialect(delimiter, quoting) for quoting in Quoting]
    tried = fits(of_delimiter, _QUOTING_RECORDS, is_rough=False)
    literal = tried.pop(Dialect(delimiter, Quoting.NONE), None)
    quoted = max(tried, key=tried.__getitem__)
    if literal is None or literal <= tried[quoted]:
        return quoted
    if literal.needed > tried[quoted].needed:
        return Dialect(delimiter, Quoting.NONE)
    # A damaged row or two do not make a file one without quoting.
    doubled = _doubled_quotes(islice(read_lines(), _QUOTING_RECORDS), delimiter)
    is_quoted = tried[quoted].holding + doubled >= tried[quoted].broken
    return quoted if is_quoted else Dialect(delimiter, Quoting.NONE)


def _fit(
    records: Sequence[list[str] | Broken],
    delimiter: str | None,
    needed: Sequence[str],
    column_names: Sequence[str],
    is_rough: bool,
) -> _DialectFit:
    first = records[0] if records else Broken("no records")
    header = list(column_names) or ([] if isinstance(first, Broken) else first)
    read = [cells for cells in records if isinstance(cells, list)]
    fitting = sum(len(cells) == len(header) for cells in read)
    inside = ("\n", delimiter or "\n")
    holding = sum(any(mark in cell for cell in cells for mark in inside) for cells in read)
    present = len(set(needed) & {name.strip() for name in header})
    share = fitting / max(1, len(records))
    return _DialectFit(
        needed=present,
        # Where columns are missing or not known yet, more of them say more than the last misfit.
        fitting_share=round(share, 1) if is_rough or present < len(needed) else share,
        columns=len(header),
        broken=len(records) - len(read),
        holding=holding,
    )


def _doubled_quotes(lines: Iterator[str], delimiter: str | None) -> int:
    """Count the lines with a quoted cell that holds a doubled quote."""
    edge = re.escape(delimiter) if delimiter else r"(?!)"  # (?!) matches nowhere
    cell = rf'(?:\A|{edge})"(?=[^"]*""[^"])(?:[^"]+|"")*+"(?={edge}|\s*\Z)'
    pattern = re.compile(cell)
    return sum(pattern.search(line) is not None for line in lines)
