"""Checkpoints of a run that is under way: whole or absent, two kept, refused when they do not fit.

Owns RUN_DIR/checkpoints: step-00000200/ (what accelerate saves, but for weights
that do not train, and progress.json) and
best-00000100/ (the weights to be kept so far). What goes into them is loop.py's.
The optimizer's state is torch's own format; it is read back with weights_only and never published.

Try: python -m training.train --config RUN_DIR/run.json --resume_from_checkpoint auto
"""

import json
import math
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from inference.core.errors import ConfigError
from inference.data.problem_types import MULTI
from training.run.run_folder import refuse_difference

_KEPT = 2
_PARTIAL = ".partial"


@dataclass(frozen=True)
class TrainerState:
    """Where a run stands: `batch` batches into `epoch`, after `step` optimizer steps."""

    epoch: int = 0
    batch: int = 0
    step: int = 0
    best_value: float | None = None
    """What validation gave at `best_step`, whose weights are kept; higher is better."""
    best_step: int | None = None
    highest: float | None = None
    """What validation gave at most."""
    validations_without_gain: int = 0
    seconds: float = 0.0
    """Time spent training so far, over all interruptions."""
    texts_at_once: int | None = None
    """Texts of a batch that go through the model together; None: all, as memory has sufficed."""
    is_on_cpu: bool = False
    """Whether the run had to leave its device, whose memory did not hold one text."""

    def validated(self, value: float, noise: float = 0.0) -> "TrainerState":
        """The progress after a validation that gave this value; higher is better.

        noise: by how much a value is off by chance. Weights that are less than that behind the
            highest take the place of earlier ones: a learning rate that falls to 0 makes the later
            ones the better, where a few hundred texts cannot tell (benchmarks/LOG.md, 2026-11-22).
        """
        if self.highest is None or value > self.highest:
            progress = replace(self, highest=value, validations_without_gain=0)
            is_kept = True
        else:
            without_gain = self.validations_without_gain + 1
            progress = replace(self, validations_without_gain=without_gain)
            is_kept = value > self.highest - noise
        return replace(progress, best_value=value, best_step=self.step) if is_kept else progress


class Checkpoints:
    """The checkpoints of one run folder, of one set of settings and data (`identity`)."""

    def __init__(self, run_dir: Path, identity: dict[str, object]) -> None:
        self.folder = run_dir / "checkpoints"
        self._identity = identity

    def partial(self, name: str) -> Path:
        """The folder to write a checkpoint into, before finish() gives it its name."""
        return self.folder / f"{name}{_PARTIAL}"

    def begin(self, partial: Path) -> None:
        """Make that folder, empty."""
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)

    def finish(self, partial: Path, progress: TrainerState) -> None:
        """Make a written checkpoint count, and drop the ones that it replaces."""
        content = {"progress": asdict(progress), "identity": self._identity}
        (partial / "progress.json").write_text(json.dumps(content, indent=2), encoding="utf-8")
        self.rename(partial)
        steps = self._complete()
        for old in steps[:-_KEPT]:
            _remove(old)
        wanted = {_best_name(read_trainer_state(path)[0].best_step) for path in steps[-_KEPT:]}
        for best in self.folder.glob("best-*"):
            if best.name not in wanted:
                _remove(best)

    def rename(self, partial: Path) -> Path:
        """The folder under its final name, its content on the disk before its name is."""
        for path in partial.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        final = partial.with_name(partial.name.removesuffix(_PARTIAL))
        if final.exists():  # left by an earlier life of this run
            _remove(final)
        return partial.rename(final)

    def save_best(self, step: int, save_weights: Callable[[Path], None]) -> None:
        """Keep the weights of this step, in place of those kept before."""
        partial = self.partial(str(_best_name(step)))
        self.begin(partial)
        save_weights(partial)
        self.rename(partial)

    def best(self, step: int) -> Path:
        """The folder of the best weights, saved at this step."""
        return self.folder / str(_best_name(step))

    def find(self, wanted: str | None) -> Path | None:
        """The checkpoint to carry on from: `auto` the newest if any, else the folder given.

        Raises:
            ConfigError: the folder is no checkpoint, or one of other settings, data or code.
        """
        if wanted is None:
            return None
        if wanted == "auto":
            complete = self._complete()
            if not complete:
                return None
            path = complete[-1]
        else:
            path = Path(wanted)
        _, identity = read_trainer_state(path)
        refuse_difference(f"checkpoint {path}", identity, self._identity)
        return path

    def adopt(self, checkpoint: Path) -> None:
        """Take over the best weights that a checkpoint of another run folder speaks of."""
        best_step = read_trainer_state(checkpoint)[0].best_step
        if best_step is None or self.best(best_step).exists():
            return
        source = checkpoint.parent / str(_best_name(best_step))
        if not source.is_dir():
            raise ConfigError(
                f"{checkpoint} needs the weights in {source}, which are gone; carry on from "
                f"another checkpoint, or from auto"
            )
        self.save_best(best_step, lambda folder: _copy_files(source, folder))

    def begin_from(self, checkpoint: Path | None) -> None:
        """Make this checkpoint, or none, the newest one, with the best weights that it needs."""
        self.forget_after(read_trainer_state(checkpoint)[0].step if checkpoint else -1)
        if checkpoint is not None:
            self.adopt(checkpoint)

    def forget_after(self, step: int) -> None:
        """Remove the checkpoints after this step (-1: all), and what a kill left half written."""
        for path in self.folder.glob(f"*{_PARTIAL}"):
            shutil.rmtree(path)
        for path in self._complete():
            if read_trainer_state(path)[0].step > step:
                _remove(path)

    def discard(self) -> None:
        """Remove all checkpoints: the run is finished, or starts over."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _complete(self) -> list[Path]:
        paths = self.folder.glob("step-*/progress.json")
        return sorted(path.parent for path in paths if not path.parent.name.endswith(_PARTIAL))


def best_by(problem_type: str) -> str:
    """The validation figure that chooses the checkpoint.

    Matthews correlation for one label: the verdict is judged by it, and it does not flatter
    guessing on imbalanced data. Mean ROC-AUC for several: it needs no thresholds, which are chosen
    later.
    """
    return "roc_auc" if problem_type == MULTI else "mcc"


def noise_of(value: float, problem_type: str, texts: int) -> float:
    """The standard error of that figure, measured on so many validation texts.

    Matthews correlation is Pearson's of two binary variables, whose error in large samples is
    (1 - r^2) / sqrt(n - 1). For several labels 0: that of a mean ROC-AUC has no short formula.
    """
    return 0.0 if problem_type == MULTI else max(0, 1 - value**2) / math.sqrt(max(1, texts - 1))


def step_name(step: int) -> str:
    """The name of the checkpoint after this optimizer step."""
    return f"step-{step:08d}"


def read_trainer_state(path: Path) -> tuple[TrainerState, dict[str, object]]:
    """The progress and the identity that a checkpoint holds.

    Raises:
        ConfigError: the folder is no checkpoint.
    """
    try:
        content = json.loads((path / "progress.json").read_text(encoding="utf-8"))
        return TrainerState(**content["progress"]), dict(content["identity"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path} is not a checkpoint ({error!r}); give a folder RUN_DIR/checkpoints/step-..., "
            f"or auto for the newest one of output_dir"
        ) from None


def _remove(path: Path) -> None:
    """Remove a checkpoint so that a kill on the way never leaves half of one under its name."""
    going = path.with_name(f"{path.name}-old{_PARTIAL}")
    shutil.rmtree(going, ignore_errors=True)
    shutil.rmtree(path.rename(going))


def _copy_files(source: Path, destination: Path) -> None:
    for path in source.iterdir():
        shutil.copy2(path, destination / path.name)


def _best_name(step: int | None) -> str | None:
    return None if step is None else f"best-{step:08d}"
