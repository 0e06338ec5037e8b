"""Changed labels come first among the suspects; where words tell nothing, nobody is suspected."""

import random

import pytest

from inference.data.problem_types import MULTI, SINGLE
from inference.data.records import Example, Records, Source
from tests.training.doctor.given import parts, unrelated
from training.doctor import suspects
from training.doctor.findings import parts_of


def _part(examples, labels, problem_type):
    source = Source("a.csv", "0" * 64, "utf-8", ",", ("text", "label"))
    read = Records(tuple(examples), (), labels, problem_type, len(examples), source)
    return parts_of({"train": read})[0]


def test_changed_labels_come_first(tmp_path):
    rows = unrelated(400)
    changed = random.Random(1).sample(range(400), 12)
    for row in changed:
        text, label = rows[row]
        rows[row] = (text, {"good": "bad", "bad": "good"}[label])
    (part,) = parts(tmp_path, train=rows)
    found = suspects.find(part, ("bad", "good"), seed=0)
    hits = {one.place for one in found.ranked} & {f"train.csv:{row + 1}" for row in changed}
    assert len(hits) >= 10 and len(found.ranked) <= 12, found.ranked
    assert all(one.given != one.suggested for one in found.ranked)
    qualities = [one.quality for one in found.ranked]
    assert qualities == sorted(qualities) and qualities[0] < 0.3
    assert found.findings[0].code == "suspected_labels"
    assert found.findings[0].places == tuple(one.place for one in found.ranked[:5])


def test_labels_that_are_missing_from_a_set_are_suspected():
    draw = random.Random(0)
    words = {"a": "sun beach sand heat shade".split(), "b": "snow ice frost sledge scarf".split()}
    true = [tuple(label for label in "ab" if draw.random() < 0.5) for _ in range(400)]
    texts = [
        " ".join(["we", "saw", *(word for label in of for word in draw.choices(words[label], k=4))])
        for of in true
    ]
    wrong = [row for row, of in enumerate(true) if of == ("a", "b")][:12]
    given = [("a",) if row in wrong else of for row, of in enumerate(true)]
    examples = [
        Example({"text": text}, labels, row)
        for row, (text, labels) in enumerate(zip(texts, given, strict=True), start=1)
    ]
    found = suspects.find(_part(examples, ("a", "b"), MULTI), ("a", "b"), seed=0)
    hits = {one.place for one in found.ranked[:12]} & {f"a.csv:{row + 1}" for row in wrong}
    assert len(hits) >= 8, found.ranked
    assert (found.ranked[0].given, found.ranked[0].suggested) == (("a",), ("a", "b"))


def test_the_seed_decides_the_folds(tmp_path):
    (part,) = parts(tmp_path, train=unrelated(200))
    labels = ("bad", "good")
    assert suspects.find(part, labels, seed=1) == suspects.find(part, labels, seed=1)


def _random_labels(count, labels):
    draw = random.Random(0)
    return [
        Example({"text": text}, (draw.choice(labels),), row)
        for row, (text, _) in enumerate(unrelated(count), start=1)
    ]


@pytest.mark.parametrize(
    ("count", "labels", "reason"),
    [
        (300, ("a", "b"), "their words hardly tell the labels"),
        (50, ("a", "b"), "50 rows are too few"),
        (300, ("a",), "fewer than two labels"),
    ],
)
def test_where_suspicion_would_be_worthless_none_is_uttered(count, labels, reason):
    found = suspects.find(_part(_random_labels(count, labels), labels, SINGLE), labels, seed=0)
    assert found.ranked == ()
    assert [one.code for one in found.findings] == ["suspects_not_sought"]
    assert reason in found.findings[0].message


def test_a_label_with_a_single_row_does_not_end_the_search(tmp_path):
    rows = [*unrelated(200), ("only me here", "rare")]
    (part,) = parts(tmp_path, train=rows)
    found = suspects.find(part, part.records.labels, seed=0)
    assert all("rare" not in one.given for one in found.ranked)
