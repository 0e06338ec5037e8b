from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from inference.analysis import analysis
from inference.analysis.analysis import EMPTY, OTHERS
from inference.core.errors import DataError
from inference.data.problem_types import MULTI
from inference.evaluation import stored_results, vocabulary
from tests.boards import board, row
from tests.results_files import write_results
from tests.scored_files import write_scored
from tests.tiny import LABELS


def test_rejected_rows_are_left_out_and_the_others_keep_their_numbers(tmp_path: Path):
    found = analysis.read(write_scored(tmp_path / "f.parquet", rejected=(0, 7)), None)
    assert len(found.texts) == len(found.scores) == 58
    assert 0 not in found.numbers and 7 not in found.numbers
    assert found.words.texts == 58 and not np.isnan(found.scores).any()


def test_truth_is_read_where_the_file_has_it(tmp_path: Path):
    found = analysis.read(write_scored(tmp_path / "f.parquet"), None)
    assert found.is_labelled.all() and (found.truth.sum(axis=1) == 1).all()
    expected = (found.truth & found.decided).any(axis=1)
    np.testing.assert_array_equal(found.is_right, expected)
    assert 0.6 < found.is_right.mean() < 1
    without = analysis.read(write_scored(tmp_path / "f.parquet", label_fields=()), None)
    assert not without.is_labelled.any() and not without.is_right.any()


def test_labels_of_a_file_may_be_named_otherwise(tmp_path: Path):
    file = write_scored(tmp_path / "f.parquet", labels=("0", "1"))
    place = ("no", "yes")
    renamed = replace(file, labels=place, label_names={"0": "no", "1": "yes"})
    table = parquet.read_table(file.path_parquet)
    names = [n.replace(":0", ":no").replace(":1", ":yes") for n in table.column_names]
    said = pa.array([place[int(label)] for label in table["decided"].to_pylist()])
    table = table.set_column(table.column_names.index("decided"), "decided", said)
    parquet.write_table(table.rename_columns(names), file.path_parquet)
    assert analysis.read(renamed, None).is_labelled.all()
    unnamed = replace(renamed, label_names={})
    assert not analysis.read(unnamed, None).is_labelled.any(), "0 and 1 are no labels of the model"


def test_a_row_may_have_several_labels(tmp_path: Path):
    found = analysis.read(write_scored(tmp_path / "f.parquet", problem_type=MULTI), None)
    assert found.is_multilabel and (found.decided.sum(axis=1) != 1).any()


def test_a_file_without_a_single_score_is_refused(tmp_path: Path):
    file = write_scored(tmp_path / "f.parquet", rows=5, rejected=range(5))
    with pytest.raises(DataError, match="None of the 5 rows of shops <b>.csv could be scored"):
        analysis.read(file, None)


def test_a_file_that_is_gone_is_said(tmp_path: Path):
    file = write_scored(tmp_path / "f.parquet")
    file.path_parquet.unlink()
    with pytest.raises(DataError, match="no longer stored"):
        analysis.read(file, None)


def test_what_a_model_was_trained_on_is_known_of_models_on_show(tmp_path: Path):
    table = board(row("ours", repo_id="demo/ours"), examples=40)
    repo = write_results(tmp_path / "repo", table)
    vocabulary.save(vocabulary.count(["good food"] * 9), repo)
    stored_results.keep(repo, tmp_path, "demo/ours")
    found = analysis.trained_on(tmp_path, "demo/ours")
    assert found is not None and found.words is not None
    assert found.rows == sum(found.label_counts.values()) == 240
    assert list(found.label_counts) == list(LABELS) and found.words.words["food"] == 9
    assert analysis.trained_on(tmp_path, "demo/others") is None


def test_every_length_has_its_bar():
    counts = analysis.by_length({0: 1, 4: 2, 5: 3, 199: 4, 200: 5, 1000: 6})
    names = analysis.length_names()
    assert dict(zip(names, counts, strict=True)) == {
        "0 to 4": 3, "5 to 9": 3, "10 to 14": 0, "15 to 19": 0, "20 to 29": 0, "30 to 39": 0,
        "40 to 59": 0, "60 to 99": 0, "100 to 199": 4, "200 on": 11,
    }  # fmt: skip


def test_scores_are_counted_in_20_bins_and_unknown_ones_not():
    counts = analysis.by_score(np.array([[0.0, 0.049], [1.0, np.nan]], np.float32))
    assert counts[0] == 2 and counts[-1] == 1 and sum(counts) == 3
    top = analysis.strongest(np.array([[0.2, np.nan], [np.nan, np.nan]], np.float32))
    assert top[0] == pytest.approx(0.2) and np.isnan(top[1])


def test_slices_count_hits_with_an_interval():
    hits = np.array([True, True, False, True])
    first, second = analysis.slices(["a", "b", "a", "a"], hits)
    assert (first.value, first.count, first.share) == ("a", 3, pytest.approx(2 / 3))
    assert first.interval is not None and first.interval[0] < 2 / 3 < first.interval[1]
    assert (second.value, second.count, second.share) == ("b", 1, 1.0)


def test_many_numbers_are_cut_into_quarters_and_rare_values_put_together():
    numbers = [float(n) for n in range(1, 101)]
    found = analysis.slices([*numbers, None], np.ones(101, bool))
    assert [one.count for one in found] == [25, 25, 25, 25, 1]
    assert [one.value for one in found] == [
        "1 to 25.75", "25.75 to 50.5", "50.5 to 75.25", "75.25 to 100", EMPTY
    ]  # fmt: skip
    values = [f"value {n}" for n in range(30) for _ in range(40 - n)]
    named = analysis.slices(values, np.ones(len(values), bool))
    assert len(named) == 13 and named[-1].value == OTHERS
    assert [one.count for one in named[:3]] == [40, 39, 38]


def test_slices_by_length_begin_with_the_shortest():
    found = analysis.slices_by_length(np.array([250, 2, 7, 3]), np.ones(4, bool))
    assert [(one.value, one.count) for one in found] == [
        ("0 to 4", 2),
        ("5 to 9", 1),
        ("200 on", 1),
    ]
