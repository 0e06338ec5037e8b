"""A finding is one line that says what and where; a row is named by its file."""

from inference.data import records
from inference.runs.data_report import Finding
from tests.training.doctor.given import PLAIN, parts, unrelated, write_csv
from training.doctor.findings import parts_of, share_in_words


def test_a_finding_reads_as_severity_code_message_and_places():
    finding = Finding("leak", "error", 7, "seven rows", tuple(f"a.csv:{row}" for row in range(5)))
    assert str(finding) == (
        "error [leak]: seven rows\n  at a.csv:0, a.csv:1, a.csv:2, a.csv:3, a.csv:4, …"
    )
    assert str(Finding("leak", "note", 1, "one", ("a.csv:1",))) == "note [leak]: one\n  at a.csv:1"
    assert str(Finding("leak", "note", 1, "none")) == "note [leak]: none"


def test_parts_come_in_the_order_of_a_training(tmp_path):
    rows = unrelated(10)
    given = parts(tmp_path, train=rows, test=rows, validation=rows)
    assert [part.name for part in given] == ["train", "validation", "test"]
    assert given[2].places([0, 3]) == ("test.csv:1", "test.csv:4")


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path):
    given = {}
    for name in ("train", "test"):
        (tmp_path / name).mkdir()
        path = write_csv(tmp_path / name / "data.csv", unrelated(4))
        given[name] = records.read(path, PLAIN)
    assert parts_of(given)[1].place(0) == f"{tmp_path / 'test' / 'data.csv'}:1"


def test_a_share_shows_both_numbers():
    assert share_in_words(12, 3400) == "12 of 3,400 (0.4 %)"
