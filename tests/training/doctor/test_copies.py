"""Repetition within a part, with other labels, and across parts; unrelated rows raise no alarm."""

from tests.training.doctor.given import parts, unrelated
from training.doctor import copies


def _codes(found):
    return {finding.code: finding.count for finding in found.findings}


def test_a_thousand_unrelated_rows_raise_no_alarm(tmp_path):
    rows = unrelated(1000)
    found = copies.find(
        parts(tmp_path, train=rows[:800], validation=rows[800:900], test=rows[900:])
    )
    assert (found.findings, found.leaks) == ((), ())


def test_every_copy_across_parts_is_found_and_named(tmp_path):
    rows = unrelated(300)
    copied = [(text.upper() + "  ", label) for text, label in rows[40:60]]
    given = parts(tmp_path, train=rows[:200], test=[*rows[200:], *copied])
    found = copies.find(given)
    assert _codes(found) == {"leak": 20}
    (leak,) = found.findings
    assert leak.severity == "error"
    assert leak.places[0] == "test.csv:101 = train.csv:41"
    assert [(one.part, one.row) for one in found.leaks] == [("train", n) for n in range(41, 61)]
    assert found.leaks[0].twin == "test.csv:101"


def test_a_near_copy_across_parts_is_a_warning_apart_from_the_exact_ones(tmp_path):
    long = " ".join(text for text, _ in unrelated(3))
    rows = unrelated(20, seed=1)
    near = (long.replace("n1", "n2"), "bad")
    given = parts(tmp_path, train=[*rows, (long, "bad")], test=[*rows[:3], near])
    found = copies.find(given)
    assert _codes(found) == {"leak": 3, "near_leak": 1}
    (finding,) = (one for one in found.findings if one.code == "near_leak")
    assert (finding.severity, finding.places) == ("warning", ("test.csv:4 = train.csv:21",))
    assert [(one.row, one.is_exact) for one in found.leaks][-1] == (21, False)


def test_a_row_that_leaks_into_two_parts_is_taken_out_once(tmp_path):
    rows = unrelated(30)
    given = parts(tmp_path, train=rows, validation=rows[:2], test=rows[1:3])
    found = copies.find(given)
    assert [(one.part, one.row) for one in found.leaks] == [
        ("train", 1),
        ("train", 2),
        ("train", 3),
        ("validation", 2),
    ]


def test_repetition_within_a_part_is_a_note(tmp_path):
    rows = unrelated(50)
    found = copies.find(parts(tmp_path, train=[*rows, *rows[:5], rows[0]]))
    assert _codes(found) == {"exact_duplicates": 6}
    assert found.findings[0].places == tuple(f"train.csv:{row}" for row in range(51, 56))
    assert found.leaks == ()


def test_one_text_with_two_labels_is_named_with_all_its_rows(tmp_path):
    rows = unrelated(20)
    torn = (rows[0][0], "bad")
    found = copies.find(parts(tmp_path, train=[*rows, torn]))
    (conflict,) = (one for one in found.findings if one.code == "conflicting_labels")
    assert (conflict.count, conflict.places) == (1, ("train.csv:1", "train.csv:21"))
