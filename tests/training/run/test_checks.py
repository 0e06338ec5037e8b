"""Stored values against values made again."""

import pytest

from training.run.checks import DEVIATES, OK, check_equal


@pytest.mark.parametrize(
    "there, made",
    [
        ({"mcc": 0.5}, {"mcc": 0.5 + 1e-13}),
        ({"f1": [0.5, None]}, {"f1": (0.5, None)}),
        ({"a": 1}, {"a": 1, "new": 2}),  # an older program knew less
        ("x", "x"),
    ],
)
def test_what_is_equal_is_one_check_that_holds(there, made):
    (check,) = check_equal("metric", "metrics.json", there, made)
    assert (check.kind, check.state, check.said) == ("metric", OK, "metrics.json")


@pytest.mark.parametrize(
    "there, made, said",
    [
        ({"mcc": 0.5}, {"mcc": 0.5 + 1e-11}, "m: mcc is 0.5, expected 0.50000000001"),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "m: a.b.1 is 2, expected 3"),
        ({"mcc": 0.5}, {"mcc": None}, "m: mcc is 0.5, expected None"),
        ({"mcc": None}, {"mcc": 0.5}, "m: mcc is None, expected 0.5"),
        ({"a": 1}, {}, "m: a is 1, expected absent"),
        ([1], [1, 2], "m: length is 1, expected 2"),
        ({"a": [1]}, {"a": {"b": 1}}, "m: a is list of 1, expected dict of 1"),
        ("x", "y", "m is x, expected y"),
    ],
)
def test_a_difference_is_named_with_its_place_and_both_values(there, made, said):
    (check,) = check_equal("metric", "m", there, made)
    assert (check.state, check.said) == (DEVIATES, said)


def test_many_differences_are_counted_after_the_first_five():
    checks = list(check_equal("split", "ids", list(range(20)), [0] * 20))
    assert len(checks) == 6
    assert checks[-1].said == "ids: 14 more values differ"
