"""How a search for settings goes: trials, time, storage, pruner.

What is searched is search_space.py.

Try: python -m training.tune --help
"""

from dataclasses import dataclass

from inference.core.errors import ConfigError
from inference.runs.contract import DEFAULT_TRIALS, TRIALS, Pruner
from training.settings.config import TrainConfig
from training.settings.groups import Group, setting


@dataclass(frozen=True)
class TuneConfig(Group):
    """Trials"""

    n_trials: int = setting(DEFAULT_TRIALS, between=TRIALS)
    """Trials of the study in all."""
    timeout: float | None = setting(None)
    """Seconds after which no more is tried."""
    storage: str | None = setting(None)
    """URL of a database, as of PostgreSQL; unset: a file in OUTPUT_DIR."""
    study_name: str = setting("study")
    """Its name in the storage."""
    n_jobs: int = setting(1, between=(1, 64))
    """Trials at once, each its own process."""
    pruner: Pruner = setting("halving")
    """Which trials are stopped early; halving: all but the best third of those that were
    trained on the same part of the texts (of few texts: for an epoch)."""
    patience: int = setting(10, between=(0, 10_000))
    """Stop when so many trials in a row gained less than chance may; 0: never."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.timeout is not None and not self.timeout > 0:
            raise ConfigError(f"timeout is {self.timeout:g}, it must be above 0 seconds")
        if not self.study_name.strip():
            raise ConfigError("study_name is blank; leave it out, or give a name")


@dataclass(frozen=True)
class TuneCommand(TrainConfig):
    """Find better settings for a recipe on its validation texts, then measure on the test texts
    what they gained. The same command carries on after an interruption. --search_space says what is
    tried, as in --search_space.learning_rate '1e-5 .. 1e-3 log'."""

    tune: TuneConfig = TuneConfig()

    def recipe(self) -> TrainConfig:
        """The settings of a training that the search starts from."""
        return TrainConfig(self.data, self.model, self.trainer, self.report, self.search, self.hub)
