"""The pictures of a search, by Optuna's own visualisation of what study.json tells.

Owns the way from the file to Optuna and its pictures; the page is tuning.py. Optuna and Plotly come
with the packages of training: a Space that cannot train needs neither, so its image stays small.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import optuna
import pandas as pd
from optuna.distributions import json_to_distribution
from optuna.trial import TrialState, create_trial

from inference.study import COMPLETE, FAILED, PRUNED, Study, Trial

_STATES = {
    COMPLETE: TrialState.COMPLETE,
    PRUNED: TrialState.PRUNED,
    FAILED: TrialState.FAIL,
}
_FEWEST = 3  # complete trials, before anything can be said of what matters
_AXIS = {"automargin": True}


@dataclass(frozen=True)
class Picture:
    """A Plotly figure, and what it shows in words."""

    title: str
    figure: Any
    alt: str


def as_optuna(study: Study) -> optuna.Study:
    """The study in memory, as Optuna's own functions take it; what still runs is left out."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    made = optuna.create_study(study_name=study.name, direction="maximize")
    made.add_trials([_trial(one) for one in study.trials if one.state in _STATES])
    return made


def importance(study: Study) -> pd.DataFrame:
    """How much of the value's variance each setting explains (fANOVA, Hutter et al. 2014).

    Empty below three complete trials, or where all have one value.
    """
    values = {trial.value for trial in study.trials if trial.value is not None}
    if study.count(COMPLETE) < _FEWEST or len(values) < 2:
        return pd.DataFrame({"setting": [], "importance": []})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # settings that only some trials have
        found = optuna.importance.get_param_importances(as_optuna(study))
    return pd.DataFrame({"setting": list(found), "importance": list(found.values())})


def history(study: Study) -> Picture | None:
    """The value of every complete trial, and the best so far."""
    best = study.best
    if best is None:
        return None
    words = f"{study.metric} by trial; the best, {best.value:.3f}, is trial {best.number}"
    return _picture("History", optuna.visualization.plot_optimization_history, study, words)


def importances(study: Study) -> Picture | None:
    """Importance as bars; None where nothing can be said."""
    found = importance(study)
    if found.empty:
        return None
    first = found.iloc[0]
    words = f"Importance of the settings: most, {first['importance']:.0%}, is {first['setting']}"
    return _picture("Importance", optuna.visualization.plot_param_importances, study, words)


def courses(study: Study) -> Picture | None:
    """The value after each validation, also of trials that were stopped early."""
    if not any(trial.steps for trial in study.trials):
        return None
    words = f"{study.metric} after each validation of {len(study.trials)} trials, "
    words += f"{study.count(PRUNED)} of them stopped early"
    return _picture("Course", optuna.visualization.plot_intermediate_values, study, words)


def parallel(study: Study) -> Picture | None:
    """A line a trial through all its settings."""
    words = f"Settings and {study.metric} of {study.count(COMPLETE)} complete trials, a line each"
    return _of_settings("All settings", optuna.visualization.plot_parallel_coordinate, study, words)


def slices(study: Study) -> Picture | None:
    """The value over each setting by itself."""
    words = f"{study.metric} over each setting, a point a trial"
    return _of_settings("One by one", optuna.visualization.plot_slice, study, words)


def contour(study: Study, first: str, second: str) -> Picture | None:
    """The value over two settings together."""
    words = f"{study.metric} over {first} and {second}, between the trials estimated"

    def draw(made: optuna.Study) -> Any:
        return optuna.visualization.plot_contour(made, params=[first, second])

    return _of_settings("Two together", draw, study, words)


def settings(study: Study) -> list[str]:
    """The settings of which complete trials had more than one value."""
    done = [trial for trial in study.trials if trial.state == COMPLETE]
    names = dict.fromkeys(name for trial in done for name in trial.values)
    return [name for name in names if len({str(one.values.get(name)) for one in done}) > 1]


def _trial(one: Trial) -> optuna.trial.FrozenTrial:
    return create_trial(
        state=_STATES[one.state],
        value=one.value,
        params=dict(one.values),
        distributions={k: json_to_distribution(text) for k, text in one.distributions.items()},
        intermediate_values=dict(one.steps),
    )


def _of_settings(
    title: str, draw: Callable[[optuna.Study], Any], study: Study, words: str
) -> Picture | None:
    if study.count(COMPLETE) < _FEWEST or not settings(study):
        return None
    return _picture(title, draw, study, words)


def _picture(title: str, draw: Callable[[optuna.Study], Any], study: Study, words: str) -> Picture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Optuna warns of trials that a picture leaves out
        figure = draw(as_optuna(study))
    # the page says it in its heading, and Optuna's "Objective Value" is the figure's name
    figure.update_layout(title=None, margin={"l": 10, "r": 10, "t": 30, "b": 10}, autosize=True)
    figure.for_each_yaxis(lambda axis: axis.update(_renamed(axis, study.metric)))
    return Picture(title, figure, words)


def _renamed(axis: Any, metric: str) -> dict[str, Any]:
    text = axis.title.text
    return {**_AXIS, **({"title": {"text": metric}} if text == "Objective Value" else {})}
