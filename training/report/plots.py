"""The plots of a run: which there are, what its data holds, how it learned.

Owns their names in results/plots/, and those that need no prediction; where the model errs is
error_plots.py, the looks are canvas.py. Of many labels the 24 most frequent are
drawn, and the title says so.

Letters: N examples, C labels.

Try: ls RUN_DIR/results/plots
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inference.core.atomic_write import write_whole
from inference.evaluation.predictions import Predictions, Targets
from inference.models.bundle import Bundle
from training.report.canvas import (
    BLUE,
    GREEN,
    GREY,
    MOST_PANELS,
    ORANGE,
    add_legend,
    plot_style,
    png_bytes,
    short_label,
    single_plot,
    title_suffix,
)
from training.report.error_plots import (
    confusion_matrix,
    precision_recall,
    reliability,
    threshold_curve,
)

Bools = NDArray[np.bool_]
Line = Mapping[str, float | int | str | None]

FOLDER = Path("results") / "plots"

_METRICS = (  # of a line of metrics.jsonl; colour and dashes both tell them apart
    ("validation_mcc", "MCC", BLUE, "-"),
    ("validation_macro_f1", "macro-F1", ORANGE, "--"),
    ("validation_roc_auc", "ROC-AUC", GREEN, "-."),
    ("validation_accuracy", "accuracy", GREY, ":"),
)
_PARTS = (BLUE, ORANGE, GREEN)


def write_all(
    run_dir: Path,
    *,
    history: Sequence[Line],
    parts: Mapping[str, Bools],
    targets: Targets,
    predictions: Predictions,
    bundle: Bundle,
    temperature: float,
) -> list[str]:
    """Draw everything there is to draw; returns the files, relative to the run folder.

    history: the lines of metrics.jsonl. parts: (N, C) bool of each part of the data, by its name.
    targets, predictions: of the fine-tuned model on the test part, as stored in results/.
    temperature: that its logits were divided by, in the weights or after them.
    """
    figures = {
        "label_distribution": label_distribution(parts, targets.labels),
        "loss_curve": loss_curve(history),
        "metric_curve": metric_curve(history),
        "confusion_matrix": confusion_matrix(targets, predictions),
        "precision_recall": precision_recall(targets, predictions),
        "threshold_curve": threshold_curve(targets, predictions, bundle),
        "reliability": reliability(targets, predictions, bundle.is_multilabel, temperature),
    }
    written = []
    for name, figure in figures.items():
        if figure is not None:
            path = FOLDER / f"{name}.png"
            write_whole(run_dir / path, png_bytes(figure))
            written.append(path.as_posix())
    return written


@plot_style()
def label_distribution(parts: Mapping[str, Bools], labels: Sequence[str]) -> Figure | None:
    """What share of the texts of each part has each label; None without texts."""
    shares = {name: matrix.mean(axis=0) for name, matrix in parts.items() if len(matrix)}
    if not shares:
        return None
    order = np.argsort(-next(iter(shares.values())), kind="stable")[:MOST_PANELS]
    figure, plot = single_plot(
        "Labels in each part" + title_suffix(len(order), len(labels)), 1.3 + 0.36 * len(order)
    )
    thickness = 0.8 / len(shares)
    for index, (name, values) in enumerate(shares.items()):
        middles = np.arange(len(order)) + (index - (len(shares) - 1) / 2) * thickness
        title = f"{name} ({len(parts[name]):,} texts)"
        colour = _PARTS[index % len(_PARTS)]
        plot.barh(middles, 100 * values[order], 0.9 * thickness, color=colour, label=title)
    plot.set_yticks(range(len(order)), [short_label(labels[label]) for label in order])
    plot.set_ylim(len(order) - 0.5, -0.5)
    plot.grid(axis="y", visible=False)
    plot.set_xlabel("texts with the label, %")
    add_legend(figure, plot)
    return figure


@plot_style()
def loss_curve(history: Sequence[Line]) -> Figure | None:
    """Loss in training and log-loss in validation over the steps; None without a line of either."""
    return _curves(
        "Loss while training",
        "loss",
        history,
        (("loss", "training", BLUE, "-"), ("validation_log_loss", "validation", ORANGE, "--")),
    )


@plot_style()
def metric_curve(history: Sequence[Line]) -> Figure | None:
    """The validations' figures over the steps; None before the first validation."""
    return _curves("Validation while training", "", history, _METRICS)


def _curves(
    title: str, unit: str, history: Sequence[Line], curves: Sequence[tuple[str, str, str, str]]
) -> Figure | None:
    figure, plot = single_plot(title, 3.6)
    for key, name, colour, dashes in curves:
        points = [(line["step"], line[key]) for line in history if line.get(key) is not None]
        if points:
            steps, values = zip(*points, strict=True)
            marker = "o" if key.startswith("validation") else ""
            plot.plot(steps, values, dashes, color=colour, marker=marker, label=name)
    if not plot.lines:
        return None
    plot.set_xlabel("step of the optimizer")
    plot.set_ylabel(unit)
    add_legend(figure, plot)
    return figure
