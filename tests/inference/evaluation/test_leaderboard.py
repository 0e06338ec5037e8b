import json
from dataclasses import replace
from pathlib import Path

import pytest

from inference.core.errors import DataError
from inference.evaluation.leaderboard import (
    MccDifference,
    as_json,
    load_leaderboard,
    merge_leaderboards,
    save_leaderboard,
    sentence,
)
from tests.boards import board, row

STORED = Path(__file__).parents[2] / "stored" / "before_floors" / "space" / "leaderboard.json"


def test_a_stored_table_comes_back_the_same(tmp_path: Path):
    table = board(row("ours", mcc=0.5, difference=MccDifference(0.1, (0.02, 0.18), "better")))
    save_leaderboard(table, tmp_path / "new" / "leaderboard.json")
    assert load_leaderboard(tmp_path / "new" / "leaderboard.json") == table
    stored = json.loads((tmp_path / "new" / "leaderboard.json").read_text())
    assert stored["sentence"] == sentence(table), "who reads the JSON alone finds the answer too"


def test_a_table_of_a_run_of_before_is_read_whole():
    table = load_leaderboard(STORED)
    assert as_json(table) == STORED.read_text("utf-8")
    assert [found.model.name for found in table.rows][:2] == ["onnx_int8", "onnx_fp32"]


def test_a_table_without_the_cost_of_int8_is_read(tmp_path: Path):
    stored = json.loads(STORED.read_text("utf-8"))
    del stored["int8"]
    (tmp_path / "leaderboard.json").write_text(json.dumps(stored))
    assert load_leaderboard(tmp_path / "leaderboard.json").int8 is None


def test_a_wrong_key_is_named_with_what_was_expected(tmp_path: Path):
    stored = json.loads(STORED.read_text("utf-8"))
    stored["rows"][1]["intervals"]["mcc"] = [0.5]
    (tmp_path / "leaderboard.json").write_text(json.dumps(stored))
    said = (
        r"leaderboard.json is no verdict table: rows.1.intervals.mcc is \[0.5\], expected a list "
    )
    with pytest.raises(DataError, match=said + "of 2; measure again$"):
        load_leaderboard(tmp_path / "leaderboard.json")


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", '{"title": "x"}', '{"format": 1}', '{"format": 2, "rows": [{}]}']
)
def test_what_is_no_verdict_table_is_refused(tmp_path: Path, content: str):
    (tmp_path / "file.json").write_text(content)
    with pytest.raises(DataError, match="measure again"):
        load_leaderboard(tmp_path / "file.json")


def test_a_missing_table_says_what_to_do(tmp_path: Path):
    with pytest.raises(DataError, match="does not exist; measure"):
        load_leaderboard(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        (
            MccDifference(0.1, (0.02, 0.18), "better"),
            "Better: Ours beats the best free one, Free, by 0.100 MCC (95 % interval of the "
            "difference +0.020 to +0.180, 2,000 test examples).",
        ),
        (
            MccDifference(-0.1, (-0.18, -0.02), "worse"),
            "Worse: Ours loses to the best free one, Free, by 0.100 MCC (95 % interval of the "
            "difference -0.180 to -0.020, 2,000 test examples).",
        ),
        (
            MccDifference(0.01, (-0.02, 0.04), "cannot tell"),
            "Cannot tell: Ours and the best free one, Free, differ by 0.010 MCC, which chance "
            "alone can do (95 % interval of the difference -0.020 to +0.040, 2,000 test examples).",
        ),
        (
            MccDifference(0.01, None, "cannot tell"),
            "Cannot tell: 2,000 test examples are too few to compare Ours with Free.",
        ),
        (
            None,
            "Cannot tell: Ours and the best free one have no label in common whose MCC is defined "
            "(MCC 0.500 on 2,000 test examples).",
        ),
    ],
)
def test_the_verdict_is_one_plain_sentence(difference: MccDifference | None, expected: str):
    table = board(row("free", role="baseline"), row("ours", mcc=0.5, difference=difference))
    assert sentence(table) == expected


def test_without_a_baseline_there_is_no_verdict():
    assert sentence(board(row("ours", mcc=0.5), row("other", mcc=0.6))) == (
        "No verdict, as no baseline was measured: Other has MCC 0.600, Ours has MCC 0.500 on "
        "2,000 test examples."
    )


def test_the_first_fine_tuned_row_is_the_judged_one():
    table = board(row("free", role="baseline"), row("int8"), row("fp32", mcc=0.9))
    assert table.judged == table.rows[1]
    assert sentence(board(row("free", role="baseline"))) == "No fine-tuned model was measured."


def test_tables_of_one_test_set_join_and_others_stay_out():
    first = board(row("free", role="baseline"), row("one", repo_id="demo/one"))
    second = board(row("free", role="baseline"), row("two", repo_id="demo/two"))
    other = replace(board(row("three")), test_sha256="f" * 64)
    joined = merge_leaderboards([first, second, other])
    assert joined is not None
    assert [found.model.name for found in joined.rows] == ["free", "one", "two"]
    assert merge_leaderboards([]) is None
