"""The command: any format in and out, row for row, and a kill -9 loses and repeats nothing."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inference.batch import __main__
from inference.batch.__main__ import parse
from inference.batch.job import score_file
from inference.core.errors import DataError
from inference.core.settings import load_settings
from inference.data.scan import scan_file
from inference.models.classifier import load_classifier
from tests.inference.batch.jobs import job_of, sentences, table
from tests.space_fixtures import PROJECT

LIMIT_S = 120.0


def command(*arguments, **options):
    line = [sys.executable, "-m", "inference.batch", *map(str, arguments)]
    return subprocess.Popen(line, cwd=PROJECT, stderr=subprocess.PIPE, **options)


def ran(*arguments, stdin=None):
    """Exit code, stdout and stderr."""
    process = command(*arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    out, err = process.communicate(stdin, timeout=LIMIT_S)
    return process.returncode, out, err.decode()


def read(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def tiny(onnx_model):
    return load_classifier(onnx_model, threads=1)


def test_rows_in_are_rows_out_with_the_scores_of_the_engine(tmp_path, tiny):
    texts = sentences(30)
    texts[4] = texts[17] = " "
    steps = list(score_file(job_of(table(tmp_path, texts), tmp_path / "out.csv", tiny)))
    assert [step.done for step in steps] == [0, 8, 16, 24, 30]
    assert (steps[-1].total, steps[-1].rejected) == (30, 2)
    rows = read(tmp_path / "out.csv")
    assert [row["text"] for row in rows] == texts
    assert [row["id"] for row in rows if row["rejected"]] == ["4", "17"]
    scored = [row for row in rows if not row["rejected"]]
    for row, scores in zip(scored, tiny.score([row["text"] for row in scored]), strict=True):
        assert [row[f"score:{label}"] for label in tiny.bundle.labels] == [
            str(round(float(score), 6)) for score in scores
        ]
        assert row["decided"] == tiny.bundle.labels[scores.argmax()]


def test_a_stopped_job_is_taken_up_and_ends_in_the_same_bytes(tmp_path, tiny):
    source = table(tmp_path, sentences(50))
    list(score_file(job_of(source, tmp_path / "whole.csv", tiny)))
    job = job_of(source, tmp_path / "out.csv", tiny)
    for stop_after in (1, 2, 0, 3):
        steps = score_file(job)
        for _ in range(stop_after):
            next(steps)
        steps.close()
        assert not job.target.exists()
    last = list(score_file(job))
    assert last[0].resumed == last[0].done == 24, last[0]
    assert job.target.read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_kill_9_at_any_time_loses_and_repeats_no_row(tmp_path, onnx_model, format):
    texts = sentences(24_000)  # seconds of work: a busy machine may look away for as long
    source, target = table(tmp_path, texts), tmp_path / f"out.{format}"
    folder = tmp_path / f"out.{format}.parts"
    arguments = (source, target, "--model", onnx_model)
    deadline = time.monotonic() + LIMIT_S
    for wanted in (1, 3):
        process = command(*arguments)
        while len(list(folder.glob("0*.part"))) < wanted:
            assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert not target.exists()
    code, _, said = ran(*arguments)
    assert code == 0 and "were done before" in said, said
    assert not folder.exists()
    rows = read(target) if format == "csv" else pq.read_table(target).to_pylist()
    assert [row["id"] for row in rows] == [str(number) for number in range(len(texts))]
    assert [row["text"] for row in rows] == texts and all(row["decided"] for row in rows)


@pytest.mark.parametrize("source_format", ["csv", "tsv", "jsonl", "parquet"])
@pytest.mark.parametrize("target_format", ["csv", "tsv", "jsonl", "parquet"])
def test_every_format_becomes_every_other(tmp_path, tiny, source_format, target_format):
    texts = ["good\tday", "bad, awful", "", "ünï\u2028code"]
    source = tmp_path / f"in.{source_format}"
    if source_format == "parquet":
        pq.write_table(pa.table({"text": texts}), source)
    elif source_format == "jsonl":
        source.write_text("".join(f"{json.dumps({'text': text})}\n" for text in texts))
    else:
        file = io.StringIO(newline="")
        delimiter = {"csv": ",", "tsv": "\t"}[source_format]
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(
            [("text", "n"), *((text, 1) for text in texts)]
        )
        source.write_text(file.getvalue(), newline="")
    target = tmp_path / f"out.{target_format}"
    (*_, last) = score_file(job_of(source, target, tiny))
    assert (last.total, last.rejected) == (4, 1)
    back = scan_file(target, ("text",))
    assert [row["text"] or "" for row in back.table().rows] == texts
    assert list(back.columns)[-5:] == [
        *("decided", "score:negative", "score:neutral", "score:positive", "rejected")
    ]


def test_stdin_becomes_stdout(onnx_model):
    sent = b'{"text": "a good day"}\n{"text": ""}\n'
    arguments = ("-", "-", "--model", onnx_model, "--output_format", "csv", "--no-thresholds")
    code, out, said = ran(*arguments, "--top_k", "1", stdin=sent)
    assert code == 0 and "stdout: 2 rows; 1 rejected" in said, said
    rows = list(csv.DictReader(io.StringIO(out.decode())))
    assert list(rows[0]) == ["text", "top:1", "top_score:1", "rejected"]
    assert rows[0]["top:1"] and rows[1]["rejected"] == "no text in 'text'"


def test_the_format_of_stdin_is_found_and_kept(onnx_model):
    arguments = ("-", "-", "--model", onnx_model, "--no-thresholds", "--top_k", "1")
    code, out, said = ran(*arguments, stdin=b"text\nhi\n")
    assert code == 0 and out.startswith(b"text,top:1,top_score:1,rejected"), said
    code, out, said = ran(*arguments, stdin=b'{"text": "hi"}\n')
    assert code == 0 and json.loads(out)["text"] == "hi", said


def test_what_is_wrong_with_stdin_is_said_of_stdin(onnx_model):
    code, _, said = ran("-", "-", "--model", onnx_model, stdin=b"txt\nhi\n")
    assert code == 1 and "stdin" in said and "batch-" not in said, said


@pytest.mark.parametrize(("flags", "mark"), [([], b"\xef\xbb\xbf"), (["--no_bom"], b"")])
def test_a_table_for_spreadsheets_begins_with_a_mark(tmp_path, onnx_model, flags, mark):
    target = tmp_path / "out.csv"
    code, _, said = ran(table(tmp_path, ["hi"]), target, "--model", onnx_model, *flags)
    assert code == 0 and target.read_bytes().startswith(mark + b"id,text"), said


@pytest.mark.parametrize(
    ("content", "flags", "code", "said"),
    [
        ("text\nx\n", ["--text_fields", "txt"], 1, "no column 'txt'"),
        ("txt\nx\n", [], 1, "does not say which columns it reads; those of"),
        ("text\n \n", [], 1, "None of the 1 rows"),
        ("text\nx\n", ["--top_k", "0"], 1, "--top_k is 0"),
        ("text\nx\n", ["--revision", "v1"], 1, "--revision v1 is for a repo"),
        ("text\nx\n", ["--nonsense"], 2, "unrecognized arguments"),
        ("text\nx\n", ["--model", "./nowhere"], 1, "./nowhere is no folder"),
    ],
)
def test_a_users_error_is_one_line_and_an_exit_code(
    tmp_path, onnx_model, monkeypatch, capsys, content, flags, code, said
):
    (tmp_path / "in.csv").write_text(content)
    line = [
        "batch",
        str(tmp_path / "in.csv"),
        str(tmp_path / "out.csv"),
        "--model",
        str(onnx_model),
    ]
    monkeypatch.setattr(sys, "argv", [*line, *flags])
    with pytest.raises(SystemExit) as end:
        __main__.run_command(__main__.main)
    assert end.value.code == code
    assert said in capsys.readouterr().err


def test_the_output_may_not_be_the_input(tmp_path, onnx_model, monkeypatch, capsys):
    path = tmp_path / "in.csv"
    path.write_text("text\nx\n")
    monkeypatch.setattr(sys, "argv", ["batch", str(path), str(path), "--model", str(onnx_model)])
    with pytest.raises(SystemExit):
        __main__.run_command(__main__.main)
    assert "is the input itself" in capsys.readouterr().err and path.read_text() == "text\nx\n"


def test_an_output_is_finished_with_the_commit_it_was_begun_with(tmp_path, show_hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", show_hub.endpoint)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    source, target = table(tmp_path, sentences(5)), tmp_path / "out.csv"
    flags = parse([str(source), str(target), "--model", "demo/cat-tuned"])
    begun = __main__._job(flags, source, target, load_settings())
    steps = score_file(begun)
    next(steps)
    steps.close()
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "README.md").write_text("Trained again.")
    show_hub.publish(newer, "demo/cat-tuned", message="Newer")
    again = __main__._job(flags, source, target, load_settings())
    assert again.revision == begun.revision and len(begun.revision) == 40
    list(score_file(again))
    fresh = __main__._job(flags, source, target, load_settings())
    assert fresh.revision != begun.revision


def test_a_full_disk_is_an_error_that_says_what_to_do(tmp_path, tiny):
    job = job_of(table(tmp_path, sentences(3)), Path("/proc/nowhere/out.csv"), tiny)
    with pytest.raises(DataError, match="cannot be written: .* what is done so far is kept"):
        list(score_file(job))


def test_memory_does_not_grow_with_the_file(tmp_path, tiny):
    peaks = []
    for rows in (300, 1200):
        source = tmp_path / f"{rows}.jsonl"
        lines = (json.dumps({"text": text, "note": "x" * 8000}) for text in sentences(rows))
        source.write_text("".join(f"{line}\n" for line in lines))
        job = job_of(source, tmp_path / f"{rows}.out.csv", tiny, rows_at_once=50)
        tracemalloc.start()
        for _ in score_file(job):
            continue
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.3, peaks
