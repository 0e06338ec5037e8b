"""What is written opens in a spreadsheet as text, and comes back as it was."""

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.core.safe_csv import write_csv


def written(rows):
    file = io.StringIO(newline="")
    write_csv(file, rows)
    return file.getvalue()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "%", "|", "＝", "'="])
def test_a_text_that_would_run_gets_an_apostrophe(start):
    (row,) = csv.DictReader(io.StringIO(written([{"text": f"{start}cmd|' /C calc'!A0"}])))
    assert row["text"] == f"'{start}cmd|' /C calc'!A0"


def test_numbers_and_plain_texts_are_not_changed():
    assert written([{"text": "it's 1-1", "score": -0.5, "n": None}]) == (
        "text,score,n\r\nit's 1-1,-0.5,\r\n"
    )


@pytest.mark.parametrize("number", ["-0.5", "+3", "-1e-7", "-12"])
def test_a_number_that_came_as_text_is_not_changed(number):
    assert written([{"n": number}]) == f"n\r\n{number}\r\n"
    assert written([{"n": f"{number}+1"}]) == f"n\r\n'{number}+1\r\n"


def test_rows_can_be_written_in_parts_between_tabs():
    file = io.StringIO(newline="")
    write_csv(file, [], columns=["a", "b"], delimiter="\t")
    write_csv(file, [{"a": "x\ty", "b": 1}], delimiter="\t", has_header=False)
    assert file.getvalue() == 'a\tb\r\n"x\ty"\t1\r\n'


def test_a_header_cannot_run_either():
    assert written([{"=1+1": 1}]).startswith("'=1+1\r\n")


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_texts_come_back_and_none_can_run(texts):
    file = io.StringIO(written([{"text": text, "n": 1} for text in texts]), newline="")
    back = [row["text"] for row in csv.DictReader(file)]
    numbers = re.compile(r"[+-][0-9]+(\.[0-9]+)?")
    might_run = [text for text in back if text.startswith(tuple("=+-@\t\r\n%|"))]
    assert all(numbers.fullmatch(text) for text in might_run), might_run
    for text, read in zip(texts, back, strict=True):
        assert read in (text, f"'{text}"), (text, read)
    assert len(set(back)) == len(set(texts)), "two texts look alike"


def test_a_file_is_whole_and_marked_as_utf_8(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("old")
    write_csv(path, [{"text": "好"}])
    assert path.read_bytes() == b"\xef\xbb\xbftext\r\n\xe5\xa5\xbd\r\n"
    assert list(tmp_path.iterdir()) == [path]


def test_no_rows_give_an_empty_file():
    assert written([]) == ""
