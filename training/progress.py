"""What a person sees of a run under way: a progress bar, and metrics.jsonl.

Owns the console's bar and the history file. The lines hold numbers only, no texts.

Try: tail -f RUN_DIR/metrics.jsonl
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import torch
from tqdm import tqdm

from inference.whole_file import write_whole

FILE_NAME = "metrics.jsonl"
Line = dict[str, float | int | str | None]


class History:
    """metrics.jsonl of one run: a line for every few steps, and one for every validation."""

    def __init__(self, run_dir: Path) -> None:
        self._path = run_dir / FILE_NAME

    def append(self, line: Mapping[str, float | int | str | None]) -> None:
        """Add one line."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(dict(line)) + "\n")

    def rewind(self, step: int) -> None:
        """Forget what was written after this step: it is about to be done again."""
        kept = [line for line in self.lines() if int(line["step"] or 0) <= step]
        write_whole(self._path, "".join(json.dumps(line) + "\n" for line in kept))

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


class Window:
    """Loss and rate of the batches since the last line."""

    def __init__(self) -> None:
        self._losses: list[torch.Tensor] = []  # kept on the device: reading one would wait for it
        self._started = time.perf_counter()
        self.samples = 0

    def add(self, loss: torch.Tensor, samples: int) -> None:
        """One batch: its mean loss, and the examples in it over all processes."""
        self._losses.append(loss)
        self.samples += samples

    def mean_loss(self) -> torch.Tensor:
        """Mean over the batches, a scalar on their device."""
        return torch.stack(self._losses).mean()

    def seconds(self) -> float:
        """Since the window was opened."""
        return max(time.perf_counter() - self._started, 1e-9)


class Bar:
    """Steps done and left with time left, loss and rate; silent except on the main process."""

    def __init__(self, total: int, done: int, *, is_shown: bool) -> None:
        self._bar = tqdm(
            total=total,
            initial=done,
            disable=not is_shown,
            desc="training",
            unit="step",
            dynamic_ncols=True,
            mininterval=0.5,
        )

    def advance(self) -> None:
        """One optimizer step is done."""
        self._bar.update()

    def show(self, **values: str) -> None:
        """Put values behind the bar."""
        self._bar.set_postfix(values, refresh=False)

    def say(self, message: str) -> None:
        """Print a line above the bar."""
        if not self._bar.disable:
            self._bar.write(message)

    def close(self) -> None:
        """Leave the bar where it stands."""
        self._bar.close()
