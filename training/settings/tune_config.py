"""How a search for settings goes: trials, time, storage, pruner.

What is searched is search_space.py.
"""

from dataclasses import dataclass

from inference.core.errors import ConfigError

PRUNERS = ("halving", "hyperband", "median", "none")


@dataclass(frozen=True)
class TuneConfig:
    """How a search goes; what is searched is TrainConfig.search_space."""

    n_trials: int = 20
    timeout: float | None = None
    storage: str | None = None
    study_name: str = "study"
    n_jobs: int = 1
    pruner: str = "halving"
    patience: int = 10

    def __post_init__(self) -> None:
        limits = {"n_trials": (1, 10_000), "n_jobs": (1, 64), "patience": (0, 10_000)}
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigError(
                    f"{name} is {getattr(self, name)}, it must be between {low} and {high}"
                )
        if self.timeout is not None and not self.timeout > 0:
            raise ConfigError(f"timeout is {self.timeout:g}, it must be above 0 seconds")
        if not self.study_name.strip():
            raise ConfigError("study_name is blank; leave it out, or give a name")
