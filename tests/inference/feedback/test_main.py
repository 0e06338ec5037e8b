"""Feedback: what was acknowledged stands, whatever happens to the process or the disk."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from inference.core.errors import ChoiceError, FeedbackError
from inference.data import records
from inference.data.problem_types import MULTI, SINGLE
from inference.data.schema import Schema
from inference.feedback.__main__ import main, parse
from inference.feedback.log import (
    CollectedFeedback,
    FeedbackLog,
    check_labels,
    read_feedback,
)
from tests.inference.feedback.given import said

PROJECT = Path(__file__).resolve().parents[3]

# Adds feedback from four threads and prints each id once it is acknowledged, until it is killed.
_WRITER = """
import sys, threading
from pathlib import Path
from inference.feedback.log import FeedbackLog
from tests.inference.feedback.given import said
log, printing = FeedbackLog(Path(sys.argv[1])), threading.Lock()
def write():
    while True:
        one = said("a long day " * 200)
        log.add(one)
        with printing:
            print(one.id, flush=True)
for _ in range(4):
    threading.Thread(target=write).start()
"""

# Lets files grow to 1,000 bytes only, fills one up, then has room again.
_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from inference.core.errors import FeedbackError
from inference.feedback.log import FeedbackLog
from tests.inference.feedback.given import said
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log, hard = FeedbackLog(Path(sys.argv[1])), resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
for number in range(10):
    try:
        log.add(said(f"before {number}"))
    except FeedbackError as error:
        print(error)
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
log.add(said("after"))
"""


def run(code: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("seconds_in", [1, 40, 90])
def test_kill_9_loses_no_acknowledged_line(tmp_path: Path, seconds_in: int):
    acknowledged = []
    with run(_WRITER, str(tmp_path)) as writer:
        for line in writer.stdout:
            acknowledged.append(line.strip())
            if len(acknowledged) == seconds_in:
                os.kill(writer.pid, signal.SIGKILL)  # what is in the pipe is read all the same
    assert writer.returncode == -signal.SIGKILL
    kept = {one.id for one in read_feedback(tmp_path).feedback}
    assert len(acknowledged) >= seconds_in
    assert not (lost := set(acknowledged) - kept), lost


def test_a_line_and_the_name_of_its_file_are_on_the_disk_before_it_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    synced: list[os.stat_result] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(os.fstat(file)), fsync(file)))
    FeedbackLog(tmp_path).add(said())
    (path,) = tmp_path.glob("*.jsonl")
    written = path.stat()
    assert (written.st_ino, written.st_size) in [(one.st_ino, one.st_size) for one in synced]
    assert tmp_path.stat().st_ino in [one.st_ino for one in synced]


def test_a_full_disk_is_said_and_leaves_no_half_line(tmp_path: Path):
    with run(_FULL_DISK, str(tmp_path)) as writer:
        told = writer.stdout.read()
    assert writer.returncode == 0 and "was not kept" in told, told
    collected = read_feedback(tmp_path)
    assert collected.broken == ()
    texts = [one.fields["text"] for one in collected.feedback]
    assert texts[0] == "before 0" and texts[-1] == "after", texts


def test_a_line_that_was_cut_off_is_named_and_the_others_stand(tmp_path: Path):
    FeedbackLog(tmp_path).add(said("kept"))
    (path,) = tmp_path.glob("*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:-20])
    collected = read_feedback(tmp_path)
    assert [one.fields["text"] for one in collected.feedback] == ["kept"]
    assert len(collected.broken) == 1 and f"{path}:2: cut off" in collected.broken[0]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "Expecting"),
        ("[]", "list indices"),
        ('{"kind": "verdict"}', "kind is 'verdict'"),
        ('{"kind": "feedback"}', "'at'"),
        ("change fields to 7", "'int' object is not iterable"),
        ("change corrected to []", "0 labels where exactly one applies"),
        ("change who to 7", "who is"),
        ("change mood to 7", "mood"),
    ],
)
def test_a_line_that_is_no_feedback_is_named_with_its_reason(tmp_path, line, reason):
    FeedbackLog(tmp_path).add(said("kept"))
    (path,) = tmp_path.glob("*.jsonl")
    if line.startswith("change"):
        _, name, _, value = line.split(maxsplit=3)
        line = json.dumps({**json.loads(path.read_text("utf-8")), name: json.loads(value)})
    (tmp_path / "other.jsonl").write_text(f"{line}\n", "utf-8")
    collected = read_feedback(tmp_path)
    assert len(collected.feedback) == 1
    (broken,) = collected.broken
    assert "other.jsonl:1" in broken and reason in broken, broken


def test_what_was_said_is_read_as_it_was_said(tmp_path: Path):
    everything = said(
        'line\nbreak \u2028 "quotes" 日本 \ud800',
        corrected=("toxic", "insult"),
        predicted=(),
        problem_type=MULTI,
        who="f00d",
    )
    FeedbackLog(tmp_path).add(everything)
    assert read_feedback(tmp_path).feedback == (everything,)


def test_an_older_line_calls_the_catalogue_a_recipe(tmp_path: Path):
    FeedbackLog(tmp_path).add(feedback := said())
    (path,) = tmp_path.glob("*.jsonl")
    path.write_text(path.read_text("utf-8").replace('"catalogue":', '"recipe":'), "utf-8")
    assert read_feedback(tmp_path).feedback == (feedback,)


def test_an_undo_is_one_more_line_and_may_come_from_another_process(tmp_path: Path):
    first, second, taken_back = FeedbackLog(tmp_path), FeedbackLog(tmp_path), said("taken back")
    first.add(taken_back)
    before = {path: path.read_bytes() for path in tmp_path.glob("*.jsonl")}
    second.add(said("stands"))
    second.undo(taken_back.id)
    collected = read_feedback(tmp_path)
    assert [one.fields["text"] for one in collected.feedback] == ["stands"]
    assert collected.undone == 1
    assert all(path.read_bytes() == content for path, content in before.items())


def test_threads_of_a_process_share_a_file_of_whole_lines(tmp_path: Path):
    log = FeedbackLog(tmp_path)
    adders = [
        threading.Thread(target=lambda: [log.add(said("x" * 20_000)) for _ in range(5)])
        for _ in range(8)
    ]
    for adder in adders:
        adder.start()
    for adder in adders:
        adder.join()
    collected = read_feedback(tmp_path)
    assert len(collected.feedback) == 40 and not collected.broken
    assert len(list(tmp_path.glob("*.jsonl"))) == 1


def test_the_same_file_from_two_places_counts_once(tmp_path: Path):
    FeedbackLog(tmp_path / "here").add(said())
    (path,) = (tmp_path / "here").glob("*.jsonl")
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / path.name).write_bytes(path.read_bytes())
    assert len(read_feedback(tmp_path).feedback) == 1


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(FeedbackError, match="was not kept"):
        FeedbackLog(tmp_path / "taken").add(said())


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path):
    assert read_feedback(tmp_path / "nowhere") == CollectedFeedback((), 0, ())


@pytest.mark.parametrize(
    ("chosen", "problem_type", "expected"),
    [
        (["b"], SINGLE, ("b",)),
        (["b", "a"], MULTI, ("a", "b")),
        ([], MULTI, ()),
        ([], SINGLE, "0 labels are chosen"),
        (["a", "b"], SINGLE, "2 labels are chosen"),
        (["c"], MULTI, "No label of this task: c"),
    ],
)
def test_labels_are_those_of_the_task(chosen, problem_type, expected):
    if isinstance(expected, tuple):
        assert check_labels(chosen, ("a", "b"), problem_type) == expected
    else:
        with pytest.raises(ChoiceError, match=expected):
            check_labels(chosen, ("a", "b"), problem_type)


def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["feedback", *map(str, arguments)])
    main()


def test_the_command_writes_a_file_that_training_reads(tmp_path, monkeypatch, capsys):
    log, out = FeedbackLog(tmp_path / "said"), tmp_path / "next.jsonl"
    for text, label in (("one", "good"), ("two", "bad"), ("three", "good")):
        log.add(said(text, corrected=(label,)))
    run_folder = tmp_path / "run"
    run_folder.mkdir()
    config = {"text_fields": ["title", "review"], "label_fields": ["mood"]}
    (run_folder / "run.json").write_text(json.dumps({"config": config}))
    command(monkeypatch, tmp_path / "said", "--out", out, "--model", run_folder)
    read_back = records.read(out, Schema(("title", "review"), ("mood",)))
    assert [(one.fields["title"], one.labels) for one in read_back.examples] == [
        ("one", ("good",)),
        ("two", ("bad",)),
        ("three", ("good",)),
    ]
    assert "3 rows, 2 corrected and 1 confirmed" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--catalogue", "--recipe"])
def test_the_catalogue_has_two_spellings(flag: str):
    assert parse(["said", "--out", "next.jsonl", flag, "Days"]).catalogue == "Days"


def test_the_command_says_when_nothing_can_enter_a_training(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "inference.feedback", str(tmp_path), "--out", "next.jsonl"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and done.stderr.startswith("error: "), done
    assert "no feedback can enter a training" in done.stderr
