"""One file becomes parts by label, by group or by time, and what is left can be learned from."""

import csv
from pathlib import Path

import numpy as np
import pytest

from inference.core.errors import DataError
from inference.data import records
from tests.training.toy import toy_config, toy_examples
from training.data.division import divide_records, thin_examples

SHARES = {"test": 0.2, "validation": 0.1}
LABELS = ("negative", "neutral", "positive")


def _divide(folder: Path, shares=SHARES, label_of=None, **changes):
    """120 toy texts of 30 authors, the first row written last, divided by the settings."""
    path = folder / "all.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "author", "year"])
        for row, example in enumerate(toy_examples(120)):
            label = label_of(row) if label_of else example.labels[0]
            writer.writerow([example.fields["text"], label, f"author {row % 30}", 1900 - row])
    config = toy_config(**changes)
    whole = records.read(path, config.data.schema())
    return divide_records(whole, shares, config.data, seed=config.trainer.seed)


def _rows(division) -> dict[str, list[int]]:
    return {name: [one.row for one in part] for name, part in division.parts.items()}


def test_parts_have_the_shares_of_the_whole_and_nothing_is_lost_or_doubled(tmp_path):
    rows = _rows(_divide(tmp_path))
    assert {name: len(part) for name, part in rows.items()} == {
        "test": 24,
        "validation": 12,
        "train": 84,
    }
    assert sorted(row for part in rows.values() for row in part) == list(range(1, 121))


def test_a_group_is_in_one_part(tmp_path):
    parts = _divide(tmp_path, group_field="author").parts
    authors = {name: {one.group for one in part} for name, part in parts.items()}
    assert sum(map(len, authors.values())) == 30
    assert set.union(*authors.values()) == {f"author {number}" for number in range(30)}
    assert (len(authors["test"]), len(authors["validation"])) == (6, 3)


def test_the_latest_test_the_next_validate_and_the_earliest_train(tmp_path):
    rows = _rows(_divide(tmp_path, time_field="year"))
    assert rows == {
        "test": list(range(1, 25)),
        "validation": list(range(25, 37)),
        "train": list(range(37, 121)),
    }


def test_of_groups_in_time_the_one_written_last_is_tested(tmp_path):
    parts = _divide(tmp_path, time_field="year", group_field="author").parts
    assert {one.group for one in parts["test"]} == {f"author {number}" for number in range(6)}


def test_a_future_that_leaves_one_class_to_train_on_is_refused(tmp_path):
    with pytest.raises(DataError, match="84 texts that are left to train on.*by year, all have"):
        _divide(tmp_path, time_field="year", label_of=lambda row: "new" if row < 36 else "old")


def test_a_part_that_is_not_asked_for_is_not_held_back(tmp_path):
    assert {name: len(rows) for name, rows in _rows(_divide(tmp_path, {"test": 0.2})).items()} == {
        "test": 24,
        "train": 96,
    }


@pytest.mark.parametrize("count", [31, 60, 99])
def test_a_thinned_part_keeps_the_proportions_and_the_order(count):
    kept = thin_examples(toy_examples(200), LABELS, count, seed=0, is_multilabel=False)
    rows = [one.row for one in kept]
    assert len(rows) == count
    assert rows == sorted(rows)
    counts = np.unique([one.labels[0] for one in kept], return_counts=True)[1]
    assert counts.max() - counts.min() <= 1
