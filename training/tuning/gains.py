"""What tuning gained: two models on the same examples, with a paired interval.

Owns the comparison of the default's answers with the tuned model's; the resampling is
inference/evaluation/bootstrap.py's. On validation it flatters, as the best of many trials was
chosen there; on test, which no trial has seen, it does not.

Letters: N examples, C labels, R resamples.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from inference.data.records import Example
from inference.evaluation import bootstrap
from inference.evaluation.formulas import Floats, compute_figures, gather_sample
from inference.evaluation.measure import targets_of
from inference.evaluation.predictions import Predictions, Targets
from inference.models.classifier import TORCH, decide, load_classifier
from inference.runs.study import Gain
from training.data.data import Splits


def answers(run_dir: Path, examples: Sequence[Example], threads: int) -> Predictions:
    """What the weights of a run folder say of examples, in float32, before anything is exported."""
    model = load_classifier(run_dir, engine=TORCH, threads=threads)
    scores = model.score([model.bundle.compose(example.fields) for example in examples])
    return Predictions(model.bundle.labels, scores, decide(model.bundle, scores))


def validation_targets(splits: Splits) -> Targets:
    """The truth of the validation part."""
    return targets_of(splits.validation, splits.labels, splits.problem_type)


def noise(predicted: Predictions, targets: Targets, figure: str) -> float:
    """The standard error of a figure: how far chance in the choice of the examples moves it."""
    sample = gather_sample(targets.values, predicted.scores, predicted.decided)
    (drawn,) = bootstrap.resample([sample])
    return float(np.nanstd(drawn[figure]))


def gain(default: Predictions, tuned: Predictions, targets: Targets, figure: str) -> Gain:
    """The tuned model beside the default on the same examples."""
    samples = [
        gather_sample(targets.values, predicted.scores, predicted.decided)
        for predicted in (default, tuned)
    ]
    once = np.ones((1, len(targets.matrix)))
    points = [_one(compute_figures(sample, once), figure) for sample in samples]
    drawn: list[Mapping[str, Floats]] = list(bootstrap.resample(samples))
    difference = drawn[1][figure] - drawn[0][figure]
    spread = float(np.nanstd(difference)) if np.isfinite(difference).any() else None
    span = bootstrap.bootstrap_interval(difference)
    return Gain(figure, len(targets.matrix), points[0], points[1], span, spread)


def _one(figures: Mapping[str, Floats], figure: str) -> float:
    return float(np.nan_to_num(figures[figure][0]))
