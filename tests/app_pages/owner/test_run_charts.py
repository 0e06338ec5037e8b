"""The plots of a run: nothing before there is something, their data whole, told in words."""

from app_pages.owner import run_charts
from inference.data.problem_types import SINGLE
from inference.runs.data_report import DataReport, PartFacts
from inference.runs.progress import Curves

CURVES = Curves(
    training=({"step": 10, "loss": 1.0}, {"step": 20, "loss": 0.5}),
    validation=({"step": 20, "mcc": 0.4, "macro_f1": 0.6, "ece": 0.1},),
)


def test_before_the_first_figure_there_is_no_plot():
    assert run_charts.loss(Curves((), ())) is None
    assert run_charts.validation(Curves((), ())) is None
    assert run_charts.validation(Curves((), ({"step": 1, "ece": 0.1},))) is None


def test_curves_are_told_in_words_and_offer_all_their_data():
    loss, validation = run_charts.loss(CURVES), run_charts.validation(CURVES)
    assert loss.alt == "Loss from 1.000 to 0.500 at step 20"
    assert validation.alt == "Validation at step 20: MCC 0.400, macro F1 0.600"
    assert list(validation.data.columns) == ["step", "mcc", "macro_f1", "ece"]
    for plot in (loss, validation):
        plot.chart.to_dict()


def test_labels_are_counted_by_part():
    read = ("0" * 64, "utf-8", ",", 3, 3, 0, 10, 20, 30, {"en": 1.0})
    parts = tuple(
        PartFacts(name, f"{name}.csv", *read, {"good": 2, "bad": count}, 0)
        for name, count in (("train", 1), ("test", 5))
    )
    labels = ("good", "bad")
    plot = run_charts.labels(DataReport(parts, labels, SINGLE, (), (), (), {}))
    assert plot.alt == "Texts by label: most, 5, are bad"
    assert len(plot.data) == 4 and plot.chart.to_dict()
