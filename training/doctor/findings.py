"""The part of the data that a finding of the doctor is about, and how a row of it is named.

What is looked for has a module each: copies.py, label_names.py, text_faults.py, drift.py,
languages.py, vocabulary.py, suspects.py. examination.py asks them all. The form of a finding is
inference/runs/data_report.py's.

Try: python -m training.doctor tweets.csv
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from inference.data.records import Example, Records

_MAX_PLACES = 5
_ORDER = ("train", "validation", "test")


@dataclass(frozen=True)
class Part:
    """A given part as the checks read it: N examples, and the whole text of each.

    file is the name of its file, with the folder only where two parts have files of one name.
    """

    name: str
    file: str
    records: Records
    texts: tuple[str, ...]

    @property
    def examples(self) -> tuple[Example, ...]:
        """The rows that can be used."""
        return self.records.examples

    def place(self, index: int) -> str:
        """file:row of the example with this index."""
        return f"{self.file}:{self.examples[index].row}"

    def places(self, indices: Iterable[int]) -> tuple[str, ...]:
        """file:row of the first five."""
        return tuple(map(self.place, islice(indices, _MAX_PLACES)))


def parts_of(by_part: Mapping[str, Records]) -> tuple[Part, ...]:
    """The given records in the order train, validation, test."""
    paths = {name: Path(records.source.path) for name, records in by_part.items()}
    is_clear = len({path.name for path in paths.values()}) == len(paths)
    return tuple(
        Part(
            name,
            paths[name].name if is_clear else str(paths[name]),
            by_part[name],
            _whole_texts(by_part[name].examples),
        )
        for name in sorted(by_part, key=_ORDER.index)
    )


def share_in_words(count: int, of: int) -> str:
    """A share in words: `12 of 3,400 (0.4 %)`."""
    return f"{count:,} of {of:,} ({count / max(1, of):.1%})".replace("%", " %")


def _whole_texts(examples: Sequence[Example]) -> tuple[str, ...]:
    return tuple("\n".join(example.fields.values()) for example in examples)
