import io
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from inference.data.problem_types import MULTI, SINGLE
from inference.evaluation.predictions import Predictions, Targets
from inference.models.bundle import Bundle
from training.report.canvas import png_bytes
from training.report.plots import label_distribution, loss_curve, metric_curve, write_all

LABELS = ("calm", "angry $5", "glad")
HISTORY = [
    {"step": 10, "epoch": 0.5, "loss": 1.0, "learning_rate": 1e-4},
    {"step": 20, "epoch": 1.0, "loss": 0.6, "learning_rate": 1e-5},
    {"step": 20, "epoch": 1.0, "validation_log_loss": 0.7, "validation_mcc": 0.5},
    {"step": 40, "epoch": 2.0, "validation_log_loss": 0.65, "validation_mcc": None},
]


def lines(figure: Figure | None) -> dict[str, list[list[float]]]:
    """The points of each named line of the first plot."""
    assert figure is not None
    return {
        str(line.get_label()): np.column_stack(line.get_data()).tolist()
        for line in figure.axes[0].lines
    }


def test_the_loss_curve_holds_every_line_of_the_history():
    expected = {"training": [[10, 1.0], [20, 0.6]], "validation": [[20, 0.7], [40, 0.65]]}
    assert lines(loss_curve(HISTORY)) == expected


def test_the_metric_curve_leaves_out_undefined_figures():
    assert lines(metric_curve(HISTORY)) == {"MCC": [[20, 0.5]]}


@pytest.mark.parametrize("draw", [loss_curve, metric_curve])
def test_without_history_there_is_no_curve(draw):
    assert draw([]) is None


def test_the_distribution_shows_the_share_of_each_part_the_most_frequent_first():
    train = np.array([[1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 1, 1]], bool)
    figure = label_distribution({"train": train, "test": train[:2], "empty": train[:0]}, LABELS)
    assert figure is not None
    bars = [bar.get_width() for group in figure.axes[0].containers for bar in group]
    assert bars == [75, 25, 25, 50, 50, 0]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == [
        "glad",
        "calm",
        "angry $5",
    ]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["train (4 texts)", "test (2 texts)"]


def test_of_many_labels_the_most_frequent_are_drawn_and_the_title_says_so():
    matrix = np.tril(np.ones((40, 40), bool))
    figure = label_distribution({"train": matrix}, [f"label {n}" for n in range(40)])
    assert figure is not None and figure.get_suptitle() == "Labels in each part (24 of 40 labels)"
    assert figure.axes[0].get_yticklabels()[0].get_text() == "label 0"
    png_bytes(figure)


def test_no_text_no_distribution():
    assert label_distribution({"train": np.zeros((0, 3), bool)}, LABELS) is None


@pytest.mark.parametrize("problem_type", [SINGLE, MULTI])
def test_every_plot_lies_where_the_list_says(problem_type: str, tmp_path: Path):
    draws = np.random.default_rng(0)
    scores = draws.dirichlet(np.ones(3), 60).astype(np.float32)
    decided = np.eye(3, dtype=bool)[scores.argmax(axis=1)]
    truth = np.eye(3, dtype=np.int8)[draws.integers(0, 3, 60)]
    given = {
        "history": HISTORY,
        "parts": {"train": truth.astype(bool)},
        "targets": Targets(LABELS, problem_type, truth),
        "predictions": Predictions(LABELS, scores, decided),
        "bundle": Bundle(LABELS, problem_type),
        "temperature": 1.5,
    }
    names = (
        "label_distribution loss_curve metric_curve confusion_matrix precision_recall "
        "threshold_curve reliability"
    )
    expected = [f"results/plots/{name}.png" for name in names.split()]
    assert write_all(tmp_path, **given) == expected
    found = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    assert found == sorted(expected), "nothing half written beside them"
    for name in expected:
        Image.open(io.BytesIO((tmp_path / name).read_bytes())).verify()


def test_a_plot_that_has_nothing_to_show_is_left_out(tmp_path: Path):
    truth = np.array([[1, 0, 0]] * 4, np.int8)
    scores = np.full((4, 3), np.nan, np.float32)
    written = write_all(
        tmp_path,
        history=[],
        parts={"train": truth.astype(bool)},
        targets=Targets(LABELS, SINGLE, truth),
        predictions=Predictions(LABELS, scores, np.zeros((4, 3), bool)),
        bundle=Bundle(LABELS, SINGLE),
        temperature=1.0,
    )
    assert [Path(name).stem for name in written] == ["label_distribution", "confusion_matrix"]
