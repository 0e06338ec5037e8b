"""A scored file gives back its rows, scores and decisions, as long as it is there."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from inference.batch import scored_file
from inference.batch.scored_file import ScoredFile
from inference.core.errors import DataError
from inference.data.problem_types import MULTI, SINGLE

LABELS = ("toxic", "rude")


def file_of(path, decided, problem_type=SINGLE, rows_a_group=2) -> ScoredFile:
    count = len(decided)
    table = pa.table(
        {
            "text": [f"text {number}" for number in range(count)],
            "decided": decided,
            "score:toxic": pa.array([0.25 if one else None for one in decided], pa.float32()),
            "score:rude": pa.array([0.75 if one else None for one in decided], pa.float32()),
            "rejected": [None if one else "no text" for one in decided],
        }
    )
    parquet.write_table(table, path, row_group_size=rows_a_group)
    return ScoredFile("a.csv", path, LABELS, problem_type, ("text",), (), "a/b", "", count, 1)


def test_scores_and_decisions_stand_at_their_rows(tmp_path):
    file = file_of(tmp_path / "s.parquet", ["rude", None, "toxic"])
    assert scored_file.scores(file).tolist()[0] == [0.25, 0.75]
    assert (
        np.isnan(scored_file.scores(file)[1]).all() and scored_file.scores(file).dtype == np.float32
    )
    assert scored_file.decided(file).tolist() == [[False, True], [False, False], [True, False]]
    assert scored_file.input_columns(file) == ("text",)


def test_several_labels_can_be_decided(tmp_path):
    file = file_of(tmp_path / "s.parquet", [["rude", "toxic"], None, []], MULTI)
    assert scored_file.decided(file).tolist() == [[True, True], [False, False], [False, False]]


def test_rows_come_in_the_order_asked_for_across_groups(tmp_path):
    file = file_of(tmp_path / "s.parquet", ["rude"] * 7)
    found = scored_file.rows_at(file, [5, 0, 6, 2])
    assert [row["text"] for row in found] == ["text 5", "text 0", "text 6", "text 2"]
    assert scored_file.rows_at(file, []) == []


def test_scores_that_are_gone_are_an_error_that_says_what_to_do(tmp_path):
    file = file_of(tmp_path / "s.parquet", ["rude"])
    file.path_parquet.unlink()
    for read in (scored_file.scores, scored_file.decided, scored_file.input_columns):
        with pytest.raises(DataError, match=r"a\.csv are no longer stored.*Score the file again"):
            read(file)


def test_one_label_column_has_a_name():
    file = ScoredFile("a", None, LABELS, SINGLE, ("text",), ("label",), "a/b", "", 0, 0)
    assert file.label_field == "label" and replace(file, label_fields=LABELS).label_field is None
