"""The paper that the plots of a run are drawn on: size, colours, panels, lettering, PNG bytes.

Owns how every plot looks; what is drawn is plots.py. Figures are made by hand, without
pyplot, whose list of open figures would keep each of them in memory.

Try: python -c "from training.report.canvas import short_label; print(short_label('long ' * 20))"
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Told apart by the colour-blind (Okabe & Ito 2008, https://jfly.uni-koeln.de/color/).
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#6B6B6B"

PANELS_IN_A_ROW = 3
MOST_PANELS = 24

_WIDTH_INCHES = 7.2
_DPI = 150  # shown 720 pixels wide on a card; half as many again for screens of high density
_PANEL_HEIGHT_INCHES = 1.9
_LONGEST_NAME = 24

_LOOKS: dict[Any, Any] = {  # matplotlib's stubs want each name as a Literal
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "font.size": 9,
    "axes.titlesize": 9,
    "figure.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "lines.markersize": 4,
    "legend.frameon": False,
    "figure.facecolor": "white",  # also on a dark page
    "text.parse_math": False,  # a label may hold dollar signs
}


@contextmanager
def plot_style() -> Iterator[None]:
    """Draw as all plots do, whatever the matplotlibrc of this machine says; also a decorator."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_LOOKS)
        yield


def single_plot(title: str, height_inches: float) -> tuple[Figure, Axes]:
    """A figure with one plot on it."""
    figure = Figure((_WIDTH_INCHES, height_inches), dpi=_DPI, layout="constrained")
    figure.suptitle(title)
    return figure, figure.add_subplot()


def stacked_plots(title: str, heights: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """A figure with plots below each other, of these heights in inches, on one x axis."""
    figure = Figure((_WIDTH_INCHES, sum(heights)), dpi=_DPI, layout="constrained")
    figure.suptitle(title)
    plots = figure.subplots(len(heights), sharex=True, squeeze=False, height_ratios=heights)
    return figure, list(plots[:, 0])


def small_multiples(title: str, names: Sequence[str], x: str, y: str) -> tuple[Figure, list[Axes]]:
    """A figure with a small plot for each name, in rows of three; x and y name the axes."""
    rows = -(-len(names) // PANELS_IN_A_ROW)
    height = rows * _PANEL_HEIGHT_INCHES + 0.7
    figure = Figure((_WIDTH_INCHES, height), dpi=_DPI, layout="constrained")
    figure.suptitle(title)
    grid = figure.subplots(rows, PANELS_IN_A_ROW, squeeze=False).ravel()
    for plot in grid[len(names) :]:
        plot.set_visible(False)
    for plot, name in zip(grid, names, strict=False):
        plot.set_title(short_label(name), fontweight="bold")
    drawn = list(grid[: len(names)])
    for lowest in drawn[-PANELS_IN_A_ROW:]:  # of each column
        lowest.set_xlabel(x)
    figure.supylabel(y, fontsize="medium")
    return figure, drawn


def short_label(name: str) -> str:
    """A label's name as a plot has room for: one line, and cut when long."""
    line = " ".join(name.split())
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1]}…"


def title_suffix(drawn: int, all_labels: int) -> str:
    """What a title adds where not all labels are drawn."""
    return "" if drawn == all_labels else f" ({drawn} of {all_labels} labels)"


def add_legend(figure: Figure, plot: Axes) -> None:
    """Put one legend below all plots of a figure, which show the same as this one."""
    lines, names = plot.get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncols=len(names))


def png_bytes(figure: Figure) -> bytes:
    """The figure as a PNG; the same figure gives the same bytes, with no date in them.

    Letters that the font lacks (Chinese, emoji) are drawn as boxes.
    """
    content = io.BytesIO()
    with plot_style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()
