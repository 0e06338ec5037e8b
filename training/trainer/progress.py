"""What a person sees of a run under way: a progress bar, and metrics.jsonl.

Owns what an observer of a training is told, and two of them: the console's bar and the history
file. The third is trackers.py. They are told numbers only, no texts.

Try: tail -f RUN_DIR/metrics.jsonl
"""

import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch.utils.data import DataLoader
from tqdm import tqdm

from inference.core.atomic_write import write_whole
from inference.runs.contract import METRICS_FILE
from training.data.batches import Batch

Line = dict[str, float | int | str | None]


@dataclass(frozen=True)
class Moment:
    """When something was seen: after so many optimizer steps, epochs and seconds of training."""

    step: int
    epoch: float
    seconds: float


@dataclass(frozen=True)
class Validation:
    """What a validation gave; `value`, the figure `chosen_by`, decides what is kept."""

    figures: Mapping[str, float | None]
    chosen_by: str
    value: float
    is_kept: bool


class Observer(Protocol):
    """Is told how a training goes, on the main process alone. It changes nothing of it."""

    def on_start(self, step: int, total_steps: int) -> None:
        """The steps after this one come next; again, where a run was interrupted."""

    def on_log(self, moment: Moment, figures: Mapping[str, float]) -> None:
        """Loss, learning rate and rate since the last time."""

    def on_validation(self, moment: Moment, validation: Validation) -> None:
        """The validation part was scored."""

    def on_end(self) -> None:
        """No more is to come, also after an error; on_start may follow."""


class History:
    """metrics.jsonl of one run: a line for every few steps, and one for every validation.

    Each says which share of all steps is done, in [0, 1].
    """

    def __init__(self, run_dir: Path) -> None:
        self._path = run_dir / METRICS_FILE
        self._total_steps = 0

    def on_start(self, step: int, total_steps: int) -> None:
        """Forget what was written after this step: it is about to be done again."""
        self._total_steps = total_steps
        kept = [line for line in self.lines() if int(line["step"] or 0) <= step]
        write_whole(self._path, "".join(json.dumps(line) + "\n" for line in kept))

    def on_log(self, moment: Moment, figures: Mapping[str, float]) -> None:
        """Add a line with the figures under their names."""
        self._append(moment, figures)

    def on_validation(self, moment: Moment, validation: Validation) -> None:
        """Add a line with the figures as validation_NAME."""
        named = {f"validation_{name}": value for name, value in validation.figures.items()}
        self._append(moment, named)

    def on_end(self) -> None:
        """Have the lines on the disk before weights are that were made with them."""
        with self._path.open("rb") as file:
            os.fsync(file.fileno())

    def lines(self) -> list[Line]:
        """All lines, oldest first; a last line that was cut off by a kill is left out."""
        lines: list[Line] = []
        if self._path.exists():
            for text in self._path.read_text(encoding="utf-8").splitlines():
                try:
                    lines.append(json.loads(text))
                except json.JSONDecodeError:
                    break
        return lines

    def _append(self, moment: Moment, figures: Mapping[str, float | None]) -> None:
        assert self._total_steps, "on_start comes first"
        share = round(moment.step / self._total_steps, 4)
        place = {"step": moment.step, "epoch": moment.epoch, "share": share}
        line = {**place, **figures, "seconds": moment.seconds}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


class LossWindow:
    """Loss and rate of the steps since the last line."""

    def __init__(self) -> None:
        self._losses: list[torch.Tensor] = []  # kept on the device: reading one would wait for it
        self._started = time.perf_counter()
        self.samples = 0

    def add(self, losses: Sequence[torch.Tensor], samples: int) -> None:
        """One step: its losses, each a mean, and the examples in it over all processes."""
        self._losses += losses
        self.samples += samples

    def mean_loss(self) -> torch.Tensor:
        """Mean over the losses, a scalar on their device."""
        return torch.stack(self._losses).mean()

    def figures(self, loss: float, learning_rate: float) -> dict[str, float]:
        """What on_log is told: the mean loss over all processes, the rate, examples a second."""
        rate = self.samples / max(time.perf_counter() - self._started, 1e-9)
        named = {"loss": loss, "learning_rate": learning_rate}
        return {**named, "samples_per_second": round(rate, 2)}


def with_progress_bar(loader: DataLoader[int], what: str, *, is_shown: bool) -> Iterable[Batch]:
    """The batches of a loader with a bar that goes when they are through."""
    return tqdm(loader, desc=what, unit="batch", leave=False, disable=not is_shown, mininterval=0.5)


class Bar:
    """Steps done and left with time left, loss and rate; silent unless `is_shown`."""

    def __init__(self, *, is_shown: bool) -> None:
        self._is_shown = is_shown
        self._bar: tqdm[None] | None = None

    def on_start(self, step: int, total_steps: int) -> None:
        """Draw the bar where the run stands."""
        self._bar = tqdm(
            total=total_steps,
            initial=step,
            disable=not self._is_shown,
            desc="training",
            unit="step",
            dynamic_ncols=True,
            mininterval=0.5,
        )

    def advance(self) -> None:
        """One optimizer step is done."""
        assert self._bar is not None, "on_start comes first"
        self._bar.update()

    def on_log(self, moment: Moment, figures: Mapping[str, float]) -> None:
        """Put the figures behind the bar."""
        assert self._bar is not None, "on_start comes first"
        shown = {
            "loss": f"{figures['loss']:.3f}",
            "lr": f"{figures['learning_rate']:.1e}",
            "texts_per_s": f"{figures['samples_per_second']:.0f}",
        }
        self._bar.set_postfix(shown, refresh=False)

    def on_validation(self, moment: Moment, validation: Validation) -> None:
        """Print a line above the bar."""
        assert self._bar is not None, "on_start comes first"
        if self._is_shown:
            self._bar.write(
                f"epoch {moment.epoch:.2f}: validation {validation.chosen_by} "
                f"{validation.value:.4f}" + (" (kept)" if validation.is_kept else "")
            )

    def on_end(self) -> None:
        """Leave the bar where it stands."""
        if self._bar is not None:
            self._bar.close()
