"""Labels that look alike, are misspelt, rare, too common, or absent from a part."""

import pytest

from tests.training.doctor.given import parts, unrelated
from training.doctor import label_names


def _rows(**counts):
    texts = iter(text for text, _ in unrelated(sum(counts.values())))
    return [(next(texts), label) for label, count in counts.items() for _ in range(count)]


def _find(folder, **rows_of):
    given = parts(folder, **rows_of)
    return label_names.find(given, given[0].records.labels)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Positive", "positive"), ("very good", "very_good"), ("a-b", "A B"), ("ﬁne", "fine")],
)
def test_labels_that_differ_in_case_or_blanks_are_named(tmp_path, one, other):
    (finding,) = _find(tmp_path, train=_rows(**{one: 20, other: 20, "else": 20}))
    assert finding.code == "look_alike_labels"
    assert repr(one) in finding.message and repr(other) in finding.message
    assert finding.severity == "warning" and len(finding.places) == 5


@pytest.mark.parametrize(
    ("label", "is_suspected"),
    [("postive", True), ("positives", True), ("negative", False), ("po", False)],
)
def test_a_rare_label_close_to_a_common_one_may_be_misspelt(tmp_path, label, is_suspected):
    found = _find(tmp_path, train=_rows(positive=500, neutral=500, **{label: 12}))
    assert [one.code for one in found] == ["misspelt_label"] * is_suspected


def test_numbered_labels_are_no_misspellings(tmp_path):
    rows = _rows(**{"topic 1": 500, "topic 10": 20, "topic 2": 500})
    assert _find(tmp_path, train=rows) == ()


def test_labels_with_few_rows_are_named_with_their_rows(tmp_path):
    (finding,) = _find(tmp_path, train=_rows(a=20, b=20, c=9))
    assert (finding.code, finding.count) == ("rare_labels", 1)
    assert "'c'" in finding.message and finding.places[0] == "train.csv:41"


def test_one_label_on_nearly_all_rows_is_a_note(tmp_path):
    (finding,) = _find(tmp_path, train=_rows(yes=190, no=10))
    assert (finding.code, finding.severity, finding.count) == ("one_large_label", "note", 190)


def test_a_label_that_a_part_lacks_is_named(tmp_path):
    (finding,) = _find(tmp_path, train=_rows(a=20, b=20, c=20), test=_rows(a=4, c=4))
    assert finding.code == "absent_labels"
    assert finding.message.startswith("no row of test is labelled 'b'")
