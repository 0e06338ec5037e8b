"""Delimited text: lines -> cells, for a known delimiter and quoting; dialects.py finds those.

A file is read by the letter of RFC 4180, with two additions: quotes inside a quoted cell may be
escaped by a backslash, and a file may use no quoting at all. The module csv of Python is not used:
it drops quotes from cells such as `"Hello" he said` without a word, lets one quote that is never
closed swallow the rest of the file, and gives up at a carriage return inside a cell.

Try: python -c "from inference.data.delimited import Dialect, Quoting, split_records; \
print(list(split_records(['a;b', 'c;d'], Dialect(';', Quoting.NONE))))"
"""

import enum
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

_MAX_CELL_CHARS = 2**20
_NOT_CLOSED = (
    "a cell opens with a quote and is not closed by one before a delimiter or the end of a line; "
    'inside quotes, write a quote as ""'
)


class Quoting(enum.Enum):
    """How a cell holds the delimiter, a line break or a quote."""

    DOUBLED = "doubled"  # "say ""hi"""
    BACKSLASH = "backslash"  # "say \"hi\""
    NONE = "none"  # a quote is a character like any other


@dataclass(frozen=True)
class Broken:
    """A record that cannot be read, and why."""

    reason: str


class _Unread(enum.Enum):
    OPEN = "a quoted cell goes on in the next line"
    MALFORMED = "a quoted cell is followed by something else than a delimiter"


@dataclass(frozen=True)
class Dialect:
    """What divides cells, and how they are quoted; delimiter None: a line is one cell."""

    delimiter: str | None
    quoting: Quoting

    @cached_property
    def _inside(self) -> str:
        # Possessive (+): an unclosed quote costs one pass over the text, not one a quote.
        if self.quoting is Quoting.BACKSLASH:
            return r'"((?:[^"\\]+|\\.|"")*+)'
        return r'"((?:[^"]+|"")*+)'

    @cached_property
    def _closed_cell(self) -> re.Pattern[str]:
        end = rf"(?={re.escape(self.delimiter)}|\r*\Z)" if self.delimiter else r"(?=\r*\Z)"
        return re.compile(rf'{self._inside}" *{end}', re.DOTALL)

    @cached_property
    def _open_cell(self) -> re.Pattern[str]:
        return re.compile(rf"{self._inside}\\?\Z", re.DOTALL)

    def cells(self, record: str) -> list[str] | _Unread:
        """Return the cells of one record, given without its line end."""
        if self.quoting is Quoting.NONE or '"' not in record:
            return record.split(self.delimiter) if self.delimiter else [record]
        cells: list[str] = []
        position = 0
        last_quote = record.rfind('"')
        while position <= last_quote:
            if record.startswith('"', position):
                match = self._closed_cell.match(record, position)
                if match is None:
                    is_open = self._open_cell.match(record, position) is not None
                    return _Unread.OPEN if is_open else _Unread.MALFORMED
                cells.append(self._unquoted(match[1]))
                end = match.end()
                if not self.delimiter or not record.startswith(self.delimiter, end):
                    return cells
            else:
                end = record.find(self.delimiter, position) if self.delimiter else -1
                if end < 0:
                    return [*cells, record[position:]]
                cells.append(record[position:end])
            position = end + 1
        return [*cells, *record[position:].split(self.delimiter)]

    def _unquoted(self, text: str) -> str:
        if self.quoting is Quoting.BACKSLASH:
            return re.sub(r'\\(["\\])|""', lambda match: match[1] or '"', text)
        return text.replace('""', '"')


def split_records(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str] | Broken]:
    """Yield the cells of every record; blank lines are no records.

    lines keep their line ends. After a record that cannot be read, reading goes on with the line
    after its first one, so that one stray quote costs one row.
    """
    source = iter(lines)
    waiting: deque[str] = deque()
    while (line := _next(waiting, source)) is not None:
        record = _without_end(line)
        if not record:
            continue
        cells = dialect.cells(record)
        if cells is _Unread.OPEN:
            parts = _until_closed(line, waiting, source, dialect)
            cells = dialect.cells(_without_end("".join(parts)))
            if isinstance(cells, _Unread):
                waiting.extendleft(reversed(parts[1:]))
        yield Broken(_NOT_CLOSED) if isinstance(cells, _Unread) else cells


def _next(waiting: deque[str], source: Iterator[str]) -> str | None:
    return waiting.popleft() if waiting else next(source, None)


def _without_end(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")


def _until_closed(
    first: str, waiting: deque[str], source: Iterator[str], dialect: Dialect
) -> list[str]:
    """Return the lines of a record whose first line leaves a quoted cell open."""
    parts, size = [first], len(first)
    while size < _MAX_CELL_CHARS and (line := _next(waiting, source)) is not None:
        parts.append(line)
        size += len(line)
        # Inside a cell quotes are doubled or escaped: an odd number of bare ones ends it.
        is_escaping = dialect.quoting is Quoting.BACKSLASH
        bare = re.sub(r"\\.", "", line) if is_escaping else line
        if bare.count('"') % 2:
            break
    return parts
