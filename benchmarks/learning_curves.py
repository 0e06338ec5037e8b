"""What learning curves are made of, and what they come to: a table, differences, a plot.

Owns the figures of one system on one sample of rows, and how they are put together. Which rows and
which systems is few_labels.py's business.

Letters: S seeds, R resamples.

Try: python -m benchmarks.few_labels --help
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from inference.evaluation.bootstrap import bootstrap_interval, resample
from inference.evaluation.formulas import Sample
from inference.evaluation.leaderboard import Interval
from inference.evaluation.metrics import Metrics, summarise
from training.report.canvas import BLUE, GREEN, GREY, ORANGE, plot_style

_PANEL_INCHES, _HEIGHT_INCHES, _DPI = 4.6, 4.2, 150
_LEGEND_COLUMNS = 4  # below a panel
# Systems are told apart by colour, dashes and marker; three colours more of Okabe & Ito.
_LOOKS = (
    (BLUE, "-", "o"),
    (ORANGE, "--", "s"),
    (GREEN, "-.", "^"),
    (GREY, ":", "D"),
    ("#CC79A7", "--", "v"),
    ("#E69F00", "-.", "P"),
    ("#000000", ":", "X"),
)


@dataclass(frozen=True)
class LearningCell:
    """One system that learned from one sample of rows.

    most: rows a label, as asked for. rows: all that it learned from. seconds: from start to end.
    sample: what it decided on the test rows.
    """

    set: str
    most: str
    seed: int
    system: str
    rows: int
    seconds: float
    sample: Sample

    @cached_property
    def metrics(self) -> Metrics:
        """Its figures on the test rows."""
        return summarise(self.sample.truth.argmax(axis=1), self.sample.scores, self.sample.decided)

    def as_dict(self) -> dict[str, object]:
        """Without the decisions."""
        metrics = self.metrics
        return {
            "set": self.set,
            "most": self.most,
            "seed": self.seed,
            "system": self.system,
            "rows": self.rows,
            "mcc": metrics.mcc,
            "macro_f1": metrics.macro_f1,
            "accuracy": metrics.accuracy,
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True)
class MeanDifference:
    """MCC of one system less that of another, the mean over the seeds that both have.

    other: the best by its mean on these very test rows, which flatters it.
    interval: 95 %, of chance in the test rows; that of the training is seen in the spread.
    """

    set: str
    most: str
    system: str
    other: str
    seeds: tuple[int, ...]
    mcc: float
    interval: Interval | None

    def __str__(self) -> str:
        low, high = self.interval or (float("nan"), float("nan"))
        return (
            f"{self.set}, {self.most} rows a label: {self.system} less {self.other} "
            f"{self.mcc:+.3f} MCC ({low:+.3f} to {high:+.3f}), "
            f"seeds {', '.join(map(str, self.seeds))}"
        )


def figures_of(cells: Sequence[LearningCell], most: str, system: str, figure: str) -> list[float]:
    """One figure of a system for each seed in which it is defined."""
    values = [
        cell.as_dict()[figure] for cell in cells if (cell.most, cell.system) == (most, system)
    ]
    return [float(value) for value in values if value is not None]  # type: ignore[arg-type]


def compare_with_best(
    cells: Sequence[LearningCell], most: str, system: str
) -> MeanDifference | None:
    """A system less the best of all others; None where no seed has both. cells: of one set."""
    cells = [cell for cell in cells if cell.most == most]
    means = {
        other: statistics.mean(values)
        for other in {cell.system for cell in cells} - {system}
        if (values := figures_of(cells, most, other, "mcc"))
    }
    if not means:
        return None
    best = max(sorted(means), key=lambda other: means[other])
    by_seed = {(cell.system, cell.seed): cell for cell in cells}
    seeds = [seed for name, seed in by_seed if name == system and (best, seed) in by_seed]
    if not seeds:
        return None
    pairs = [by_seed[name, seed].sample for name in (system, best) for seed in seeds]
    drawn = np.stack([figures["mcc"] for figures in resample(pairs)])  # (2S, R)
    change = drawn[: len(seeds)].mean(axis=0) - drawn[len(seeds) :].mean(axis=0)  # (R,)
    seen = [by_seed[name, seed].metrics.mcc or 0.0 for name in (system, best) for seed in seeds]
    return MeanDifference(
        set=cells[0].set,
        most=most,
        system=system,
        other=best,
        seeds=tuple(seeds),
        mcc=statistics.mean(seen[: len(seeds)]) - statistics.mean(seen[len(seeds) :]),
        interval=bootstrap_interval(change),
    )


def table(cells: Sequence[LearningCell], systems: Sequence[str], figure: str) -> str:
    """Rows a label by systems: mean of the seeds +- standard deviation, and how many seeds."""
    there = [name for name in systems if any(cell.system == name for cell in cells)]
    lines = [f"{figure:8}" + "".join(f"{name:>20}" for name in there)]
    for most in dict.fromkeys(cell.most for cell in cells):
        shown = [_spread(figures_of(cells, most, name, figure), figure) for name in there]
        lines.append(f"{most:8}" + "".join(f"{cell:>20}" for cell in shown))
    return "\n".join(lines)


def _spread(values: Sequence[float], figure: str) -> str:
    if not values:
        return "-"
    places = 0 if figure == "seconds" else 3
    deviation = f"{statistics.stdev(values):.{places}f}" if len(values) > 1 else "-"
    return f"{statistics.mean(values):.{places}f} +- {deviation} ({len(values)})"


@plot_style()
def draw(panels: Mapping[str, Sequence[LearningCell]], systems: Sequence[str]) -> Figure:
    """MCC over the rows a label: a panel for each set, a curve for each of these systems."""
    size = (_PANEL_INCHES * len(panels), _HEIGHT_INCHES)
    figure = Figure(size, dpi=_DPI, layout="constrained")
    plots = figure.subplots(1, len(panels), squeeze=False)[0]
    every = [cell for cells in panels.values() for cell in cells]
    there = [name for name in systems if any(cell.system == name for cell in every)]
    for plot, (title, cells) in zip(plots, panels.items(), strict=True):
        places = {cell.most: _place(cell) for cell in cells}
        for system, looks in zip(there, _LOOKS, strict=False):
            _add_curve(plot, cells, places, system, looks)
        plot.set_xscale("log")
        plot.set_xticks(list(places.values()), list(places))
        plot.xaxis.set_minor_locator(NullLocator())
        plot.set_title(title, fontweight="bold")
        plot.set_xlabel("labelled rows a label")
    plots[0].set_ylabel("MCC on the test rows")
    figure.suptitle("Few labels: mean and span of the seeds")
    lines, names = plots[0].get_legend_handles_labels()
    columns = _LEGEND_COLUMNS * len(panels)
    figure.legend(lines, names, loc="outside lower center", ncols=min(columns, len(names)))
    return figure


def _place(cell: LearningCell) -> float:
    """Where the axis has its number of rows; that of all rows is the mean over the labels."""
    labels = cell.sample.truth.shape[1]
    return float(cell.most) if cell.most.isdigit() else cell.rows / labels


def _add_curve(
    plot: Axes,
    cells: Sequence[LearningCell],
    places: Mapping[str, float],
    system: str,
    looks: tuple[str, str, str],
) -> None:
    by_place = {place: figures_of(cells, most, system, "mcc") for most, place in places.items()}
    by_place = {place: values for place, values in by_place.items() if values}
    colour, dashes, marker = looks
    means = [statistics.mean(values) for values in by_place.values()]
    # drawn also where it is empty, as the legend is that of the first panel
    plot.plot(list(by_place), means, dashes, color=colour, marker=marker, label=system)
    lowest, highest = map(min, by_place.values()), map(max, by_place.values())
    plot.fill_between(
        list(by_place), list(lowest), list(highest), color=colour, alpha=0.12, linewidth=0
    )
