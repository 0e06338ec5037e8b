"""Cells come out exactly as they were written, and a stray quote costs one row."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.data.delimited import Broken, Dialect, Quoting, split_records

COMMA = Dialect(",", Quoting.DOUBLED)
BACKSLASH = Dialect(",", Quoting.BACKSLASH)
TAB_LITERAL = Dialect("\t", Quoting.NONE)
ONE_COLUMN = Dialect(None, Quoting.DOUBLED)

NASTY = st.text(st.sampled_from("ab\",;|\t\n\r\\' =\u2028\x85\x0b\x0c\ufeff\ud55c"), max_size=12)


def cells_of(text, dialect):
    lines = io.StringIO(text, newline="\n")
    return [cells if isinstance(cells, list) else None for cells in split_records(lines, dialect)]


@pytest.mark.parametrize(
    ("text", "dialect", "expected"),
    [
        ('a,"b,c",d\n', COMMA, [["a", "b,c", "d"]]),
        ('a,"say ""hi"""\r\n', COMMA, [["a", 'say "hi"']]),
        ('"a\r\nb",c\r\n', COMMA, [["a\r\nb", "c"]]),
        ('"a\nb","c\n\nd",e', COMMA, [["a\nb", "c\n\nd", "e"]]),
        ('"a" ,b,"",\n', COMMA, [["a", "b", "", ""]]),
        ('5" pipe,x\n', COMMA, [['5" pipe', "x"]]),
        ("a\rb,c\n", COMMA, [["a\rb", "c"]]),
        ("a\n\n\r\nb\n", COMMA, [["a"], ["b"]]),
        ('"a","b"\r\r\n', COMMA, [["a", "b"]]),
        ('"say \\"hi\\", ok","c:\\new"\n', BACKSLASH, [['say "hi", ok', "c:\\new"]]),
        ('"a\\\\","b ""c"""\n', BACKSLASH, [["a\\", 'b "c"']]),
        ('"a \\"\nb",c\n', BACKSLASH, [['a "\nb', "c"]]),
        ('"Hi" he said\t{"a": "b"}\n', TAB_LITERAL, [['"Hi" he said', '{"a": "b"}']]),
        ('a, b; c\n"d, ""e"""\n', ONE_COLUMN, [["a, b; c"], ['d, "e"']]),
    ],
)
def test_cells(text, dialect, expected):
    assert cells_of(text, dialect) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"open,1\na,2\nb,3\n', [None, ["a", "2"], ["b", "3"]]),
        ('"open,1\n"a",2\n', [None, ["a", "2"]]),
        ('"a"b,1\nc,2\n', [None, ["c", "2"]]),
        ('a,"', [None]),
    ],
)
def test_a_stray_quote_costs_one_row(text, expected):
    assert cells_of(text, COMMA) == expected


def test_a_broken_record_says_what_to_write():
    (broken,) = split_records(['"a"b,1\n'], COMMA)
    assert isinstance(broken, Broken)
    assert 'write a quote as ""' in broken.reason


def test_a_quote_that_is_never_closed_does_not_hold_the_whole_file():
    lines = ['"open,1\n', *["a,2\n"] * 500_000]
    assert sum(isinstance(cells, list) for cells in split_records(lines, COMMA)) == 500_000


@settings(deadline=None)
@given(
    rows=st.lists(st.lists(NASTY, min_size=2, max_size=4), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;|\t"),
    is_quoting_all=st.booleans(),
)
def test_what_the_csv_module_writes_is_read_back(rows, delimiter, is_quoting_all):
    quoting = csv.QUOTE_ALL if is_quoting_all else csv.QUOTE_MINIMAL
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, quoting=quoting).writerows(rows)
    assert cells_of(file.getvalue(), Dialect(delimiter, Quoting.DOUBLED)) == rows


@settings(deadline=None)
@given(
    text=st.text(st.sampled_from('a",\n\\'), max_size=60),
    dialect=st.sampled_from([COMMA, BACKSLASH]),
)
def test_no_line_is_lost_or_read_twice(text, dialect):
    records = list(split_records(io.StringIO(text, newline="\n"), dialect))
    # A record or a broken line takes at least one line that is not blank, and no line serves two.
    written = sum(line.strip("\n") != "" for line in text.split("\n"))
    assert len(records) <= written
    assert bool(records) == bool(written)
