"""training.chat_tuning.report: figures from stored rows, and the sentence that sums them up."""

import pytest

from inference.core.errors import ModelError
from training.chat_tuning.report import (
    HELD_OUT_FILE,
    read_held_out_rows,
    report_figures,
    report_sentence,
)
from training.run.run_folder import write_json

ROWS = {
    "format": 1,
    "rows": [f"x.jsonl:{n}" for n in range(1, 31)],
    "tokens": [10.0] * 30,
    "base": [20.0 + n for n in range(30)],
    "tuned": [15.0 + n for n in range(30)],
    "also_in_training": ["x.jsonl:1", "x.jsonl:2"],
}


def test_figures_follow_from_the_rows_and_the_seen_ones_are_set_apart():
    told = report_figures(ROWS)
    assert told["dialogues"] == 30 and told["tokens"] == 300
    assert told["base"]["loss"] - told["tuned"]["loss"] == pytest.approx(0.5)
    assert told["difference"]["verdict"] == "better"
    assert told["also_in_training"] == 2 and told["unseen"]["dialogues"] == 28


@pytest.mark.parametrize(
    ("shift", "words"),
    [(-5.0, "loss is lower: "), (5.0, "loss is HIGHER: "), (0.0, "not clearly different")],
)
def test_the_sentence_says_which_way_it_went(shift, words):
    rows = {**ROWS, "tuned": [value + shift for value in ROWS["base"]]}
    said = report_sentence({"held_out": report_figures(rows)})
    assert words in said and "30 dialogues" in said


def test_rows_that_do_not_fit_are_refused(tmp_path):
    write_json(tmp_path / HELD_OUT_FILE, {**ROWS, "base": [1.0]})
    with pytest.raises(ModelError, match="does not hold the losses of a run"):
        read_held_out_rows(tmp_path)
