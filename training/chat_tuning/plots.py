"""The plots of a chat run: loss over steps beside other runs, and each held-out dialogue.

Owns their names in results/plots/; the looks are training/report/canvas.py.

Try: ls runs/chat/results/plots
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from inference.core.atomic_write import write_whole
from training.chat_tuning.held_out import Losses
from training.report.canvas import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    plot_style,
    png_bytes,
    short_label,
    single_plot,
)
from training.report.plots import FOLDER
from training.trainer.progress import Line

_COLOURS = (BLUE, ORANGE, GREEN)
_DASHES = ("-", "--", "-.")
_FEW = 2


def write_all(
    run_dir: Path, histories: Mapping[str, Sequence[Line]], base: Losses, tuned: Losses
) -> list[str]:
    """Draw both plots; returns the files, relative to the run folder.

    histories: the lines of metrics.jsonl by the name of the run, this one's first.
    """
    figures = {"loss_curve": loss_curve(histories), "held_out": held_out(base, tuned)}
    written = []
    for name, figure in figures.items():
        path = FOLDER / f"{name}.png"
        write_whole(run_dir / path, png_bytes(figure))
        written.append(path.as_posix())
    return written


@plot_style()
def loss_curve(histories: Mapping[str, Sequence[Line]]) -> Figure:
    """Training and validation loss over optimizer steps; the base model is the line across."""
    figure, plot = single_plot("Loss of the answers' tokens", 3.4)
    for index, (name, lines) in enumerate(histories.items()):
        colour, dashes = _COLOURS[index % 3], _DASHES[index // 3 % 3]
        trained = [(line["step"], line["loss"]) for line in lines if "loss" in line]
        checked = [
            (line["step"], line["validation_loss"]) for line in lines if "validation_loss" in line
        ]
        if trained:
            plot.plot(*zip(*trained, strict=True), dashes, color=colour, alpha=0.45, linewidth=1)
        if checked:
            label = f"{short_label(name)}: validation"
            # between the first look and the last a line would tell what nobody has measured
            style = dashes if len(checked) > _FEW else "none"
            plot.plot(
                *zip(*checked, strict=True), linestyle=style, marker="o", color=colour, label=label
            )
            if index == 0 and checked[0][0] == 0:
                start = float(checked[0][1] or 0)
                plot.axhline(start, color=GREY, linestyle=":", label="base model: validation")
    plot.set_xlabel("optimizer steps (thin: training loss)")
    plot.set_ylabel("loss, nats a token")
    plot.legend()
    return figure


@plot_style()
def held_out(base: Losses, tuned: Losses) -> Figure:
    """Every held-out dialogue: its loss before across, after upwards; below the line is better."""
    before, after = base.sums / base.counts, tuned.sums / tuned.counts
    figure, plot = single_plot("Loss of each held-out dialogue", 3.6)
    end = float(np.max([before.max(), after.max()])) * 1.05
    plot.plot([0, end], [0, end], ":", color=GREY, label="unchanged")
    plot.scatter(before, after, s=14, color=BLUE, label=f"{len(before)} dialogues")
    plot.set_xlabel("base model, nats a token")
    plot.set_ylabel("tuned")
    plot.legend()
    return figure
