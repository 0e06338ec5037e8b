"""The search itself: its storage, which trial is taken next, how one ends, and when to stop at all.

Several processes may share the storage (SQLite in the folder unless a URL is given). A process
takes an interrupted trial of this machine first, then a new one. What is drawn and who is stopped
early is strategy.py's, what a trial does trials.py's, and what is told of it
inference/runs/study.py's.

SQLite and not a journal file: the lock of a killed process is gone with it, while Optuna's journal
waits 30 seconds for one.

Try: python -m training.tune --config training/recipes/demo.yaml --train_file tweets.csv
"""

import fcntl
import json
import logging
import platform
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

import optuna
from optuna.distributions import distribution_to_json
from optuna.exceptions import StorageInternalError
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from inference.core.errors import ConfigError
from inference.runs import study
from inference.runs.study import COMPLETE, FAILED, PRUNED, RUNNING
from training.run.run_folder import refuse_difference
from training.settings.search_space import Value
from training.tuning.storage import TRIALS, StudyStorage, hide_password
from training.tuning.strategy import SeededTPESampler, pruner_of

STORAGE_ERRORS = (SQLAlchemyError, StorageInternalError)
_TAKE = ".take"
_STATES = {
    TrialState.COMPLETE: COMPLETE,
    TrialState.PRUNED: PRUNED,
    TrialState.FAIL: FAILED,
}
_HOME, _ERROR, _SECONDS, _IDENTITY, _NOISE = "home", "error", "seconds", "identity", "noise"


class Taken:
    """A trial that this process is to do, or to carry on with, until it is told or left."""

    def __init__(self, live: optuna.trial.Trial, lock: TextIO) -> None:
        self.live, self._lock = live, lock
        self.number: int = live.number
        known = live.study.get_trials(deepcopy=False)[live.number]
        self.steps: dict[int, float] = dict(known.intermediate_values)
        self._before = float(known.user_attrs.get(_SECONDS, 0.0))
        self._started = time.monotonic()

    @property
    def is_default(self) -> bool:
        """Has it the recipe's own settings? Then it is never stopped early."""
        return self.number == 0

    def report(self, step: int, value: float) -> None:
        """Note a validation, unless an earlier life of the trial did; steps count from 1."""
        if step not in self.steps:
            self.live.report(value, step)
            self.steps[step] = value
            self.note_seconds()

    def is_hopeless(self) -> bool:
        """Does the pruner think that it is not worth going on?"""
        # Hyperband compares with those that it was asked about: the recipe's own are among them
        return self.live.should_prune() and not self.is_default

    def note_seconds(self) -> None:
        """Keep how long it has taken so far, over all its lives."""
        seconds = self._before + time.monotonic() - self._started
        self.live.set_user_attr(_SECONDS, seconds)

    def leave(self) -> None:
        """Let others have it, who carry on where it stands."""
        self._lock.close()


class Search:
    """One study of one storage, in the folder of its trials."""

    def __init__(
        self, storage: StudyStorage, *, seed: int, pruner: str, steps: int, rungs: int
    ) -> None:
        """Open or begin it.

        steps: the validations of the longest trial; rungs: those after which only the best go on.

        Raises:
            ConfigError: the storage cannot be used, or the folder is that of something else.
        """
        url = storage.url()
        storage.refuse_foreign()
        optuna.logging.set_verbosity(logging.ERROR)
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        self.folder = storage.folder
        (self.folder / TRIALS).mkdir(parents=True, exist_ok=True)
        with self._alone():  # two processes that begin a database at once would collide
            storage.refuse_foreign()  # another may have begun since
            self._study = _open(
                storage.study_name, url, SeededTPESampler(seed), pruner_of(pruner, steps, rungs)
            )
            storage.mark()

    @property
    def name(self) -> str:
        """What it is called in its storage."""
        return self._study.study_name

    def refuse_other(self, identity: dict[str, object]) -> None:
        """Raise ConfigError if the study was begun with other data, settings or space."""
        with self._alone():
            stored = self._study.user_attrs.get(_IDENTITY)
            if stored is None:
                self._study.set_user_attr(_IDENTITY, identity)
            else:
                same = json.loads(json.dumps(identity))
                refuse_difference(f"study {self.name}", stored, same)

    def take(self, own: Mapping[str, Value], asked: int) -> Taken | None:
        """A trial to do: an interrupted one, else a new one; None when `asked` there are.

        own: the recipe's values, for the very first.
        """
        with self._alone():
            for trial in self._study.get_trials(states=(TrialState.RUNNING,)):
                lock = self._hold(trial.number)
                if trial.user_attrs.get(_HOME) != self._home() or lock is None:
                    continue
                state = self._study.get_trials(deepcopy=False)[trial.number].state
                if state == TrialState.RUNNING:  # not told while we asked for its lock
                    return Taken(optuna.trial.Trial(self._study, trial._trial_id), lock)
            known = self._study.get_trials(deepcopy=False)
            waiting = [trial for trial in known if trial.state == TrialState.WAITING]
            if len(known) - len(waiting) >= asked:
                return None
            if not waiting:
                # It has its home from the first moment: one that a kill left without would be
                # nobody's, and never carried on.
                values = {} if known else dict(own)
                self._study.enqueue_trial(values, user_attrs={_HOME: self._home()})
            live = self._study.ask()
            if live.user_attrs.get(_HOME) != self._home():  # another machine was to have it
                live.set_user_attr(_HOME, self._home())
            lock = self._hold(live.number)
            assert lock is not None, f"somebody is at work in trial {live.number}"
            return Taken(live, lock)

    def complete(self, taken: Taken, value: float) -> None:
        """The trial has gone to its end."""
        self._tell(taken, TrialState.COMPLETE, value)

    def prune(self, taken: Taken) -> None:
        """The trial was stopped early."""
        self._tell(taken, TrialState.PRUNED)

    def fail(self, taken: Taken, error: str) -> None:
        """The trial came to nothing."""
        taken.live.set_user_attr(_ERROR, error)
        self._tell(taken, TrialState.FAIL)

    def note_noise(self, noise: float) -> None:
        """Keep by how much chance moves the figure."""
        self._study.set_user_attr(_NOISE, noise)

    def is_stale(self, patience: int) -> bool:
        """Have the last `patience` trials brought less than chance alone moves the figure?

        The one-standard-error rule (Breiman et al. 1984, section 3.4.3), for trials in place of
        trees: what is gained within it may be gained by other validation texts as well. Optuna's
        own terminator is deprecated in 5.0.
        """
        noise = self._study.user_attrs.get(_NOISE)
        ended = [trial for trial in self.trials() if trial.state in (COMPLETE, PRUNED)]
        before = [trial.value for trial in ended[:-patience] if trial.value is not None]
        if patience == 0 or noise is None or not before:
            return False
        best = max(trial.value for trial in ended if trial.value is not None)
        return best - max(before) < float(noise)

    def trials(self) -> tuple[study.Trial, ...]:
        """All of them as they stand."""
        return tuple(_told(trial) for trial in self._study.get_trials(deepcopy=False))

    def _tell(self, taken: Taken, state: TrialState, value: float | None = None) -> None:
        taken.note_seconds()
        self._study.tell(taken.live, value, state)
        taken.leave()

    def _hold(self, number: int) -> TextIO | None:
        """The lock of a trial, open as long as it is ours; None while another process has it."""
        lock = (self.folder / TRIALS / f"{number}.lock").open("a", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        return lock

    def _home(self) -> str:
        return f"{platform.node()}:{self.folder.resolve()}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process of this folder at a time."""
        with (self.folder / TRIALS / _TAKE).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _open(name: str, url: str, sampler: BaseSampler, pruner: BasePruner) -> optuna.Study:
    try:
        return optuna.create_study(
            storage=url,
            study_name=name,
            sampler=sampler,
            pruner=pruner,
            direction="maximize",
            load_if_exists=True,
        )
    # ValueError and ArgumentError: no such kind of database, or its driver dislikes the URL
    except (ImportError, ValueError, ArgumentError, *STORAGE_ERRORS) as error:
        reason = " ".join(str(error.__cause__ or error).split())[:200]
        raise ConfigError(
            f"--storage {hide_password(url)} cannot be used: {reason}. Start that server, or leave "
            "--storage out for a file in --output_dir"
        ) from None


def _told(trial: FrozenTrial) -> study.Trial:
    # one that waits to be begun counts as running: nothing is known of it
    return study.Trial(
        number=trial.number,
        state=_STATES.get(trial.state, RUNNING),
        value=trial.value if trial.state == TrialState.COMPLETE else None,
        values=dict(trial.params),
        distributions={
            k: distribution_to_json(distribution) for k, distribution in trial.distributions.items()
        },
        steps=dict(trial.intermediate_values),
        seconds=float(trial.user_attrs.get(_SECONDS, 0.0)),
        error=trial.user_attrs.get(_ERROR),
    )
