"""Given parts for the tests of the doctor, read from files as a training would."""

import csv
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from inference.data import records
from inference.data.records import Records
from inference.data.schema import Schema
from training.doctor.findings import Part, parts_of

PLAIN = Schema(("text",), ("label",))

_WORDS = {
    "good": "lovely early friendly smooth great thanks happy quick".split(),
    "bad": "late rude dirty awful lost angry broken never".split(),
}
_FILLERS = "the crew flight bag seat gate today again city plane food line desk hour".split()

Row = tuple[str, str]


def unrelated(count: int, seed: int = 0) -> list[Row]:
    """Rows of 12 words, no two alike, whose label follows from four of the words."""
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        label = ("good", "bad")[number % 2]
        words = [*draw.choices(_WORDS[label], k=4), *draw.choices(_FILLERS, k=7), f"n{number}"]
        draw.shuffle(words)
        rows.append((" ".join(words), label))
    return rows


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    """A file with the columns text and label."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return path


def read(folder: Path, rows_of: Mapping[str, Sequence[Row]]) -> dict[str, Records]:
    """The parts train, validation and test of a folder, each written to NAME.csv first."""
    given: dict[str, Records] = {}
    for name, rows in rows_of.items():
        labels = given["train"].labels if given else None
        path = write_csv(folder / f"{name}.csv", rows)
        given[name] = records.read(path, PLAIN, labels=labels)
    return given


def parts(folder: Path, **rows_of: Sequence[Row]) -> tuple[Part, ...]:
    """The same as the checks get them."""
    return parts_of(read(folder, rows_of))
