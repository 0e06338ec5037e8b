"""A file becomes columns and rows, or an error that says what is wrong with it."""

import gzip
import hashlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inference.core.errors import DataError
from inference.data.delimited import Broken
from inference.data.tables import fingerprint, open_table


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_delimited_rows_are_named_by_the_header(tmp_path):
    table = open_table(write(tmp_path, "a.csv", "\ufeff text ;label\r\na, b;1\r\n"), ("text",))
    assert (table.columns, table.encoding, table.delimiter) == (("text", "label"), "utf-8-sig", ";")
    assert list(table.rows) == [{"text": "a, b", "label": "1"}]


@pytest.mark.parametrize("content", ["a\t1\nb\t2\n", "text\tlabel\na\t1\nb\t2\n"])
def test_given_names_stand_for_a_header(tmp_path, content):
    table = open_table(write(tmp_path, "a.txt", content), ("text",), ("text", "label"))
    assert list(table.rows) == [{"text": "a", "label": "1"}, {"text": "b", "label": "2"}]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".tab", ".txt", ".CSV"])
def test_the_delimiter_is_found_whatever_the_ending(tmp_path, ending):
    path = write(tmp_path, f"a{ending}", "text|label\na,b|c\n")
    assert open_table(path, ("text", "label")).delimiter == "|"


def test_wrong_number_of_columns_is_a_broken_row(tmp_path):
    path = write(tmp_path, "a.csv", "text,label\na\nb,1\nc,d,e\n")
    assert list(open_table(path, ("text", "label")).rows) == [
        Broken("1 column, expected 2"),
        {"text": "b", "label": "1"},
        Broken("3 columns, expected 2"),
    ]


def test_json_lines_end_at_line_feeds_only(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"t": "a\u2028b\x85c"}\r\n\n  \n{"t": NaN, "u": [1]}')
    table = open_table(path, ("t",))
    assert (table.columns, table.encoding, table.delimiter) == ((), "utf-8", None)
    assert list(table.rows) == [{"t": "a\u2028b\x85c"}, {"t": None, "u": [1]}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{bad", "not JSON: Expecting property name"),
        ('{"a": 1} x', "Extra data at character 10"),
        ('{"a": "\x01"}', "Invalid control character"),
        ("[1, 2]", "a JSON array, expected an object"),
        ('"text"', "a JSON string"),
        ("null", "a JSON null"),
        ("NaN", "a JSON null"),
        ("[" * 100_000, "not JSON that can be read"),
        ('{"a": ' + "9" * 5000 + "}", "not JSON that can be read"),
    ],
)
def test_line_that_is_no_object_is_a_broken_row(tmp_path, line, reason):
    (row,) = open_table(write(tmp_path, "a.ndjson", line), ("a",)).rows
    assert isinstance(row, Broken)
    assert reason in row.reason


def test_parquet_rows_hold_the_needed_columns(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"t": ["a", None], "y": [["b"], []], "z": [1, 2]}), path)
    table = open_table(path, ("t", "y"))
    assert (table.columns, table.encoding, table.delimiter) == (("t", "y", "z"), None, None)
    assert list(table.rows) == [{"t": "a", "y": ["b"]}, {"t": None, "y": []}]
    whole = open_table(path, ("t",), has_every_column=True)
    assert next(whole.rows) == {"t": "a", "y": ["b"], "z": 1}


def test_damaged_parquet_is_an_error_that_names_the_file(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"t": ["some text"] * 500}), path)
    content = bytearray(path.read_bytes())
    content[4:60] = bytes(56)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.parquet"):
        list(open_table(path, ("t",)).rows)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", "\n\n\r\n", "nothing but blank lines"),
        ("a.csv", '"text,label\n"a ""b""",c\n', "header cannot be read"),
        ("a.csv", "text,label,text\na,b,c\n", "several columns named 'text'"),
        ("a.csv.gz", gzip.compress(b"a", mtime=0), "an archive: gzip. Unpack it"),
        ("a.csv", gzip.compress(b"a", mtime=0), "an archive: gzip. Unpack it"),
        ("a.xlsx", b"PK\x03\x04", "an archive: zip"),
        ("a.json", "{}", "'.json'.*expected one of .csv"),
        ("a", "text\n", "'' of"),
        ("a.parquet", "text,label\n", "not a parquet file"),
    ],
)
def test_unusable_file_is_an_error_that_names_it(tmp_path, name, content, said):
    with pytest.raises(DataError, match=said) as caught:
        list(open_table(write(tmp_path, name, content), ("text",)).rows)
    assert str(tmp_path / name) in str(caught.value)


def test_missing_file_and_folder_are_errors(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        open_table(tmp_path / "a.csv", ())
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        open_table(tmp_path / "b.csv", ())


def test_names_for_a_file_that_has_its_own_are_refused(tmp_path):
    with pytest.raises(DataError, match="names its own columns"):
        open_table(write(tmp_path, "a.jsonl", "{}"), ("text",), ("text",))


def test_fingerprint_is_the_sha256_of_the_bytes(tmp_path):
    path = write(tmp_path, "a.csv", "text\r\na\r\n")
    assert fingerprint(path) == hashlib.sha256(b"text\r\na\r\n").hexdigest()
