"""The dialect is the one in which the file's rows fit its columns."""

import io

import pytest

from inference.data.delimited import Quoting, split_records
from inference.data.dialects import detect

JSON_CELL = '{"a b": "0.018", "c, d": "0.373"}'


def found(text, needed, column_names=()):
    return detect(lambda: iter(io.StringIO(text, newline="\n")), needed, column_names)


@pytest.mark.parametrize(
    ("text", "needed", "delimiter"),
    [
        ("text,label\na,b\n", ("text", "label"), ","),
        ("text;label\nwith, comma;b\n", ("text", "label"), ";"),
        ("text|label\na, b; c|d\n", ("text", "label"), "|"),
        ("text\tlabel\na,b,c\td\ne,f,g\th\n", ("text", "label"), "\t"),
        ("text\nhello, world, and all\nyes; no\na\tb\n", ("text",), None),
        ("text\n@user hi | you\n@user oh; sure\n", ("text",), None),
        ('"text","label"\n"a, b; c","d"\n', ("text", "label"), ","),
        ("id,text\n1,a; b; c\n2,d; e; f\n", ("text",), ","),
        ("a,b\n1,2\n3,4\n", ("text",), ","),
        ("txt,label\na,b\n" + "c,d\n" * 50 + "e\n", ("text", "labels"), ","),
        ("text;lab\na,b;c\nd,e,f;g\n", ("text", "label"), ";"),
        ("text,label\na,b\nc,d\n", (), ","),
        ("id\ttext\n1\ta, b\n2\tc, d\n", (), "\t"),
        ("text\nhello, world, and all\nyes; no\na\tb\n", (), None),
    ],
)
def test_delimiter(text, needed, delimiter):
    assert found(text, needed).delimiter == delimiter


@pytest.mark.parametrize(
    ("rows", "quoting"),
    [
        (['"a, b",x', "c,y"], Quoting.DOUBLED),
        (['"say ""hi""",x', "c,y"], Quoting.DOUBLED),
        (['"say \\"hi\\"",x', "c,y"], Quoting.BACKSLASH),
        (['"Hi" he said,x', '"yes" - no,y'], Quoting.NONE),
        (['"a ""b"" c",x', '"damaged,y', "c,y"], Quoting.DOUBLED),
        (['"two\nlines",x', '"Hi" he said,y'], Quoting.DOUBLED),
        (['"a, b",x', '"c, d",y', '"Hi" he said,x'], Quoting.DOUBLED),
    ],
)
def test_quoting(rows, quoting):
    assert found("\n".join(["text,label", *rows]) + "\n", ("text", "label")).quoting is quoting


@pytest.mark.parametrize("odd", ['"Hi" he said,x', '"a, ""b""",x', '"a, \\"b\\"",x'])
def test_quoting_is_told_by_few_records_before_any_column_is_named(odd):
    text = "\n".join(["text,label", *["a,b"] * 100, odd]) + "\n"
    assert found(text, ()) == found(text, ("text", "label"))


def test_cells_of_json_between_tabs_are_not_taken_apart():
    text = f"prefix\t{JSON_CELL}\ttitle\t0\r\n" * 50
    dialect = found(text, ("b",), ("a", "b", "c", "d"))
    assert dialect.delimiter == "\t"
    first = next(split_records(io.StringIO(text, newline="\n"), dialect))
    assert first == ["prefix", JSON_CELL, "title", "0"]


def test_sentences_without_a_header_are_one_column():
    text = 'Hello, world; and you\n"Quoted" - me\na\tb | c\n'
    dialect = found(text, ("text",), ("text",))
    assert [cells for cells in split_records(io.StringIO(text), dialect)] == [
        [line] for line in text.splitlines()
    ]


def test_oddities_beyond_the_first_rows_are_seen():
    text = "text\tlabel\n" + "a\tb\n" * 1000 + '"Hi" he said\tb\n'
    assert found(text, ("text", "label")).quoting is Quoting.NONE
