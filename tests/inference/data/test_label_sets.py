"""The label columns together decide problem type, label set and what is set."""

import pytest

from inference.core.errors import DataError
from inference.data.cells import Unusable
from inference.data.label_sets import chosen, label_set, problem_type, require_contrast, target
from inference.data.problem_types import MULTI, SINGLE


@pytest.mark.parametrize(
    ("row", "fields", "delimiter", "expected"),
    [
        ({"y": "a"}, (), None, ()),
        ({"y": "a"}, ("y",), None, "a"),
        ({"y": ["a", "b"]}, ("y",), None, ("a", "b")),
        ({"y": "a;b"}, ("y",), ";", ("a", "b")),
        ({"p": "1", "q": 0, "r": True}, ("p", "q", "r"), None, ("p", "r")),
    ],
)
def test_target_of_a_row(row, fields, delimiter, expected):
    assert target(row, fields, delimiter, {}) == expected


def test_readable_names_take_the_place_of_those_in_the_file_and_others_stay():
    names = {"0": "no", "p": "polite"}
    assert target({"y": "0"}, ("y",), None, names) == "no"
    assert target({"y": 2}, ("y",), None, names) == "2"
    assert target({"y": ["0", "no", "a"]}, ("y",), None, names) == ("no", "a")
    assert target({"p": "1", "q": 1}, ("p", "q"), None, names) == ("polite", "q")
    assert label_set([()], ("p", "q"), names) == ("polite", "q")


def test_absent_label_column_of_a_row_is_a_missing_label():
    with pytest.raises(Unusable, match="'q' is missing"):
        target({"p": 1}, ("p", "q"), None, {})


@pytest.mark.parametrize(
    ("targets", "fields", "delimiter", "expected"),
    [
        (["a", "b"], ("y",), None, SINGLE),
        (["a", ("b",)], ("y",), None, MULTI),
        ([("a",)], ("y",), ";", MULTI),
        ([()], ("p", "q"), None, MULTI),
        ([()], (), None, ""),
    ],
)
def test_problem_type(targets, fields, delimiter, expected):
    assert problem_type(targets, fields, delimiter) == expected


def test_labels_of_one_column_are_sorted_and_columns_keep_their_order():
    assert label_set(["b", ("c", "a")], ("y",), {}) == ("a", "b", "c")
    assert label_set([("z",)], ("z", "a"), {}) == ("z", "a")


def test_chosen_labels_come_in_the_order_of_the_label_set():
    assert chosen(("a", "z"), ("z", "b", "a")) == ("z", "a")
    assert chosen("b", ("z", "b")) == ("b",)


def test_unknown_label_is_named_with_the_known_ones():
    with pytest.raises(Unusable, match="'c' is none of 'a', 'b'"):
        chosen("c", ("a", "b"))


@pytest.mark.parametrize(
    ("rows", "said"), [([("a",)] * 3, "3 examples all have 'a'"), ([()] * 2, "none has any label")]
)
def test_rows_that_all_say_the_same_are_an_error(rows, said):
    with pytest.raises(DataError, match=said):
        require_contrast(rows, ("y",), "a.csv")
    require_contrast([*rows, ("b",)], ("y",), "a.csv")
