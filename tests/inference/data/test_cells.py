"""One cell: exact texts, readable labels, and a reason for what cannot be used."""

from datetime import date
from decimal import Decimal

import pytest

from inference.data.cells import (
    Unusable,
    as_flag,
    as_group,
    as_label,
    as_labels,
    as_text,
    is_blank,
    quote_names,
    quote_text,
)

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  as it is\u2028 ", "  as it is\u2028 "),
        ("NA", "NA"),
        (None, ""),
        (NAN, ""),
        (5, "5"),
        (2.50, "2.5"),
        (True, "true"),
        (Decimal("1.10"), "1.10"),
        (date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_text_is_exact(value, text):
    assert as_text(value, "text") == text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (["a"], "'text' holds a value of type list"),
        (b"a", "type bytes"),
        ("a\0b", "NUL"),
        ("a\udce9", "damaged"),
        ("\ud800", "damaged"),
    ],
)
def test_unusable_text_has_a_reason(value, reason):
    with pytest.raises(Unusable, match=reason):
        as_text(value, "text")


@pytest.mark.parametrize(
    ("value", "label"),
    [(" yes ", "yes"), ("nan", "nan"), ("None", "None"), (1, "1"), (1.0, "1"), (0.5, "0.5")],
)
def test_label_is_readable(value, label):
    assert as_label(value, "label") == label


@pytest.mark.parametrize("value", ["", "  ", None, NAN])
def test_missing_label_has_a_reason(value):
    with pytest.raises(Unusable, match="label 'mood' is missing"):
        as_label(value, "mood")


@pytest.mark.parametrize(
    ("value", "delimiter", "labels"),
    [
        ("a", None, "a"),
        (["b", " a ", "b"], None, ("b", "a")),
        ([], None, ()),
        ([1, 2.0], None, ("1", "2")),
        ("a| b ||a", "|", ("a", "b")),
        ("", "|", ()),
        (["a", "b"], "|", ("a", "b")),
    ],
)
def test_sets_of_labels(value, delimiter, labels):
    assert as_labels(value, "label", delimiter) == labels


@pytest.mark.parametrize("value", [None, ["a", None]])
def test_missing_label_in_a_set_has_a_reason(value):
    with pytest.raises(Unusable, match="missing"):
        as_labels(value, "label", "|")


@pytest.mark.parametrize("value", ["1", " 1 ", "1.0", 1, 1.0, True, "True"])
def test_yes(value):
    assert as_flag(value, "toxic") is True


@pytest.mark.parametrize("value", ["0", "0.0", 0, 0.0, False, "FALSE"])
def test_no(value):
    assert as_flag(value, "toxic") is False


@pytest.mark.parametrize(
    ("value", "reason"), [("2", "'2', expected 0 or 1"), (-1, "'-1'"), ("", "missing")]
)
def test_neither_yes_nor_no_has_a_reason(value, reason):
    with pytest.raises(Unusable, match=reason):
        as_flag(value, "toxic")


@pytest.mark.parametrize("text", ["", " \t\r\n", "\u3000\u2028", "\u200b\ufeff", "\x00\x1c"])
def test_text_that_nobody_can_see_is_blank(text):
    assert is_blank(text)
    assert not is_blank(f"{text}.")


@pytest.mark.parametrize("text", ["🫨", "好", "\U0001fae9", "\ue000"])
def test_text_that_somebody_can_see_is_not_blank(text):
    assert not is_blank(text)


def test_messages_show_no_more_than_a_little_of_a_text():
    assert len(quote_text("x" * 500)) < 50
    assert quote_names([str(n) for n in range(100)]).endswith("'29' and 70 more")


@pytest.mark.parametrize(
    ("value", "group"),
    [(" ann ", "ann"), (7.0, "7"), ("", None), (" \u200b", None), (None, None), (NAN, None)],
)
def test_a_row_without_a_group_belongs_to_none(value, group):
    assert as_group(value, "author") == group
