"""What a search draws next and which of its trials it stops early.

Given to optuna by study.py, the only other module that knows it for more than a picture.
"""

from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial

_WITHOUT_MODEL = 5  # trials at random before the sampler learns from them
_REDUCTION = 3  # Li et al. 2018, arXiv:1603.06560, take 3 or 4


class SeededTPESampler(BaseSampler):
    """TPE (Bergstra et al. 2011) whose draws for a trial follow from the seed and its number.

    A process that carries on a study, or a second one beside it, would else draw the first trials'
    values again.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._inner = TPESampler(seed=seed)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        seed = int(np.random.SeedSequence([self._seed, trial.number]).generate_state(1)[0])
        self._inner = TPESampler(seed=seed, n_startup_trials=_WITHOUT_MODEL)

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._inner.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._inner.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        return self._inner.sample_independent(study, trial, param_name, param_distribution)


class _Halving(BasePruner):
    """Asynchronous successive halving (Li et al. 2020, arXiv:1810.05934) in one bracket.

    A trial goes on from a rung, which is one of its first `rungs` validations, while it is among
    the best third of all that have come as far, or the best of less than six. Optuna's own has its
    rungs at 1, 3, 9 ..., which are not where a trial gets more texts, and its Hyperband begins
    with brackets in which the first trials meet nobody.
    """

    def __init__(self, rungs: int) -> None:
        self._rungs = rungs

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        step = trial.last_step
        if step is None or step > self._rungs:
            return False
        others = (other.intermediate_values for other in study.get_trials(deepcopy=False))
        reached = sorted(values[step] for values in others if step in values)
        return trial.intermediate_values[step] < reached[-max(1, len(reached) // _REDUCTION)]


def pruner_of(name: str, steps: int, rungs: int) -> BasePruner:
    """The pruner of that name (those of TuneConfig; another prunes nothing).

    steps: the validations of the longest trial; rungs: those after which only the best go on.
    """
    if name == "halving":
        return _Halving(rungs)
    if name == "median":
        return MedianPruner(n_startup_trials=2)
    if name == "hyperband":
        return HyperbandPruner(max_resource=steps, reduction_factor=_REDUCTION)
    return NopPruner()
