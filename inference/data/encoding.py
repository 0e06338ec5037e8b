"""Encoding: which characters the bytes of a text file stand for, found by trying, never by name.

Order of trial: a byte order mark; UTF-16 without one (every other byte zero); strict UTF-8 over the
whole file; UTF-8 with some broken bytes; the guess of charset-normalizer among the encodings of the
web; cp1252; latin-1, which reads anything. Rows are none of this module's business.

Try: python -c "from pathlib import Path; from inference.data.encoding import detect; \
print(detect(Path('README.md')))"
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from charset_normalizer import from_bytes

from inference.core.errors import DataError

_BLOCK_BYTES = 2**20
_SAMPLE_BYTES = 64 * 2**10

# UTF-32 first: its little-endian mark begins with the one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)

# What browsers read (https://encoding.spec.whatwg.org/#names-and-labels). Left to itself,
# charset-normalizer 3.5.2 calls short western texts DOS and Macintosh code pages.
_WEB_ENCODINGS = [
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"),
    *("iso8859_2", "iso8859_7", "iso8859_15", "koi8_r", "koi8_u", "cp866", "cp874", "mac_roman"),
    *("gb18030", "big5", "cp932", "euc_jp", "cp949"),
]

_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_WIDE_CHARACTER = re.compile("[^\x00-\x7f\udc80-\udcff]")


@dataclass(frozen=True)
class Encoding:
    """How to read a file's bytes.

    name is Python's codec; newline is what ends a line, "\\n" or, in files of old Macintoshes,
    "\\r". Bytes that are not valid UTF-8 come out as lone surrogates (U+DC80 to U+DCFF), so that
    the rows that hold them can be told from the others.
    """

    name: str
    newline: str


def detect(path: Path) -> Encoding:
    """Return the encoding in which the whole file can be read.

    Raises:
        DataError: the file starts with a mark of UTF-16 or UTF-32 and is not that.
    """
    name = _name(path)
    with _open(path, name, newline="") as file:
        start = file.read(_BLOCK_BYTES)
    newline = "\r" if "\r" in start and "\n" not in start else "\n"
    return Encoding(name, newline)


def open_text(path: Path, encoding: Encoding) -> TextIO:
    """Open a file so that its lines end at encoding.newline only, and nothing is translated."""
    return _open(path, encoding.name, encoding.newline)


def _open(path: Path, name: str, newline: str) -> TextIO:
    return path.open(encoding=name, errors=_errors(name), newline=newline)


def _errors(name: str) -> str:
    return "surrogateescape" if name.startswith("utf-8") else "strict"


def _name(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_SAMPLE_BYTES)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if marked in ("utf-16", "utf-32"):
        if not _decodes(path, marked):
            raise DataError(
                f"{path} starts with the mark of {marked} but cannot be read as that: it is "
                "damaged or cut off. Save it again, best as UTF-8."
            )
        return marked
    zeros = _wide_by_zeros(head)
    if zeros and _decodes(path, zeros):
        return zeros
    good, broken = _count_utf8(path)
    # Text of another encoding rarely forms valid sequences by chance (measured: 0.13 good ones to
    # a broken byte), so a majority of good ones means UTF-8 with damage here and there.
    if good > broken or not broken:
        return marked or "utf-8"
    return _legacy(path)


def _wide_by_zeros(head: bytes) -> str | None:
    even, odd = head[0::2], head[1::2]
    half = len(odd) / 2
    if odd.count(0) > half and even.count(0) < half / 10:
        return "utf-16-le"
    if even.count(0) > half and odd.count(0) < half / 10:
        return "utf-16-be"
    return None


def _blocks(path: Path, name: str, errors: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(name)(errors)
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _decodes(path: Path, name: str) -> bool:
    try:
        for _ in _blocks(path, name, "strict"):
            continue
    except UnicodeDecodeError:
        return False
    return True


def _count_utf8(path: Path) -> tuple[int, int]:
    """Return how many characters beyond ASCII are valid UTF-8, and how many bytes are not."""
    good = broken = 0
    for text in _blocks(path, "utf-8", "surrogateescape"):
        if not text.isascii():
            good += len(_WIDE_CHARACTER.findall(text))
            broken += len(_ESCAPED_BYTE.findall(text))
    return good, broken


def _legacy(path: Path) -> str:
    for match in from_bytes(_beyond_ascii(path), cp_isolation=_WEB_ENCODINGS):
        # Coherence 0: it reads as no language at all, so the guess is worth nothing.
        if match.coherence > 0:
            # Several code pages that read the sample alike are one match: the western one is
            # the commonest.
            name = "cp1252" if "cp1252" in match.could_be_from_charset else match.encoding
            if _decodes(path, name):
                return name
    return "cp1252" if _decodes(path, "cp1252") else "latin-1"


def _beyond_ascii(path: Path) -> bytes:
    """Return the first lines that are not plain ASCII: the only ones that tell encodings apart."""
    sample = bytearray()
    with path.open("rb") as file:
        for line in file:
            if not line.isascii():
                sample += line
            if len(sample) >= _SAMPLE_BYTES:
                break
    return bytes(sample[:_SAMPLE_BYTES])
