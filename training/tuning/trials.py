"""One trial: a training with some settings, first on a part of the texts; it may be cut short.

Owns the run folders below OUTPUT_DIR/trials. The ladder is that of successive halving (Jamieson and
Talwalkar 2016, arXiv:1502.07943): a ninth and a third of the texts, where these are enough to learn
from, then all of them. Which trial may climb is the pruner's decision
(study.py). The test part is not looked at, and nothing is exported.

Try: tail -f OUTPUT_DIR/trials/*/metrics.jsonl
"""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from inference.core.settings import Settings
from inference.runs.contract import METRICS_FILE, STAGES_FILE
from training.classifier import pipeline
from training.data.data import Splits
from training.data.division import thin_examples
from training.run.run_folder import RunFolder
from training.settings.config import TrainConfig
from training.settings.search_space import Value
from training.trainer.base import Base
from training.trainer.processes import Processes
from training.trainer.progress import Moment, Validation
from training.trainer.weights import TokenCache, fit_weights
from training.tuning.storage import TRIALS
from training.tuning.study import Taken

FEWEST_TEXTS = 500
"""A part of the texts that is smaller than this says little of settings for all of them."""
_SHARES = (9, 3)


class Hopeless(Exception):
    """The trial is not worth going on with."""


class OutOfTime(Exception):
    """The time of the search is over; the trial can be carried on."""


class _Watch:
    """An observer that tells the study of each validation, and stops what has no hope."""

    def __init__(
        self, taken: Taken, first_step: int, deadline: float, on_report: Callable[[], object]
    ) -> None:
        self._taken, self._first_step = taken, first_step
        self._deadline, self._on_report = deadline, on_report

    def on_start(self, step: int, total_steps: int) -> None:
        """Nothing to note."""

    def on_log(self, moment: Moment, figures: Mapping[str, float]) -> None:
        """The end of the time need not wait for a validation."""
        refuse_late(self._deadline)

    def on_validation(self, moment: Moment, validation: Validation) -> None:
        """Report the end of an epoch; validations within one come too early to compare."""
        if moment.epoch % 1 == 0:
            self._taken.report(self._first_step + int(moment.epoch), validation.value)
            self._on_report()
            if self._taken.is_hopeless():
                raise Hopeless

    def on_end(self) -> None:
        """Nothing to close."""


class Trials:
    """What all trials of a process share: the divided texts, their tokens, the base model."""

    def __init__(
        self, config: TrainConfig, splits: Splits, base: Base, settings: Settings, folder: Path
    ) -> None:
        self.config, self.splits, self.base = config, splits, base
        self._settings, self._folder = settings, folder
        self._tokens: TokenCache = {}
        self.rungs = rungs(len(splits.train))

    def folder(self, number: int) -> Path:
        """The run folder of a trial."""
        return self._folder / TRIALS / str(number)

    def with_values(self, values: Mapping[str, Value], output_dir: Path) -> TrainConfig:
        """The settings of a trial; it stands alone and publishes nothing."""
        alone = {
            "output_dir": str(output_dir),
            "push_to_hub": False,
            "report_to": "none",
            "resume_from_checkpoint": "auto",
        }
        return self.config.with_values(**{**values, **alone})

    def run(
        self,
        taken: Taken,
        values: Mapping[str, Value],
        deadline: float,
        on_report: Callable[[], object],
    ) -> float:
        """The best validation value of the training.

        Raises:
            Hopeless: the trial was stopped early.
            OutOfTime: the deadline, of time.monotonic(), is over.
            UserError: the settings cannot be trained with.
        """
        for step, texts in enumerate(self.rungs, 1):
            if step not in taken.steps:
                taken.report(step, self._on_part(taken.number, values, texts, deadline))
                on_report()
            if taken.is_hopeless():
                raise Hopeless
        config = self.with_values(values, self.folder(taken.number))
        watch = _Watch(taken, len(self.rungs), deadline, on_report)
        return self._train(config, self.splits, watch)

    def _on_part(
        self, number: int, values: Mapping[str, Value], texts: int, deadline: float
    ) -> float:
        folder = self.folder(number).with_name(f"{number}-of-{texts}-texts")
        config = self.with_values({**values, "max_train_samples": texts}, folder)
        part = thin_examples(
            self.splits.train,
            self.splits.labels,
            texts,
            seed=config.trainer.seed,
            is_multilabel=self.splits.is_multilabel,
        )
        value = self._train(config, replace(self.splits, train=part), _Deadline(deadline))
        shutil.rmtree(folder)  # its weights are of no use to anybody
        return value

    def _train(self, config: TrainConfig, splits: Splits, watch: "_Watch | _Deadline") -> float:
        processes = Processes(config.trainer, self._settings)
        identity = pipeline.identity_of(config, splits, self.base, processes)
        run = RunFolder.open(Path(config.trainer.output_dir), identity)
        run.hold()
        fitted = fit_weights(
            config, splits, self.base, run, processes, observers=[watch], tokens=self._tokens
        )
        training: Mapping[str, float] = fitted["training"]  # type: ignore[assignment]
        return float(training["best_value"])

    def forget_weights(self, keep: frozenset[int], ended: frozenset[int]) -> None:
        """Remove what ended trials but a few left, except how they went."""
        for number in ended:
            for part in (self._folder / TRIALS).glob(f"{number}-of-*-texts"):  # one that failed
                shutil.rmtree(part)
        for number in ended - keep:
            folder = self.folder(number)
            if folder.is_dir():
                for item in folder.iterdir():
                    if item.name not in (METRICS_FILE, STAGES_FILE, ".lock"):
                        shutil.rmtree(item) if item.is_dir() else item.unlink(missing_ok=True)


class _Deadline:
    """An observer that only looks at the time."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def on_start(self, step: int, total_steps: int) -> None:
        """Nothing to note."""

    def on_log(self, moment: Moment, figures: Mapping[str, float]) -> None:
        """Stop when the time is over."""
        refuse_late(self._deadline)

    def on_validation(self, moment: Moment, validation: Validation) -> None:
        """Nothing to note."""

    def on_end(self) -> None:
        """Nothing to close."""


def refuse_late(deadline: float) -> None:
    """Raise OutOfTime after this moment of time.monotonic()."""
    if time.monotonic() > deadline:
        raise OutOfTime


def rungs(texts: int) -> tuple[int, ...]:
    """How many of so many texts a trial is first trained on, smallest first."""
    return tuple(texts // share for share in _SHARES if texts // share >= FEWEST_TEXTS)
