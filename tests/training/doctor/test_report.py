"""The report in words and as JSON: every part, label and finding; nothing of the texts."""

import json
from dataclasses import replace

from tests.training.doctor.given import read, unrelated
from training.doctor.examination import examine
from training.doctor.report import render_report


def _report(folder, **rows_of):
    return examine(read(folder, rows_of), with_suspects=True, seed=0)


def test_facts_of_a_part_are_those_of_its_file(tmp_path):
    report = _report(tmp_path, train=[*unrelated(30), ("", "good")], test=unrelated(10, seed=1))
    train, test = report.parts
    assert (train.name, train.rows_in, train.kept, train.rejected) == ("train", 31, 30, 1)
    assert (train.encoding, train.delimiter) == ("utf-8", ",")
    assert train.label_counts == {"bad": 15, "good": 15}
    assert 0 < train.chars_median <= train.chars_p95 <= train.chars_max < 100
    assert test.file == str(tmp_path / "test.csv")


def test_the_text_names_each_part_label_and_finding(tmp_path):
    rows = unrelated(30)
    report = _report(tmp_path, train=rows, test=rows[:3])
    lines = render_report(
        replace(report, after_split={"train": {"bad": 14, "good": 13}})
    ).splitlines()
    assert lines[0] == f"train: {tmp_path / 'train.csv'} (utf-8, delimiter ',')"
    assert "  rows 30 = 30 kept + 0 rejected" in lines
    header = next(line for line in lines if line.startswith("label"))
    assert header.split("  ") == ["label", "train (given)", "test (given)", "train", "all given"]
    bad = next(line for line in lines if line.startswith("bad"))
    assert bad.split()[1:4] == ["15", "1", "14"] and "█" in bad
    errors = [line for line in lines if line.startswith("error [leak]: 3 of 3 (100.0 %)")]
    assert len(errors) == 1 and lines[lines.index(errors[0]) + 1].startswith("  at test.csv:1 = ")


def test_nothing_wrong_is_said_too(tmp_path):
    report = replace(_report(tmp_path, train=unrelated(30)), findings=(), suspects=())
    assert render_report(report).endswith("nothing to complain about")


def test_json_holds_everything_and_no_text(tmp_path):
    rows = unrelated(300)
    report = _report(tmp_path, train=[*rows, ("secret words", "good")], test=rows[:20])
    content = json.dumps(report.as_dict())
    assert json.loads(content)["leaks"][0]["twin"] == "test.csv:1"
    assert "secret" not in content and rows[0][0] not in content
    assert "secret" not in render_report(report)
