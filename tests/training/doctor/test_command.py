"""The command: which checks it asks, how it reads its flags, how it ends, what it writes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from inference.core.errors import ConfigError, DataError, LeakError, run_command
from inference.data import records
from tests.training.doctor.given import PLAIN, read, unrelated, write_csv
from training.doctor.__main__ import main, parse
from training.doctor.examination import examine, refuse_leaks

ROOT = Path(__file__).parents[3]


def _run(monkeypatch, capsys, *words):
    """Exit code, stdout and stderr of the command in this process."""
    monkeypatch.setattr(sys, "argv", ["doctor", *map(str, words)])
    code = 0
    try:
        run_command(main)
    except SystemExit as end:
        code = end.code
    said = capsys.readouterr()
    return code, said.out, said.err


def _leaking(folder):
    rows = unrelated(120)
    train = write_csv(folder / "train.csv", rows[:100])
    return train, write_csv(folder / "test.csv", [*rows[100:], *rows[:4]])


@pytest.mark.slow
def test_a_thousand_unrelated_rows_give_no_alarm(tmp_path):
    rows = unrelated(1000)
    given = read(tmp_path, {"train": rows[:900], "test": rows[900:]})
    report = examine(given, with_suspects=True, seed=0)
    assert [one for one in report.findings if one.severity != "note"] == []
    refuse_leaks(report)


def test_every_check_is_asked_and_errors_come_first(tmp_path):
    swapped = [(text, "bad") for text, label in unrelated(20, seed=1) if label == "good"]
    faulty = [("it is schÃ¶n", "good"), ("fine", "Good"), ("", "bad")]
    rows = [*unrelated(150), *swapped, *faulty]
    given = read(tmp_path, {"train": rows, "test": [rows[0]]})
    report = examine(given, with_suspects=True, seed=0, language="de", max_tokens=10)
    codes = {one.code for one in report.findings}
    assert codes >= {
        "leak",
        "damaged_characters",
        "look_alike_labels",
        "rejected_rows",
        "unexpected_language",
        "over_long_texts",
        "suspected_labels",
    }
    order = [("error", "warning", "note").index(one.severity) for one in report.findings]
    assert order == sorted(order)


def test_types_are_compared_in_the_text_fields_unless_others_are_named(tmp_path):
    rows = [{"text": text, "label": label} for text, label in unrelated(20)]
    rows += [{"text": 12345, "label": True}]
    path = tmp_path / "train.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    given = {"train": records.read(path, PLAIN)}
    for fields, drifting in (((), ["'text'"]), (("text", "label"), ["'text'", "'label'"])):
        report = examine(given, with_suspects=False, seed=0, fields=fields)
        found = [one.message.split()[0] for one in report.findings if one.code == "type_drift"]
        assert found == drifting


def test_without_suspects_none_are_sought(tmp_path):
    given = read(tmp_path, {"train": unrelated(150)})
    report = examine(given, with_suspects=False, seed=0)
    assert report.suspects == ()
    assert not {one.code for one in report.findings} & {"suspected_labels", "suspects_not_sought"}


def test_a_leak_names_the_parts_and_has_its_own_exit_code(tmp_path):
    rows = unrelated(20)
    given = read(tmp_path, {"train": rows, "validation": rows[:3], "test": rows[4:6]})
    with pytest.raises(
        LeakError, match=r"3 of 3.*of validation also occur in train.*2 of 2.*of test"
    ):
        refuse_leaks(examine(given, with_suspects=False, seed=0))
    assert (LeakError.exit_code, DataError.exit_code) == (3, 1)


@pytest.mark.parametrize(
    ("words", "files"),
    [
        ("a.csv", ("a.csv", None, None)),
        ("a.csv b.csv", ("a.csv", None, "b.csv")),
        ("a.csv v.csv b.csv --json", ("a.csv", "v.csv", "b.csv")),
        ("--json a.csv --test_file b.csv", ("a.csv", None, "b.csv")),
        ("--fix out a.csv --text_fields one two", ("a.csv", None, None)),
        ("--train_file a.csv --allow_leaks", ("a.csv", None, None)),
    ],
)
def test_files_and_flags_are_read_in_any_order(words, files):
    flags, config = parse(words.split())
    assert (config.data.train_file, config.data.validation_file, config.data.test_file) == files
    assert flags.json == ("--json" in words)
    assert config.data.allow_leaks == ("--allow_leaks" in words)
    assert config.data.text_fields == (("one", "two") if "one" in words else ("text",))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("a b c d", "4 files are given"),
        ("a.csv --text_field", "expected at least one argument"),
        ("a.csv --jsom", "unknown flag: jsom"),
        ("", "give either --train_file or --dataset_name"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused(words, message):
    with pytest.raises(ConfigError, match=message):
        parse(words.split())


def test_a_leak_ends_with_3_unless_it_is_allowed(tmp_path, monkeypatch, capsys):
    files = _leaking(tmp_path)
    code, out, err = _run(monkeypatch, capsys, *files, "--no_suspects")
    assert (code, err.count("\n")) == (3, 1)
    assert err.startswith("error: 4 of 24 (16.7 %) texts of test also occur in train")
    assert "error [leak]" in out
    assert _run(monkeypatch, capsys, *files, "--no_suspects", "--allow_leaks")[0] == 0


def test_fix_takes_the_leaks_out_and_says_which(tmp_path, monkeypatch, capsys):
    files = _leaking(tmp_path)
    clean = tmp_path / "clean"
    code, out, _ = _run(monkeypatch, capsys, *files, "--no_suspects", "--fix", clean)
    assert code == 0
    assert "4 rows" in out and "train.csv:1: the same text as test.csv:21" in out
    again = _run(monkeypatch, capsys, clean / "train.csv", clean / "test.csv", "--no_suspects")
    assert again[0] == 0 and "rows 96 = 96 kept" in again[1]


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_looked_for(
    tmp_path, monkeypatch, capsys
):
    def late(*given, **options):
        raise AssertionError("the texts were examined first")

    monkeypatch.setattr("training.doctor.__main__.examine", late)
    files = _leaking(tmp_path)
    code, _, said = _run(monkeypatch, capsys, *files, "--fix", tmp_path)
    assert code == 1 and "not empty; name a new folder" in said


def test_json_is_all_of_stdout(tmp_path, monkeypatch, capsys):
    code, out, _ = _run(monkeypatch, capsys, *_leaking(tmp_path), "--json", "--allow_leaks")
    report = json.loads(out)
    assert code == 0
    assert report["findings"][0]["code"] == "leak"
    assert report["after_split"]["test"] == {"bad": 12, "good": 12}


def test_output_dir_gets_the_report_and_the_label_plot(tmp_path, monkeypatch, capsys):
    train = write_csv(tmp_path / "train.csv", unrelated(60))
    _run(monkeypatch, capsys, train, "--no_suspects", "--output_dir", tmp_path / "out")
    assert (tmp_path / "out/labels.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "out/doctor.json").read_text("utf-8"))["labels"] == [
        "bad",
        "good",
    ]
    assert "rows 60" in (tmp_path / "out/doctor.txt").read_text("utf-8")


def test_texts_too_few_to_divide_are_reported_before_the_error(tmp_path, monkeypatch, capsys):
    train = write_csv(tmp_path / "train.csv", unrelated(4))
    code, out, err = _run(monkeypatch, capsys, train)
    assert code == 1
    assert "rare_labels" in out and "too few" in err


def test_the_users_files_are_only_read(tmp_path, monkeypatch, capsys):
    files = _leaking(tmp_path)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
    _run(monkeypatch, capsys, *files, "--fix", tmp_path / "clean")
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@pytest.mark.slow
def test_the_command_runs_as_the_readme_says(tmp_path):
    train = write_csv(tmp_path / "train.csv", unrelated(30))
    command = [sys.executable, "-m", "training.doctor", str(train), "--no_suspects"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("train: ") and ran.stderr == ""
