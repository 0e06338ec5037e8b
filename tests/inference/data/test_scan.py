"""A file is read through once: its rows counted, its columns named, however large it is."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inference.core.errors import DataError
from inference.data.scan import Kind, scan_file


def jsonl(tmp_path, *rows):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_rows_are_counted_with_those_that_cannot_be_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\na,1\nb\n\nc,2\n")
    found = scan_file(path, ("text",))
    assert (found.rows, found.broken) == (3, 1)
    assert found.columns == {"text": Kind.TEXT, "label": Kind.TEXT}
    assert (found.encoding, found.delimiter) == ("utf-8", ",")
    assert list(found.table().rows) == list(found.first)


def test_json_lines_have_the_keys_of_all_rows(tmp_path):
    found = scan_file(jsonl(tmp_path, {"a": "x"}, {"b": 1}, [], {"a": "y", "c": None}))
    assert found.columns == {"a": Kind.TEXT, "b": Kind.INTEGER, "c": Kind.EMPTY}
    assert (found.rows, found.broken) == (4, 1)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, 2], Kind.INTEGER),
        ([1, 2.5], Kind.NUMBER),
        ([True, False], Kind.BOOLEAN),
        ([True, 1], Kind.MIXED),
        (["a", 1], Kind.MIXED),
        ([{"a": 1}], Kind.MIXED),
        ([2**63], Kind.MIXED),
        ([None], Kind.EMPTY),
    ],
)
def test_a_column_is_as_wide_as_its_values(tmp_path, values, kind):
    rows = [{"a": value} for value in values]
    assert scan_file(jsonl(tmp_path, *rows)).columns == {"a": kind}


def test_parquet_keeps_its_own_types(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"t": ["a"] * 30, "n": range(30)}), path)
    found = scan_file(path)
    assert (found.rows, list(found.columns), found.encoding) == (30, ["t", "n"], None)


def test_too_many_rows_are_refused_before_the_end_is_read(tmp_path):
    path = jsonl(tmp_path, *[{"a": "x"}] * 3)
    with path.open("a") as file:
        file.write("\0" * 10)
    with pytest.raises(DataError, match=r"a\.jsonl has more than 2 rows"):
        scan_file(path, max_rows=2)
    assert scan_file(path, max_rows=4).rows == 4


def test_keys_without_end_are_refused(tmp_path):
    with pytest.raises(DataError, match="more than 1,000 different keys"):
        scan_file(jsonl(tmp_path, {str(key): 1 for key in range(1001)}))


def test_a_header_alone_is_no_table(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\n")
    with pytest.raises(DataError, match=r"a\.csv has no rows"):
        scan_file(tmp_path / "a.csv")
