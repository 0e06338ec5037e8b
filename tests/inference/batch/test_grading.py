"""The figures of a scored file are those of its labelled rows, with what chance does to them."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from inference.batch import grading, scored_file
from inference.batch.grading import GRADED, grade
from inference.batch.scored_file import ScoredFile
from inference.core.errors import DataError
from inference.data.problem_types import MULTI, SINGLE
from inference.evaluation.bootstrap import bootstrap_interval, resample
from inference.evaluation.formulas import gather_sample
from tests.scored_files import write_scored
from tests.tiny import LABELS


def test_the_figures_are_those_of_scikit_learn(tmp_path):
    file = write_scored(tmp_path / "s.parquet", 90, rejected=(0, 7))
    columns = scored_file.values(file, ["label", "decided"])
    pairs = [pair for pair in zip(columns["label"], columns["decided"], strict=True) if pair[1]]
    truth, said = zip(*pairs, strict=True)
    found = grade(file)
    assert found.metrics.examples == len(found.rows) == 88
    assert found.metrics.accuracy == pytest.approx(accuracy_score(truth, said))
    assert found.metrics.mcc == pytest.approx(matthews_corrcoef(truth, said))
    assert found.metrics.macro_f1 == pytest.approx(f1_score(truth, said, average="macro"))
    wrong = {row for row in found.rows if columns["label"][row] != columns["decided"][row]}
    assert set(found.wrong) == wrong and 0 < len(wrong) < 88


@pytest.mark.parametrize("problem_type", [SINGLE, MULTI])
def test_intervals_are_those_of_the_bootstrap_over_rows(tmp_path, problem_type):
    file = write_scored(tmp_path / "s.parquet", 300, problem_type=problem_type)
    found = grade(file)
    truth = found.truth if problem_type == MULTI else found.truth.argmax(axis=1)
    sample = gather_sample(truth, scored_file.scores(file), scored_file.decided(file))
    (drawn,) = resample([sample])
    for name in GRADED:
        expected = bootstrap_interval(drawn[name])
        assert found.intervals[name] == pytest.approx(expected, abs=0.02), name


def test_mistakes_come_first_where_the_model_was_surest(tmp_path):
    file = write_scored(tmp_path / "s.parquet", 90)
    found, scores = grade(file), scored_file.scores(file)
    truth = dict(zip(found.rows.tolist(), found.truth.argmax(axis=1).tolist(), strict=True))
    # Of one label, it was as sure of something false as it was far from the truth.
    sure = [max(1 - scores[row, truth[row]], scores[row].max()) for row in found.wrong]
    assert sure == sorted(sure, reverse=True)


def labelled(path, truth, **changes) -> ScoredFile:
    file = write_scored(path, len(truth), **changes)
    table = parquet.read_table(path)
    place = table.column_names.index("label")
    parquet.write_table(table.set_column(place, "label", pa.array(truth)), path)
    return file


def test_rows_without_a_usable_label_count_nowhere_and_are_told(tmp_path):
    truth = ["positive", "", "happy", "negative", None, "neutral"]
    found = grade(labelled(tmp_path / "s.parquet", truth))
    assert found.rows.tolist() == [0, 3, 5]
    assert list(found.unusable) == [1, 2, 4] and "'happy' is none of" in found.unusable[2]
    with pytest.raises(DataError, match=r"No row of shops <b>\.csv has both.*row 1: .*'a' is none"):
        grade(labelled(tmp_path / "t.parquet", ["a", "b"]))


def test_labels_are_read_by_the_names_of_the_file(tmp_path):
    file = labelled(tmp_path / "s.parquet", ["0", "1", "2"])
    named = replace(file, label_names={"0": "negative", "1": "neutral", "2": "positive"})
    assert grade(named).truth.argmax(axis=1).tolist() == [0, 1, 2]


def test_several_labels_in_one_column_are_taken_apart(tmp_path):
    truth = ["negative; positive", "", "neutral"]
    file = labelled(tmp_path / "s.parquet", truth, problem_type=MULTI)
    found = grade(replace(file, label_delimiter="; "))
    assert found.truth.tolist() == [[True, False, True], [False] * 3, [False, True, False]]


def test_a_hundred_thousand_rows_are_graded_in_little_memory(tmp_path, monkeypatch):
    file = write_scored(tmp_path / "s.parquet", 3000)
    seen = []
    measured = grading.compute_figures
    monkeypatch.setattr(
        grading,
        "compute_figures",
        lambda sample, counts: seen.append(counts.size) or measured(sample, counts),
    )
    grade(file)
    assert max(seen) <= 50 * len(LABELS) ** 2
    assert np.isfinite([value for span in grade(file).intervals.values() for value in span]).all()
