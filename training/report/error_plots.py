"""Where a model errs on the test part, and what its scores are worth: four plots.

Owns what is drawn; the looks are canvas.py. Of many labels the 24 most frequent of the
test part are drawn, and the title says so.

Letters: N examples, C labels.

Try: ls RUN_DIR/results/plots
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.metrics import precision_recall_curve

from inference.data.problem_types import MULTI
from inference.evaluation.predictions import Predictions, Targets
from inference.models.bundle import Bundle
from inference.models.classifier import activate
from training.export.thresholds import mcc_at
from training.report.canvas import (
    BLUE,
    GREEN,
    GREY,
    MOST_PANELS,
    ORANGE,
    add_legend,
    plot_style,
    short_label,
    single_plot,
    small_multiples,
    stacked_plots,
    title_suffix,
)

Bools = NDArray[np.bool_]
Scores = NDArray[np.float32]

_MOST_NUMBERED = 12  # classes of a confusion matrix whose cells have room for a number
_BINS = 15  # as the calibration error has them
_THRESHOLDS = np.linspace(0, 1, 201, dtype=np.float32)
_LEAST_SCORE = 1e-7


@plot_style()
def confusion_matrix(targets: Targets, predictions: Predictions) -> Figure | None:
    """Labels against decisions, as shares of each true label; multi-label: yes and no of each."""
    truth = targets.matrix.astype(np.bool_)
    if targets.problem_type == MULTI:
        return _confusions_by_label(targets, truth, predictions.decided)
    columns = _most_frequent(truth)
    names = [short_label(targets.labels[column]) for column in columns]
    decided = predictions.decided[:, columns]
    rest = ~decided.any(axis=1, keepdims=True)
    counts = truth[:, columns].T.astype(np.int64) @ np.hstack([decided, rest])  # (rows, columns)
    if not rest.any():
        counts = counts[:, :-1]
    else:
        names.append("another")
    title = "Confusion on the test part" + title_suffix(len(columns), len(targets.labels))
    figure, plot = single_plot(title, min(7.5, 2.2 + 0.3 * len(columns)))
    has_room = len(columns) <= _MOST_NUMBERED
    _draw_matrix(plot, counts, has_numbers=has_room)
    slope = 45 if has_room else 90
    plot.set_xticks(range(len(names)), names, rotation=slope, ha="right", rotation_mode="anchor")
    plot.set_yticks(range(len(columns)), names[: len(columns)])
    plot.set_xlabel("decided")
    plot.set_ylabel("true")
    figure.colorbar(plot.images[0], ax=plot, label="share of the true label's texts")
    return figure


def _confusions_by_label(targets: Targets, truth: Bools, decided: Bools) -> Figure:
    columns = _most_frequent(truth)
    title = "Confusion on the test part" + title_suffix(len(columns), len(targets.labels))
    names = [targets.labels[column] for column in columns]
    figure, plots = small_multiples(title, names, "decided", "true")
    for plot, column in zip(plots, columns, strict=True):
        sides = (np.stack([~table[:, column], table[:, column]]) for table in (truth, decided))
        true, chosen = (side.astype(np.int64) for side in sides)  # (2, N): no, yes
        _draw_matrix(plot, true @ chosen.T, has_numbers=True)
        plot.set_xticks((0, 1), ("no", "yes"))
        plot.set_yticks((0, 1), ("no", "yes"))
    return figure


def _draw_matrix(plot: Axes, counts: NDArray[np.int64], *, has_numbers: bool) -> None:
    """Colour by the share of the row, numbers by count."""
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    plot.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    plot.grid(visible=False)
    if has_numbers:
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if shares[row, column] > 0.55 else "black"
            plot.text(column, row, f"{count:,}", ha="center", va="center", color=colour)


@plot_style()
def precision_recall(targets: Targets, predictions: Predictions) -> Figure | None:
    """Precision against recall of each label against the rest; None where no label has both."""
    columns = _drawable(targets, predictions)
    if not columns:
        return None
    title = "Precision and recall on the test part" + title_suffix(
        len(columns), len(targets.labels)
    )
    names = [targets.labels[column] for column in columns]
    figure, plots = small_multiples(title, names, "recall", "precision")
    for plot, column in zip(plots, columns, strict=True):
        truth, scores = targets.matrix[:, column], predictions.scores[:, column]
        precision, recall, _ = precision_recall_curve(truth, scores)
        plot.step(recall, precision, where="post", color=BLUE, label="model")
        plot.axhline(truth.mean(), color=GREY, linestyle=":", label="random")
        plot.set(xlim=(0, 1.02), ylim=(0, 1.02))
    add_legend(figure, plots[0])
    return figure


@plot_style()
def threshold_curve(targets: Targets, predictions: Predictions, bundle: Bundle) -> Figure | None:
    """What each threshold would bring on the test part, and the one chosen on validation.

    A single-label model takes the strongest label, so that no threshold is marked: its curves say
    what asking for at least such a score would bring. None where no label has yes and no.
    """
    columns = _drawable(targets, predictions)
    if not columns:
        return None
    title = "Thresholds on the test part" + title_suffix(len(columns), len(targets.labels))
    names = [targets.labels[column] for column in columns]
    figure, plots = small_multiples(title, names, "threshold: least score for yes", "")
    for plot, column in zip(plots, columns, strict=True):
        truth = targets.matrix[:, column].astype(np.bool_)
        _draw_thresholds(plot, predictions.scores[:, column], truth)
        if bundle.is_multilabel:
            chosen = bundle.thresholds[column]
            plot.axvline(chosen, color="black", linewidth=1, label="chosen on validation")
        plot.set(xlim=(0, 1), ylim=(-0.02, 1.02))
    add_legend(figure, plots[0])
    return figure


def _draw_thresholds(plot: Axes, scores: Scores, truth: Bools) -> None:
    chosen = scores >= _THRESHOLDS[:, None]  # (thresholds, N)
    hits = (chosen & truth).sum(axis=1)
    many = chosen.sum(axis=1)
    precision = np.divide(hits, many, out=np.full(len(many), np.nan), where=many > 0)
    plot.plot(_THRESHOLDS, mcc_at(_THRESHOLDS, scores, truth), color=GREEN, label="MCC")
    plot.plot(_THRESHOLDS, precision, "--", color=BLUE, label="precision")
    plot.plot(_THRESHOLDS, hits / truth.sum(), "-.", color=ORANGE, label="recall")


@plot_style()
def reliability(
    targets: Targets, predictions: Predictions, is_multilabel: bool, temperature: float
) -> Figure | None:
    """How often scores of a height are right, with and without temperature; None without scores.

    temperature: that the logits were divided by, wherever that was done.
    Single-label: the strongest label's score. Multi-label: the scores of all labels together.
    """
    known = ~np.isnan(predictions.scores).any(axis=0)
    if not known.any() or not len(targets.matrix):
        return None
    truth, served = targets.matrix[:, known].astype(np.bool_), predictions.scores[:, known]
    figure, (top, bottom) = stacked_plots("Reliability on the test part", (4.2, 1.4))
    top.plot((0, 1), (0, 1), ":", color=GREY, label="perfect")
    if temperature != 1:
        before = _without_temperature(served, is_multilabel, temperature)
        middles, shares, _ = _binned(before, truth, is_multilabel)
        top.plot(middles, shares, "--", color=ORANGE, marker="s", label="before temperature")
    middles, shares, counts = _binned(served, truth, is_multilabel)
    top.plot(middles, shares, color=BLUE, marker="o", label="as served")
    top.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="share that is right")
    bottom.bar(middles, counts, 0.9 / _BINS, color=BLUE)
    bottom.set(yscale="log", xlabel="score", ylabel="scores")
    bottom.yaxis.set_major_formatter("{x:,.0f}")
    bottom.yaxis.set_minor_formatter(NullFormatter())
    add_legend(figure, top)
    return figure


def _without_temperature(scores: Scores, is_multilabel: bool, temperature: float) -> Scores:
    """The scores at temperature 1; what float32 rounded to 0 or 1 stays at the edge."""
    kept = np.clip(scores.astype(np.float64), _LEAST_SCORE, 1 - _LEAST_SCORE)
    logits = logit(kept) if is_multilabel else np.log(kept)
    return activate((logits * temperature).astype(np.float32), is_multilabel)


def _binned(
    scores: Scores, truth: Bools, is_multilabel: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Mean score, share of hits and number of scores of each bin that has any."""
    if is_multilabel:
        values, hits = scores.ravel(), truth.ravel()
    else:
        rows, strongest = np.arange(len(scores)), scores.argmax(axis=1)
        values, hits = scores[rows, strongest], truth[rows, strongest]
    bins = np.minimum((values * _BINS).astype(np.int64), _BINS - 1)
    counts = np.bincount(bins, minlength=_BINS)
    filled = counts > 0
    means = np.bincount(bins, values, _BINS)[filled] / counts[filled]
    return means, np.bincount(bins, hits, _BINS)[filled] / counts[filled], counts[filled]


def _most_frequent(truth: NDArray) -> list[int]:
    """At most 24 labels, the most frequent ones, in the order of the task."""
    return sorted(np.argsort(-np.asarray(truth.sum(axis=0)), kind="stable")[:MOST_PANELS].tolist())


def _drawable(targets: Targets, predictions: Predictions) -> list[int]:
    """Of those the ones that some example has, some lacks, and the model knows."""
    count = targets.matrix.sum(axis=0)
    is_known = ~np.isnan(predictions.scores).any(axis=0)  # (C,)
    can_be_drawn = (count > 0) & (count < len(targets.matrix)) & is_known
    return [label for label in _most_frequent(targets.matrix) if can_be_drawn[label]]
