"""What one text shows by itself, each fault with its rows; sound texts show nothing."""

import pytest

from inference.data import records
from inference.data.schema import Schema
from tests.training.doctor.given import PLAIN, parts, unrelated
from training.doctor import text_faults
from training.doctor.findings import parts_of


def _find(folder, texts, max_tokens=128):
    rows = [*unrelated(20), *((text, "good") for text in texts)]
    (part,) = parts(folder, train=rows)
    return text_faults.find(part, max_tokens=max_tokens)


def _find_in_file(path, content, schema=PLAIN):
    path.write_bytes(content)
    return text_faults.find(*parts_of({"train": records.read(path, schema)}), max_tokens=128)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Das Wetter ist schÃ¶n", "damaged_characters"),
        ("itâ€™s late", "damaged_characters"),
        ("gr\ufffdn", "damaged_characters"),
        ("salt &amp; pepper", "escaped_characters"),
        (r"first\nsecond", "escaped_characters"),
        ("one<br />two", "escaped_characters"),
        (" N/A ", "placeholder_texts"),
        ("[deleted]", "placeholder_texts"),
        ("ok", "very_short_texts"),
        ('"never closed', "stray_quotes"),
        ("word " * 120, "over_long_texts"),
    ],
)
def test_a_fault_is_found_with_its_row(tmp_path, text, code):
    found = _find(tmp_path, [text])
    assert (code, 1, ("train.csv:21",)) in [(one.code, one.count, one.places) for one in found]


@pytest.mark.parametrize(
    "text",
    ["schön, 好的, São Paulo", 'he said "hi"', "AT&T, a<b", "It is 5° – “quoted” …", "ÄÖÜ Ãéó"],
)
def test_sound_texts_show_nothing(tmp_path, text):
    assert _find(tmp_path, [text]) == ()


def test_rejected_rows_are_counted_by_reason(tmp_path):
    content = b"text,label\na b c,x\nd e f,y\n,x\n,y\none,two,three\nno label,\n"
    (finding,) = (
        one for one in _find_in_file(tmp_path / "a.csv", content) if one.code == "rejected_rows"
    )
    assert finding.count == 4
    assert "4 of 6" in finding.message and "2: no text in" in finding.message
    assert finding.places == ("a.csv:3", "a.csv:4", "a.csv:5", "a.csv:6")


def test_a_file_in_another_encoding_says_which(tmp_path):
    content = "text,label\nschön grün,x\nmüde und böse,y\n".encode("cp1252")
    found = _find_in_file(tmp_path / "a.csv", content)
    assert [one.code for one in found] == ["other_encoding"]
    assert "cp1252" in found[0].message


def test_a_row_swallowed_by_an_open_quote_is_found(tmp_path):
    content = (
        b'text,label\nfine day,good\n"lost, again,bad\nlate plane,good\n so late",bad\nx y z,good\n'
    )
    found = _find_in_file(tmp_path / "a.csv", content)
    assert ("swallowed_rows", ("a.csv:2",)) in [(one.code, one.places) for one in found]


def test_prose_with_as_many_commas_as_columns_is_no_row(tmp_path):
    content = b'text,label,more\nfine day,good,1\n"late:\nsad, bad news, again",bad,2\n'
    assert _find_in_file(tmp_path / "a.csv", content) == ()
    content = b'id,text,a,b\n1,fine day,0,1\n2,"late:\nsad, cold, tired, lost",1,0\n'
    schema = Schema(("text",), ("a", "b"))
    assert _find_in_file(tmp_path / "b.csv", content, schema) == ()
    swallowed = content.replace(b"sad, cold, tired, lost", b"7,sad,0,1")
    (finding,) = _find_in_file(tmp_path / "c.csv", swallowed, schema)
    assert (finding.code, finding.places) == ("swallowed_rows", ("c.csv:2",))


def test_an_empty_field_among_several_is_a_note(tmp_path):
    content = b"title,body,label\nsome title,some body,x\n,another body,y\n"
    schema = Schema(("title", "body"), ("label",))
    (finding,) = _find_in_file(tmp_path / "a.csv", content, schema)
    assert (finding.code, finding.places) == ("empty_fields", ("a.csv:2",))
    assert finding.message.endswith("have nothing in 'title'")
