"""A search for better settings, as the file study.json of its folder tells of it.

Owns this file: what was searched, every trial with its values after each validation, what was found
and what it gained. The search itself, and where several processes keep it together, is
training/tuning/study.py's; this is what a page reads while it goes on, and what is published
with a model. It needs no optuna and names no folder of a machine.

Try: python -c "from pathlib import Path; from inference.runs import study; \
print(study.load_study(Path('runs/a/tuning/study.json')).best)"
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from io import StringIO
from pathlib import Path

from inference.core.atomic_write import write_whole
from inference.core.json_record import load_record
from inference.core.safe_csv import write_csv
from inference.evaluation.leaderboard import Interval

STUDY_FILE, TRIALS_FILE = "study.json", "trials.csv"
RUNNING, COMPLETE, PRUNED, FAILED = "running", "complete", "pruned", "failed"
_FORMAT = 1

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Trial:
    """One try. value: of its best validation, None unless complete.

    steps: the value after each validation: first those of trials on a part of the texts, then one
        an epoch. distributions: as optuna writes them. seconds: spent on it so far.
    """

    number: int
    state: str
    value: float | None
    values: Mapping[str, Value]
    distributions: Mapping[str, str]
    steps: Mapping[int, float]
    seconds: float
    error: str | None = None


@dataclass(frozen=True)
class Gain:
    """What the found settings are worth beside the recipe's own, on the same examples.

    interval: 95 % of paired resamples of the difference; None where it is undefined.
    noise: standard error of the difference; None where it is undefined, or of an older version.
    """

    figure: str
    examples: int
    default: float
    tuned: float
    interval: Interval | None
    noise: float | None = None

    @property
    def is_beyond_chance(self) -> bool:
        """Are the found settings ahead by more than one standard error of the difference?"""
        return self.difference > (self.noise or 0.0)

    @property
    def difference(self) -> float:
        """How much the found settings are ahead."""
        return self.tuned - self.default

    def __str__(self) -> str:
        span = ""
        if self.interval is not None:
            span = f" (95 % interval {self.interval[0]:+.3f} to {self.interval[1]:+.3f})"
        return (
            f"{_written(self.figure)} {self.default:.3f} with the recipe's own settings, "
            f"{self.tuned:.3f} tuned: {self.difference:+.3f}{span}, {self.examples:,} examples"
        )


@dataclass(frozen=True)
class Study:
    """A search. trials: in the order of their numbers; the first has the recipe's own settings.

    Of the best trial and the recipe's own, best.yaml has the latter where the former is ahead by no
    more than chance may: the one-standard-error rule (Breiman et al. 1984, section 3.4.3). What
    was chosen within the noise of few validation texts may well be worse on others.

    metric: the validation figure that is made large. asked: trials in all. ended: why no more are
        tried; None while there may be. baselines: settings tried of each baseline. validation: of
        the best trial, chosen on these very examples, so it flatters; test: looked at afterwards.
    """

    name: str
    metric: str
    asked: int
    trials: tuple[Trial, ...]
    ended: str | None = None
    baselines: Mapping[str, int] | None = None
    validation: Gain | None = None
    test: Gain | None = None

    @property
    def metric_name(self) -> str:
        """The figure as a person writes it."""
        return _written(self.metric)

    @property
    def best(self) -> Trial | None:
        """The complete trial of the highest value; of equals the first."""
        done = [trial for trial in self.trials if trial.value is not None]
        return max(done, key=lambda trial: trial.value or 0.0, default=None)

    @property
    def chosen(self) -> Trial | None:
        """The trial whose settings best.yaml has: the best, or the recipe's own."""
        is_kept = self.validation is not None and not self.validation.is_beyond_chance
        return self.default if is_kept else self.best

    @property
    def default(self) -> Trial | None:
        """The trial of the recipe's own settings."""
        return self.trials[0] if self.trials else None

    def count(self, *states: str) -> int:
        """Trials in one of these states."""
        return sum(trial.state in states for trial in self.trials)

    def rows(self) -> list[dict[str, object]]:
        """A row a trial: number, state, value, settings, seconds, error."""
        names = list(dict.fromkeys(name for trial in self.trials for name in trial.values))
        return [
            {
                "trial": trial.number,
                "state": trial.state,
                self.metric: trial.value,
                **{name: trial.values.get(name) for name in names},
                "validations": len(trial.steps),
                "seconds": round(trial.seconds, 1),
                "error": trial.error,
            }
            for trial in self.trials
        ]


def save_study(study: Study, folder: Path) -> None:
    """Write study.json and trials.csv into a folder, each whole or not at all."""
    table = StringIO()
    write_csv(table, study.rows())
    write_whole(folder / TRIALS_FILE, table.getvalue())
    content = {"format": _FORMAT, **asdict(study)}
    write_whole(folder / STUDY_FILE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def load_study(path: Path) -> Study:
    """Read a study.json.

    Raises:
        DataError: it is missing, or holds something else.
    """
    what, remedy = "no study of python -m training.tune", "give its --output_dir"
    return load_record(Study, path, what=what, remedy=remedy, version=_FORMAT)


def copy_study(path: Path, folder: Path) -> None:
    """Put the study of a search beside the results of a run that it chose the settings of.

    Without what was gained on test, which is known only when that run has ended.

    Raises:
        DataError: there is no such study.
    """
    save_study(replace(load_study(path), test=None), folder)


def _written(figure: str) -> str:
    return figure.upper().replace("_", " ")
