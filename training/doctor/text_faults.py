"""Faults of single texts: damaged, escaped, swallowed, empty, too short or too long ones.

Owns what one text, or the file it came from, shows by itself; what needs other texts to be seen is
copies.py's. A fault is found by its look, so a text about HTML has some: each is worth a glance.

Try: python -m training.doctor tweets.csv
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from inference.data.cells import is_blank
from inference.runs.data_report import Finding, Severity
from training.doctor.findings import Part, share_in_words

# UTF-8 read as cp1252 or latin-1, the replacement character, control characters of latin-1.
_DAMAGED = re.compile(r"Ã[\u0080-\u00bf\u0192\u201a-\u2022]|â€|ðŸ|ï»¿|[\ufffd\x80-\x84\x86-\x9f]")
_ESCAPED = re.compile(
    r"&(?:amp|lt|gt|quot|apos|nbsp|#x?[0-9a-fA-F]+);|\\u[0-9a-fA-F]{4}|\\n|<br ?/?>"
)
_PLACEHOLDERS = frozenset(
    "na n/a #n/a nan none null nil undefined unknown - -- ? . empty [deleted] [removed]".split()
)
_FEW_CHARS = 2
_BYTES_A_TOKEN = 4  # of English; an estimate for all, since no tokenizer is opened here


@dataclass(frozen=True)
class _Fault:
    code: str
    severity: Severity
    is_seen: Callable[[str], object]
    says: str


_FAULTS = (
    _Fault(
        "damaged_characters",
        "warning",
        _DAMAGED.search,
        "hold characters such as Ã© or \ufffd: the file was saved once in a wrong encoding. Export "
        "it again as UTF-8",
    ),
    _Fault(
        "escaped_characters",
        "note",
        _ESCAPED.search,
        "hold leftovers of HTML or JSON such as &amp; or \\n. Texts to be classified later must "
        "have them too, or none",
    ),
    _Fault(
        "placeholder_texts",
        "warning",
        lambda text: text.strip().lower() in _PLACEHOLDERS,
        "are only a word for nothing, such as NA or null: they teach nothing. Remove the rows",
    ),
    _Fault(
        "very_short_texts",
        "note",
        lambda text: len(text.strip()) <= _FEW_CHARS,
        f"have {_FEW_CHARS} characters at most",
    ),
    _Fault(
        "stray_quotes",
        "note",
        lambda text: text.count('"') % 2 == 1 and (text[:1] == '"' or text[-1:] == '"'),
        "begin or end with a quote without its partner: look whether the file quotes its cells "
        'as other programs read it, a quote inside written as ""',
    ),
)


def find(part: Part, *, max_tokens: int) -> tuple[Finding, ...]:
    """The faults of a part; texts of more than about max_tokens tokens are over-long."""
    return (
        *_rejected(part),
        *_encoding(part),
        *(finding for fault in _FAULTS for finding in _seen(part, fault)),
        *_swallowed(part),
        *_empty_fields(part),
        *_over_long(part, max_tokens),
    )


def _found(
    part: Part, code: str, severity: Severity, indices: list[int], says: str
) -> Iterator[Finding]:
    if indices:
        message = f"{share_in_words(len(indices), len(part.texts))} texts of {part.name} {says}"
        yield Finding(code, severity, len(indices), message, part.places(indices))


def _seen(part: Part, fault: _Fault) -> Iterator[Finding]:
    indices = [index for index, text in enumerate(part.texts) if fault.is_seen(text)]
    return _found(part, fault.code, fault.severity, indices, fault.says)


def _rejected(part: Part) -> Iterator[Finding]:
    """Rows that cannot be used: delimiters, quotes, missing texts and labels, unknown labels."""
    rejected = part.records.rejected
    if not rejected:
        return
    kinds = Counter(re.sub(r"'[^']*'|\d+", "…", rejection.reason) for rejection in rejected)
    reasons = "; ".join(f"{count:,}: {kind}" for kind, count in kinds.most_common(3))
    message = (
        f"{share_in_words(len(rejected), part.records.rows_in)} rows of {part.name} cannot be used "
        f"and are left out: {reasons}"
    )
    places = tuple(f"{part.file}:{rejection.row}" for rejection in rejected[:5])
    yield Finding("rejected_rows", "warning", len(rejected), message, places)


def _encoding(part: Part) -> Iterator[Finding]:
    encoding = part.records.source.encoding
    if encoding is None or encoding.startswith("utf-8"):
        return
    message = (
        f"{part.file} is not UTF-8; it was read as {encoding}, which is a guess "
        "unless the file is marked. If texts look wrong, save it as UTF-8"
    )
    yield Finding("other_encoding", "note", 1, message)


def _swallowed(part: Part) -> Iterator[Finding]:
    """Texts of a delimited file that hold a whole line of the file: a quote was never closed."""
    source = part.records.source
    delimiter, labels = source.delimiter, part.records.labels
    if delimiter is None:
        return
    flags = [source.columns.index(label) for label in labels if label in source.columns]

    def is_record(line: str) -> bool:
        cells = [cell.strip(' "\r') for cell in line.split(delimiter)]
        if len(cells) != len(source.columns):
            return False
        # Commas are common in prose, so the labels must be there too: by their columns or by name.
        if len(flags) == len(labels):
            return all(cells[column] in ("0", "1") for column in flags)
        return not set(labels).isdisjoint(cells)

    indices = [
        index
        for index, text in enumerate(part.texts)
        if "\n" in text and any(map(is_record, text.split("\n")[1:]))
    ]
    says = "hold a line that looks like a row of its own: a quote before it is not closed"
    yield from _found(part, "swallowed_rows", "warning", indices, says)


def _empty_fields(part: Part) -> Iterator[Finding]:
    if not part.examples or len(part.examples[0].fields) < 2:
        return
    for field in part.examples[0].fields:
        indices = [i for i, example in enumerate(part.examples) if is_blank(example.fields[field])]
        yield from _found(part, "empty_fields", "note", indices, f"have nothing in {field!r}")


def _over_long(part: Part, max_tokens: int) -> Iterator[Finding]:
    limit = max_tokens * _BYTES_A_TOKEN
    indices = [index for index, text in enumerate(part.texts) if len(text.encode()) > limit]
    says = (
        f"have more than about {max_tokens} tokens. Training reads their beginnings only, or with "
        "--long_texts windows another part of each every epoch; the model reads all parts when it "
        "answers"
    )
    yield from _found(part, "over_long_texts", "note", indices, says)
