"""Which rows of a scored file are shown, in which order, and what of each."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app_pages.file.file_views import (
    ALL,
    MISTAKES,
    NOTHING,
    REJECTED,
    FileResult,
    rows_frame,
    view_title,
)
from inference.batch import grading, scored_file
from inference.data.problem_types import MULTI
from tests.scored_files import write_scored


def result_of(path: Path, **options: object) -> FileResult:
    file = write_scored(path, **options)
    return FileResult(
        file, scored_file.scores(file), scored_file.decided(file), grading.grade(file)
    )


def test_every_view_holds_its_rows(tmp_path: Path):
    result = result_of(tmp_path / "s.parquet", rows=60, rejected=(4, 9))
    views = result.views()
    assert list(views) == [
        *(ALL, MISTAKES, "label:negative", "label:neutral", "label:positive", REJECTED)
    ]
    assert views[REJECTED].tolist() == [4, 9] and len(views[ALL]) == 60
    by_label = [set(views[f"label:{label}"].tolist()) for label in result.file.labels]
    assert sum(map(len, by_label)) == 58 == len(set.union(*by_label))
    assert view_title("label:positive", 1234) == "Decided positive (1,234)"


def test_rows_with_nothing_above_threshold_have_a_view_of_their_own(tmp_path: Path):
    result = result_of(tmp_path / "s.parquet", problem_type=MULTI)
    nobody = replace(result, decided=np.zeros_like(result.decided))
    assert len(nobody.views()[NOTHING]) == 60 and NOTHING not in result.views()
    frame = rows_frame(nobody, [0])
    assert frame["Decided"][0].startswith("nothing; strongest: ")


@pytest.mark.parametrize("is_multilabel", [False, True])
def test_the_closest_calls_come_first_and_rejected_rows_last(tmp_path: Path, is_multilabel: bool):
    result = result_of(tmp_path / "s.parquet", rejected=(4,))
    if is_multilabel:
        file = replace(result.file, problem_type=MULTI, thresholds=(0.3, 0.3, 0.3))
        result = replace(result, file=file)
    ordered = result.by_doubt(result.views()[ALL])
    assert sorted(ordered) == list(range(60)) and ordered[-1] == 4
    first, last = result.scores[ordered[0]], result.scores[ordered[-2]]
    if is_multilabel:
        assert np.abs(first - 0.3).min() <= np.abs(last - 0.3).min()
    else:
        assert np.diff(np.sort(first)[-2:]) <= np.diff(np.sort(last)[-2:])


def test_a_row_shows_what_was_read_decided_and_how_sure(tmp_path: Path):
    result = result_of(tmp_path / "s.parquet", rejected=(1,))
    frame = rows_frame(result, [0, 1])
    assert list(frame) == ["Row", "text", "label", "Decided", "Score", "Next"]
    strongest = result.file.labels[int(result.scores[0].argmax())]
    assert (frame["Row"][0], frame["Decided"][0]) == (1, strongest)
    assert frame["Score"][0] == pytest.approx(float(result.scores[0].max()))
    assert frame["Decided"][1] == "rejected: no text in 'text'" and frame["text"][1] == ""
