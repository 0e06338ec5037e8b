"""Types that change from row to row in JSON lines, and keys that some rows lack."""

from training.doctor import drift


def _find(folder, *lines, fields=("text", "label")):
    path = folder / "a.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return drift.find(path, fields)


def test_a_key_of_two_types_is_found_with_the_rows_of_the_rarer(tmp_path):
    found = _find(
        tmp_path,
        '{"text": "a", "label": "1"}',
        '{"text": "b", "label": 1}',
        "not JSON",
        '{"text": "c", "label": true}',
        '{"text": "d", "label": "0"}',
    )
    (finding,) = found
    assert (finding.code, finding.count) == ("type_drift", 2)
    assert finding.places == ("a.jsonl:2", "a.jsonl:4")
    assert "text in 2 rows, number in 1 rows, true or false in 1 rows" in finding.message


def test_a_missing_key_is_a_note_and_whole_numbers_are_numbers(tmp_path):
    found = _find(
        tmp_path, '{"text": "a", "label": 1}', '{"label": 1.5}', '{"text": null, "label": 2}'
    )
    assert [(one.code, one.severity, one.places) for one in found] == [
        ("missing_fields", "note", ("a.jsonl:2", "a.jsonl:3"))
    ]


def test_other_formats_have_no_drift(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\na,1\nb,x\n", encoding="utf-8")
    assert drift.find(path, ("text", "label")) == ()
    assert drift.find(tmp_path / "gone.jsonl", ("text",)) == ()
