"""How a training goes is told from the files of its run folder, whenever one looks."""

import json
from pathlib import Path

import pytest

from inference.evaluation.leaderboard import save_leaderboard
from inference.runs.progress import read_curves, read_log_tail, read_progress, read_verdict
from tests.space_fixtures import leaderboard


def write_metrics(run: Path, *lines: dict[str, object], tail: str = "") -> Path:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (run / "metrics.jsonl").write_text(text + tail, "utf-8")
    return run


LOSS = {
    "step": 10,
    "epoch": 0.5,
    "share": 0.25,
    "loss": 0.9,
    "learning_rate": 1e-4,
    "seconds": 30.0,
}
SCORE = {
    "step": 20,
    "epoch": 1.0,
    "share": 0.5,
    "validation_mcc": 0.4,
    "validation_f1": None,
    "seconds": 60.0,
}


def test_before_the_first_step_there_is_no_share(tmp_path: Path):
    assert read_progress(tmp_path / "absent").share is None


def test_the_time_left_follows_from_the_pace_so_far(tmp_path: Path):
    stands = read_progress(write_metrics(tmp_path, LOSS))
    assert (stands.stage, stands.share, stands.seconds_left) == ("Training", 0.25, 90.0)


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        (["fit"], "Choosing how scores decide"),
        (["fit", "decide"], "Exporting to ONNX"),
        (["fit", "export", "decide", "measure onnx"], "Measuring the models on the test rows"),
        (["fit", "export", "decide", "judge", "plots", "card"], "Done"),
    ],
)
def test_after_the_training_the_stage_is_told(tmp_path: Path, stages: list[str], expected: str):
    write_metrics(tmp_path, LOSS)
    (tmp_path / "stages.json").write_text(json.dumps({"stages": dict.fromkeys(stages)}))
    stands = read_progress(tmp_path)
    assert (stands.stage, stands.share) == (expected, 1.0)


def test_curves_leave_out_a_line_that_is_being_written(tmp_path: Path):
    curves = read_curves(write_metrics(tmp_path, LOSS, SCORE, tail='{"step": 3'))
    assert curves.training == ({"step": 10.0, "loss": 0.9, "learning_rate": 1e-4},)
    assert curves.validation == ({"step": 20.0, "mcc": 0.4},)
    assert curves.validation_names == ("mcc",)


def test_the_log_ends_with_what_a_progress_bar_showed_last(tmp_path: Path):
    log = tmp_path / "log.txt"
    log.write_bytes(b"begin\n" + b"x" * 100_000 + b"\r10%\r 20%\rtraining: 30%\r\nend\n")
    assert read_log_tail(log, lines=3) == "training: 30%\nend"
    assert read_log_tail(tmp_path / "absent") == ""


def test_the_verdict_is_there_when_it_is_stored(tmp_path: Path):
    assert read_verdict(tmp_path) is None
    (tmp_path / "results").mkdir()
    save_leaderboard(leaderboard(), tmp_path / "results" / "leaderboard.json")
    assert read_verdict(tmp_path) == leaderboard()
