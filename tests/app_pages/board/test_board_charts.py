import numpy as np
import pytest

from app_pages.board import board_charts
from app_pages.shared import charts
from inference.data.problem_types import MULTI, SINGLE
from inference.evaluation import curves
from inference.evaluation.predictions import Predictions, Targets
from tests.boards import row
from tests.results_files import answers


def told(problem_type: str) -> tuple[Targets, Predictions]:
    rng = np.random.default_rng(0)
    truth = np.eye(3, dtype=bool)[rng.integers(0, 3, 200)]
    said = answers(truth, problem_type, 2.0, rng)
    return Targets(("a", "b", "c"), problem_type, truth.astype(np.int8)), Predictions(
        ("a", "b", "c"), *said
    )


def test_a_model_without_a_figure_has_a_place_and_no_point():
    rows = {"Ours": row("ours", mcc=0.5), "Other": row("other", mcc=None)}
    plot = board_charts.intervals(rows, "mcc")
    assert plot.data["mcc"].isna().tolist() == [False, True]
    assert "Other none" in plot.alt
    assert "Ours with 0.50" in board_charts.speed(rows, "mcc").alt


def test_a_confusion_holds_every_row_and_numbers_its_cells():
    targets, said = told(SINGLE)
    plot = board_charts.confusion(curves.confusion(targets, said))
    assert plot.data["rows"].sum() == 200
    assert '"text"' in plot.chart.to_json()


@pytest.mark.parametrize("chosen", [None, 0.31])
def test_the_threshold_in_use_is_marked_where_there_is_one(chosen: float | None):
    targets, said = told(MULTI)
    truth = targets.matrix[:, 1].astype(bool)
    plot = board_charts.thresholds(curves.over_thresholds(said.scores[:, 1], truth), "b", chosen)
    assert ("0.31 is used" in plot.alt) is (chosen is not None)
    assert ('"rule"' in plot.chart.to_json()) is (chosen is not None)


def test_the_data_of_a_plot_cannot_run_in_a_spreadsheet():
    rows = {"=1+1": row("ours", title="=1+1")}
    content = charts.csv_bytes(board_charts.intervals(rows, "mcc").data).decode("utf-8-sig")
    assert content.splitlines()[1].startswith("'=1+1,")
