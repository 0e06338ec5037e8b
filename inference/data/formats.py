"""Formats: the table files that are read and written, by the ending of their names.

The one list of them. How a format is read, and how rows are taken out of a file, is tables.py; how
scored rows are written is inference/batch/outputs.py. Pages, commands and messages name from here
which files they take.

Try: python -c "from inference.data import formats; print(formats.in_words(), formats.SUFFIXES)"
"""

from dataclasses import dataclass
from pathlib import Path

CSV, TSV, JSONL, PARQUET = "csv", "tsv", "jsonl", "parquet"


@dataclass(frozen=True)
class Format:
    """One format of table files.

    title: what a person calls it. suffixes: the endings of its files, in lower case.
    mime: of a download. delimiter: what is written between the cells of delimited text, while the
        one of a file that is read is detected; None: it is no delimited text.
    """

    title: str
    suffixes: tuple[str, ...]
    mime: str
    delimiter: str | None = None


FORMATS = {
    CSV: Format("CSV", (".csv",), "text/csv", ","),
    TSV: Format("TSV", (".tsv", ".tab", ".txt"), "text/tab-separated-values", "\t"),
    JSONL: Format("JSON lines", (".jsonl", ".ndjson"), "application/x-ndjson"),
    PARQUET: Format("Parquet", (".parquet",), "application/vnd.apache.parquet"),
}
_BY_SUFFIX = {
    suffix: name for name, file_format in FORMATS.items() for suffix in file_format.suffixes
}
SUFFIXES = tuple(_BY_SUFFIX)


def name_of(path: Path) -> str | None:
    """Return the name of the format that the ending of a file says; None if it says none."""
    return _BY_SUFFIX.get(path.suffix.lower())


def recognise(beginning: bytes) -> str:
    """Return the name of the format that content without a file name has, by its beginning."""
    if beginning.startswith(b"PAR1"):
        return PARQUET
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return JSONL
    header = text.partition(b"\n")[0]
    return TSV if b"\t" in header and b"," not in header else CSV


def is_delimited(path: Path) -> bool:
    """Whether all values of a file are text, and its columns nameless but for a header."""
    name = name_of(path)
    return name is not None and FORMATS[name].delimiter is not None


def in_words() -> str:
    """Return the formats as a sentence names them: CSV, TSV, ... or Parquet."""
    *titles, last = (file_format.title for file_format in FORMATS.values())
    return f"{', '.join(titles)} or {last}"
