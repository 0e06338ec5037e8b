"""A schema that contradicts itself is refused, and so is a file that lacks a column of it."""

import pytest

from inference.core.errors import ConfigError, DataError
from inference.data.schema import Schema, require_columns


@pytest.mark.parametrize(
    ("given_schema", "said"),
    [
        ({"text_fields": ()}, "No text field"),
        ({"text_fields": ("a",), "label_fields": ("a",)}, "named twice"),
        ({"text_fields": ("a",), "label_delimiter": "|"}, "exactly one label field"),
        (
            {"text_fields": ("a",), "label_fields": ("b",), "label_delimiter": ""},
            "at least one character",
        ),
        (
            {"text_fields": ("a",), "label_fields": ("b", "c"), "label_names": {"b": "c"}},
            r"two of the label columns one name \(c, c\)",
        ),
        ({"text_fields": ("a",), "column_names": ("a", "a")}, "holds a name twice"),
        ({"text_fields": ("a",), "json_fields": ("b",)}, "json_fields names 'b', which is none of"),
        (
            {"text_fields": ("a",), "label_fields": ("b",), "group_field": "b"},
            "group_field is 'b', which is a label",
        ),
        (
            {"text_fields": ("a",), "label_fields": ("b",), "time_field": "b"},
            "time_field is 'b', which is a label",
        ),
    ],
)
def test_schema_that_contradicts_itself_is_refused(given_schema, said):
    with pytest.raises(ConfigError, match=said):
        Schema(**given_schema)


def test_every_column_that_is_asked_for_is_needed_once():
    schema = Schema(("a", "b"), ("c",), group_field="a", time_field="d")
    assert schema.needed == ("a", "b", "c", "d")
    assert schema.undivided().needed == ("a", "b", "c")


def test_a_missing_column_is_named_with_the_closest_one():
    schema = Schema(("text",), time_field="date")
    with pytest.raises(DataError, match="no column 'date'; columns seen: .* Did you mean 'Date'"):
        require_columns("a.csv", schema, ("text", "Date"))


def test_a_file_without_any_column_is_said_to_hold_no_row():
    with pytest.raises(DataError, match="bad.jsonl has no row that can be read"):
        require_columns("bad.jsonl", Schema(("text",), ("label",)), [])
