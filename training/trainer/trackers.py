"""The loss and the figures of a run under way, sent to TensorBoard or Trackio if asked.

Owns --report_to, through the trackers of accelerate. metrics.jsonl is written with or without them,
by progress.py. Both stay on this machine: the events in RUN_DIR/tensorboard, which is
never published, and Trackio's in its own database.

Try: python -m training.train --train_file tweets.csv --report_to tensorboard --output_dir runs/a
and: tensorboard --logdir runs
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from accelerate.tracking import GeneralTracker, TensorBoardTracker, TrackioTracker

from inference.core.errors import ConfigError
from training.trainer.progress import Moment, Observer, Validation

_NONE, _TENSORBOARD, _TRACKIO = "none", "tensorboard", "trackio"
_FOLDER = "tensorboard"
_HINTS = {
    _TENSORBOARD: "python -m pip install tensorboard",
    # not in training/requirements.txt: trackio 0.43 needs an older pillow than the Space has
    _TRACKIO: "python -m pip install trackio, in an environment of its own as it needs pillow<13",
}


def refuse_missing(report_to: str) -> None:
    """Raise ConfigError, with how to install it, unless the package of this tracker is there."""
    if report_to != _NONE and find_spec(report_to) is None:
        raise ConfigError(
            f"report_to is {report_to}, but that package is not installed; install it with "
            f"{_HINTS[report_to]}, or use --report_to none"
        )


def asked(report_to: str, run_dir: Path, settings: Mapping[str, object]) -> list[Observer]:
    """The tracker that is asked for, if any; settings: what it may show beside the figures.

    Raises:
        ConfigError: its package is not installed.
    """
    refuse_missing(report_to)
    return [] if report_to == _NONE else [_Tracker(report_to, run_dir, settings)]


class _Tracker:
    """An observer that passes on what it is told, under the names of metrics.jsonl."""

    def __init__(self, report_to: str, run_dir: Path, settings: Mapping[str, object]) -> None:
        self._report_to, self._run_dir, self._settings = report_to, run_dir, dict(settings)
        self._tracker: GeneralTracker | None = None

    def on_start(self, step: int, total_steps: int) -> None:
        """Open it; what TensorBoard has of later steps counts no longer, they are done again."""
        if self._report_to == _TENSORBOARD:
            self._tracker = TensorBoardTracker(_FOLDER, self._run_dir, purge_step=step + 1)
        else:
            self._tracker = TrackioTracker(
                self._run_dir.resolve().parent.name,
                name=self._run_dir.resolve().name,
                config=self._settings,
                resume="allow",
            )
        self._tracker.start()

    def on_log(self, moment: Moment, figures: Mapping[str, float]) -> None:
        """Pass on the figures."""
        self._log(moment, figures)

    def on_validation(self, moment: Moment, validation: Validation) -> None:
        """Pass on those that are defined, as validation_NAME."""
        self._log(
            moment,
            {f"validation_{k}": v for k, v in validation.figures.items() if v is not None},
        )

    def on_end(self) -> None:
        """Close it."""
        if self._tracker is not None:
            self._tracker.finish()

    def _log(self, moment: Moment, figures: Mapping[str, float]) -> None:
        assert self._tracker is not None, "on_start comes first"
        self._tracker.log(dict(figures), step=moment.step)
