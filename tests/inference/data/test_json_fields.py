"""JSON of texts and weights: the weightiest first, in words, and a reason for what is none."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.data.cells import Unusable
from inference.data.json_fields import json_text, weighted_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"raincoat": "0.11", "rain coat": 0.373}', "rain coat 37%; raincoat 11%"),
        ('{"a": 0.2, "b": 0.3, "c": 0.2}', "b 30%; a 20%; c 20%"),
        ('[["a", 1], ["b", 3]]', "b 75%; a 25%"),
        ('{"a": 30, "b": 10}', "a 75%; b 25%"),
        ('{"a": 0.004, "b": 0}', "a 0%; b 0%"),
        ('{"a": 0.5, "a": 0.25}', "a 50%; a 25%"),
        ('["first", "second"]', "first; second"),
        ('[["b", 0.1], "no weight", ["a", 0.2]]', "a 20%; b 10%; no weight"),
        ('{"": 0.9, "重庆": 0.1}', "重庆 10%"),
        ("{}", ""),
        ("[]", ""),
        (" \u3000", ""),
    ],
)
def test_the_weightiest_text_comes_first_with_its_share(text, words):
    assert weighted_words(text, "q") == words


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rain coat", "'q' is not JSON: Expecting value at character 1; expected a list of texts"),
        ('{"a": 0.1', "not JSON"),
        ("[" * 100_000, "not JSON that can be read"),
        ('{"a": ' + "9" * 5000 + "}", "not JSON that can be read"),
        ("5", "'q' is the JSON value '5'"),
        ('"a"', "is the JSON value"),
        ("null", "is the JSON value 'null'"),
        ("[1]", "'q' holds '1'"),
        ('[{"a": 1}]', "'q' holds"),
        ('{"a": "much"}', "the weight of 'a' is 'much', expected a number"),
        ('{"a": -0.1}', "the weight of 'a' is '-0.1'"),
        ('{"a": NaN}', "the weight of 'a' is 'nan'"),
        ('{"a": 1e999}', "the weight of 'a' is 'inf'"),
        ('{"a": true}', "the weight of 'a' is 'True'"),
        ('{"a": {"b": 1}}', "the weight of 'a'"),
        ('["\\u0000"]', "NUL"),
        ('["\\ud800"]', "damaged"),
    ],
)
def test_what_is_no_weighted_text_has_a_reason(text, reason):
    with pytest.raises(Unusable, match=reason):
        weighted_words(text, "q")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (' {"a": 1}', ' {"a": 1}'),
        ({"ä": 0.5}, '{"ä": 0.5}'),
        ([("a", Decimal("0.1"))], '[["a", "0.1"]]'),
        (None, ""),
    ],
)
def test_a_cell_is_kept_as_json_whatever_type_the_format_gave_it(value, text):
    assert json_text(value, "q") == text


@pytest.mark.parametrize("value", [5, b"{}", "{"])
def test_a_cell_that_holds_no_json_is_refused(value):
    with pytest.raises(Unusable):
        json_text(value, "q")


@given(st.dictionaries(st.text("abc好", min_size=1), st.floats(0, 1e300), max_size=6))
def test_no_text_is_lost_whatever_its_weight(weights):
    words = weighted_words(json_text(weights, "q"), "q")
    assert sorted(part.rpartition(" ")[0] for part in words.split("; ") if part) == sorted(weights)


@given(st.text('{}[]":,0.1ea\\\n\0', max_size=40))
def test_no_cell_whatever_it_holds_ends_in_a_crash(text):
    try:
        assert isinstance(weighted_words(text, "q"), str)
    except Unusable as reason:
        assert "'q'" in str(reason)
