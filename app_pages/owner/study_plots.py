"""The pictures of a search, by Optuna's own visualisation of what study.json tells.

Owns the way from the file to Optuna and its pictures; the page is tuning.py. Optuna and Plotly come
with the packages of training: a Space that cannot train needs neither, so its image stays small.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import optuna
import pandas as pd
from optuna.distributions import json_to_distribution
from optuna.importance import (
    BaseImportanceEvaluator,
    FanovaImportanceEvaluator,
    MeanDecreaseImpurityImportanceEvaluator,
    PedAnovaImportanceEvaluator,
)
from optuna.trial import TrialState, create_trial

from inference.runs.study import COMPLETE, FAILED, PRUNED, Study, Trial

_STATES = {
    COMPLETE: TrialState.COMPLETE,
    PRUNED: TrialState.PRUNED,
    FAILED: TrialState.FAIL,
}
_FEWEST = 3  # complete trials, before anything can be said of what matters
Draw = Callable[..., Any]
FANOVA, PED_ANOVA, IMPURITY = "fANOVA", "PED-ANOVA", "Mean decrease impurity"
EVALUATORS: dict[str, Callable[[], BaseImportanceEvaluator]] = {
    FANOVA: partial(FanovaImportanceEvaluator, seed=0),
    PED_ANOVA: PedAnovaImportanceEvaluator,
    IMPURITY: partial(MeanDecreaseImpurityImportanceEvaluator, seed=0),
}
"""Optuna's ways to say how much a setting matters; those with random trees are seeded."""
MEANINGS = {
    FANOVA: "how much of the differences between trials a setting explains by itself "
    "(Hutter et al. 2014)",
    PED_ANOVA: "how far a setting's values in the best tenth of the trials lie from those in all "
    "(Watanabe et al. 2023)",
    IMPURITY: "how much a random forest of the trials gains by splitting on a setting "
    "(Breiman 2001)",
}


@dataclass(frozen=True)
class Picture:
    """A Plotly figure, and what it shows in words."""

    figure: Any
    alt: str


def as_optuna(study: Study) -> optuna.Study:
    """The study in memory, as Optuna's own functions take it; what still runs is left out."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    made = optuna.create_study(study_name=study.name, direction="maximize")
    made.add_trials([_trial(trial) for trial in study.trials if trial.state in _STATES])
    return made


def is_enough(study: Study) -> bool:
    """Have enough trials ended, and differently, for anything to be said of what matters?"""
    values = {trial.value for trial in study.trials if trial.value is not None}
    return study.count(COMPLETE) >= _FEWEST and len(values) > 1


def importance(study: Study, evaluator: str = FANOVA) -> pd.DataFrame:
    """How much each setting matters by one of EVALUATORS, as shares of 1.

    Empty where is_enough() is not, and where the evaluator finds no difference.
    """
    weights: dict[str, float] = {}
    if is_enough(study):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # settings that only some trials have
            try:
                weights = optuna.importance.get_param_importances(
                    as_optuna(study),
                    evaluator=EVALUATORS[evaluator](),
                    params=settings(study),  # the others cannot have mattered
                    normalize=False,
                )
            except (RuntimeError, ValueError, ArithmeticError):  # fANOVA: trees without variance
                weights = {}
    whole = sum(weights.values())
    shares = {name: value / whole for name, value in weights.items()} if whole > 0 else {}
    return pd.DataFrame({"setting": list(shares), "importance": list(shares.values())})


def history(study: Study) -> Picture | None:
    """The value of every complete trial, and the best so far."""
    best = study.best
    if best is None:
        return None
    words = f"{study.metric_name} by trial; the best, {best.value:.3f}, is trial {best.number}"
    return _picture(
        partial(optuna.visualization.plot_optimization_history, target_name=study.metric_name),
        study,
        words,
    )


def importances(study: Study, evaluator: str = FANOVA) -> Picture | None:
    """Importance as bars; None where this evaluator can say nothing."""
    shares = importance(study, evaluator)
    if shares.empty:
        return None
    first = shares.iloc[0]
    words = f"Importance of the settings by {evaluator}: most, {first['importance']:.0%}, is "
    words += f"{first['setting']}; it says {MEANINGS[evaluator]}"
    draw = partial(
        optuna.visualization.plot_param_importances,
        evaluator=EVALUATORS[evaluator](),
        params=settings(study),
        target_name=study.metric_name,
    )
    return _picture(draw, study, words)


def courses(study: Study) -> Picture | None:
    """The value after each validation, also of trials that were stopped early."""
    if not any(trial.steps for trial in study.trials):
        return None
    words = f"{study.metric_name} after each validation of {len(study.trials)} trials, "
    words += f"{study.count(PRUNED)} of them stopped early"
    return _picture(optuna.visualization.plot_intermediate_values, study, words)


def parallel(study: Study) -> Picture | None:
    """A line a trial through all its settings."""
    words = (
        f"Settings and {study.metric_name} of {study.count(COMPLETE)} complete trials, a line each"
    )
    return _of_settings(optuna.visualization.plot_parallel_coordinate, study, words)


def slices(study: Study) -> Picture | None:
    """The value over each setting by itself."""
    words = f"{study.metric_name} over each setting, a point a trial"
    return _of_settings(optuna.visualization.plot_slice, study, words)


def contour(study: Study, first: str, second: str) -> Picture | None:
    """The value over two settings together."""
    words = f"{study.metric_name} over {first} and {second}, between the trials estimated"

    draw = partial(optuna.visualization.plot_contour, params=[first, second])
    return _of_settings(draw, study, words)


def settings(study: Study) -> list[str]:
    """The settings of which complete trials had more than one value."""
    done = [trial for trial in study.trials if trial.state == COMPLETE]
    names = dict.fromkeys(name for trial in done for name in trial.values)
    return [name for name in names if len({str(trial.values.get(name)) for trial in done}) > 1]


def _trial(trial: Trial) -> optuna.trial.FrozenTrial:
    return create_trial(
        state=_STATES[trial.state],
        value=trial.value,
        params=dict(trial.values),
        distributions={k: json_to_distribution(text) for k, text in trial.distributions.items()},
        intermediate_values=dict(trial.steps),
    )


def _of_settings(draw: Draw, study: Study, words: str) -> Picture | None:
    if study.count(COMPLETE) < _FEWEST or not settings(study):
        return None
    return _picture(partial(draw, target_name=study.metric_name), study, words)


def _picture(draw: Draw, study: Study, words: str) -> Picture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Optuna warns of trials that a picture leaves out
        figure = draw(as_optuna(study))
    # the page has a heading of its own; a wide legend would leave a phone no picture
    figure.update_layout(title=None, margin={"l": 10, "r": 10, "t": 30, "b": 10}, autosize=True)
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    figure.update_layout(legend={"orientation": "h", "y": -0.2})
    return Picture(figure, words)
