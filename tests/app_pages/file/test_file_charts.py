from pathlib import Path

import numpy as np
import pytest

from app_pages.file import file_charts
from inference.analysis import analysis, projection
from inference.analysis.analysis import Rows
from inference.evaluation import vocabulary
from tests.scored_files import write_scored


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return analysis.read(write_scored(tmp_path / "f.parquet"), None)


def test_of_many_labels_the_most_frequent_are_drawn():
    labels = [f"label {n}" for n in range(40)]
    plot = file_charts.categories(labels, {"decided": list(range(40))}, 780)
    assert plot.data["group"].nunique() == file_charts.MOST_LABELS
    assert "label 39" in plot.alt and "label 0" not in set(plot.data["group"])


def test_lengths_that_no_text_has_are_left_out_at_the_end():
    counts = analysis.by_length({3: 5, 12: 5})
    plot = file_charts.lengths({"training": counts, "this file": counts})
    assert list(plot.data["group"].unique()) == ["0 to 4", "5 to 9", "10 to 14"]
    assert plot.data["share"].sum() == pytest.approx(2)


def test_a_point_has_its_text_cut_short_and_its_row_number(rows: Rows):
    placed = projection.from_scores(rows.scores, np.arange(60), is_multilabel=False)
    assert placed is not None
    long = Rows(**{**vars(rows), "texts": ("x" * 500, *rows.texts[1:])})
    data = file_charts.plane(long, placed, ("one", "two")).data
    assert len(data["text"][0]) == 161 and data["row"][0] == 1
    assert set(data["truth"]) <= set(rows.labels)


def test_where_there_is_one_direction_the_other_is_the_length(rows: Rows):
    placed = projection.from_vectors(rows.scores[:, :1], np.arange(60))
    assert placed is not None and placed.explained[1] == 0
    second = file_charts.with_lengths(rows, placed).points[:, 1]
    assert second.tolist() == [len(vocabulary.split(text)) for text in rows.texts]


def test_slices_without_an_interval_are_drawn_too():
    one = analysis.Slice("north", 4, 3, None)
    plot = file_charts.slices([one], "Share decided right")
    assert plot.alt == "Share decided right: north 75% of 4" and plot.data["low"].isna().all()
