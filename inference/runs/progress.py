"""How a training goes, read from the files that it writes: progress, curves, log, verdict.

Owns the reading; the files are those of any run folder, so a training that somebody started by hand
can be looked at as well. Nothing of training is imported.

Try: python -c "from pathlib import Path; from inference.runs import progress; \
print(progress.read_progress(Path('runs/a')))"
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.core.errors import DataError
from inference.evaluation.leaderboard import LEADERBOARD_PATH, Leaderboard, load_leaderboard
from inference.runs.contract import METRICS_FILE, STAGES_FILE, Stage

_LOG_BYTES = 64 * 1024
# What is done, by the last stage that is complete.
_AFTER = {
    Stage.PUBLISH: "Published",
    Stage.CARD: "Done",
    Stage.PLOTS: "Writing the card",
    Stage.JUDGE: "Drawing the plots",
    Stage.EXPORT: "Measuring the models on the test rows",
    Stage.DECIDE: "Exporting to ONNX",
    Stage.FIT: "Choosing how scores decide",
}

Point = dict[str, float]


@dataclass(frozen=True)
class RunProgress:
    """Where a training stands; share is of its training steps, in [0, 1], None before the first.

    seconds_left: of the training steps alone, by the pace so far.
    """

    stage: str
    share: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True)
class Curves:
    """What was measured while training: points of {"step": ..., NAME: value}, oldest first."""

    training: tuple[Point, ...]
    validation: tuple[Point, ...]

    @property
    def validation_names(self) -> tuple[str, ...]:
        """The figures of the validations."""
        names = {name: None for point in self.validation for name in point if name != "step"}
        return tuple(names)


def read_progress(run_dir: Path) -> RunProgress:
    """Where a training stands."""
    done = _stages(run_dir)
    for stage, what_next in _AFTER.items():
        if stage in done:
            return RunProgress(what_next, 1.0)
    lines = _lines(run_dir)
    if not lines:
        return RunProgress("Reading the data and the base model")
    share = float(lines[-1].get("share") or 0)
    seconds = float(lines[-1]["seconds"] or 0)
    left = seconds * (1 - share) / share if share else None
    return RunProgress("Training", share, left)


def read_curves(run_dir: Path) -> Curves:
    """Loss and learning rate by step, and what each validation gave."""
    training: list[Point] = []
    validation: list[Point] = []
    for line in _lines(run_dir):
        figures = {
            name.removeprefix("validation_"): float(value)
            for name, value in line.items()
            if name not in ("epoch", "share", "seconds") and isinstance(value, int | float)
        }
        is_validation = any(name.startswith("validation_") for name in line)
        (validation if is_validation else training).append(figures)
    return Curves(tuple(training), tuple(validation))


def read_verdict(run_dir: Path) -> Leaderboard | None:
    """The verdict table of a finished training, if it has one that can be read."""
    try:
        return load_leaderboard(run_dir / LEADERBOARD_PATH)
    except DataError:
        return None


def read_log_tail(log: Path, lines: int = 200) -> str:
    """The last lines of a log; of a progress bar only what it showed last."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    shown = [line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n")]
    return "\n".join(shown[-lines:]).strip("\n")


def _stages(run_dir: Path) -> frozenset[str]:
    try:
        return frozenset(json.loads((run_dir / STAGES_FILE).read_text("utf-8"))["stages"])
    except FileNotFoundError:
        return frozenset()


def _lines(run_dir: Path) -> list[dict[str, Any]]:
    """metrics.jsonl, without a last line that is being written."""
    try:
        texts = (run_dir / METRICS_FILE).read_text("utf-8").split("\n")
    except FileNotFoundError:
        return []
    return [json.loads(text) for text in texts[:-1]]
