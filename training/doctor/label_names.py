"""Labels: names that look alike, labels with too few rows, a part that lacks one.

Owns what can be said of the labels without reading a text. Which single rows are labelled wrongly
is suspects.py's to guess.

Try: python -m training.doctor tweets.csv --label_field sentiment
"""

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from inference.data.cells import quote_names
from inference.data.problem_types import SINGLE
from inference.data.records import Example
from inference.runs.data_report import Finding
from training.data.duplicates import normalised
from training.doctor.findings import Part, share_in_words

_FEW_ROWS = 10  # a tenth for validation is one row: no choice can rest on it
_LARGE_SHARE = 0.9
_ALIKE_RATIO = 0.85  # difflib's; "postive" and "positive" have 0.93
_MISSPELT_SHARE = 0.05  # of the rows of the name that it resembles
_MIN_MISSPELT_CHARS = 5


def count_labels(examples: Iterable[Example]) -> Counter[str]:
    """How many of the examples have each label."""
    return Counter(label for example in examples for label in example.labels)


def find(parts: Sequence[Part], labels: Sequence[str]) -> tuple[Finding, ...]:
    """What is wrong with the labels of the parts, the first of which is trained on."""
    counts = count_labels(parts[0].examples)
    return (
        *_look_alikes(parts[0], labels),
        *_misspelt(parts[0], labels, counts),
        *_rare(parts[0], labels, counts),
        *_one_large(parts[0], counts),
        *(finding for part in parts[1:] for finding in _absent(part, labels)),
    )


def _look_alikes(part: Part, labels: Sequence[str]) -> list[Finding]:
    by_look: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        by_look[re.sub(r"[\W_]+", "", normalised(label)) or label].append(label)
    findings = []
    for names in by_look.values():
        if len(names) < 2:
            continue
        message = (
            f"the labels {quote_names(names)} differ in case, blanks or punctuation only and are "
            "learned as different ones. Write them alike"
        )
        places = _places_of(part, names[1:])
        findings.append(Finding("look_alike_labels", "warning", len(names), message, places))
    return findings


def _misspelt(part: Part, labels: Sequence[str], counts: Counter[str]) -> list[Finding]:
    findings = []
    for label in labels:
        others = [
            other
            for other in labels
            if counts[label] < _MISSPELT_SHARE * counts[other]
            and re.findall(r"\d+", label) == re.findall(r"\d+", other)
        ]
        close = difflib.get_close_matches(label, others, n=1, cutoff=_ALIKE_RATIO)
        if (
            close
            and len(label) >= _MIN_MISSPELT_CHARS
            and normalised(label) != normalised(close[0])
        ):
            message = (
                f"the label {quote_names([label])} ({counts[label]:,} rows) may be a misspelt "
                f"{quote_names(close)} ({counts[close[0]]:,} rows). If so, write it alike"
            )
            places = _places_of(part, [label])
            findings.append(Finding("misspelt_label", "warning", counts[label], message, places))
    return findings


def _rare(part: Part, labels: Sequence[str], counts: Counter[str]) -> list[Finding]:
    rare = [label for label in labels if counts[label] < _FEW_ROWS]
    if not rare:
        return []
    message = (
        f"{len(rare)} of {len(labels)} labels have fewer than {_FEW_ROWS} rows in {part.name}: "
        f"{quote_names(rare)}. No result on them can be believed; add rows, or join labels"
    )
    return [Finding("rare_labels", "warning", len(rare), message, _places_of(part, rare))]


def _one_large(part: Part, counts: Counter[str]) -> list[Finding]:
    rows = len(part.examples)
    (label, count), *_ = counts.most_common(1) or [("", 0)]
    if part.records.problem_type != SINGLE or count <= _LARGE_SHARE * rows:
        return []
    message = (
        f"{share_in_words(count, rows)} rows of {part.name} are labelled {quote_names([label])}: "
        "always saying so is as accurate. Look at MCC, not at accuracy"
    )
    return [Finding("one_large_label", "note", count, message)]


def _absent(part: Part, labels: Sequence[str]) -> list[Finding]:
    counts = count_labels(part.examples)
    absent = [label for label in labels if not counts[label]]
    if not absent or not counts:
        return []
    message = (
        f"no row of {part.name} is labelled {quote_names(absent)}: nothing can be said about "
        f"{'it' if len(absent) == 1 else 'them'} there"
    )
    return [Finding("absent_labels", "warning", len(absent), message)]


def _places_of(part: Part, labels: Sequence[str]) -> tuple[str, ...]:
    wanted = set(labels)
    return part.places(
        index for index, example in enumerate(part.examples) if wanted & set(example.labels)
    )
