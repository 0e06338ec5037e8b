"""Figures of a validation: evaluate's Metric over the formulas of inference/evaluation/metrics.py.

The only import of evaluate, which takes seconds: import this module where the first figure is
needed. Nothing is fetched by name from the Hub, and nothing is written outside a folder of ours.
The figures that a model is published with are not made here: training/report/results.py takes them
from the saved folder.
"""

import tempfile

import datasets
import evaluate
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from inference.data.problem_types import MULTI, SINGLE
from inference.evaluation import metrics

# N examples, C labels
Figures = dict[str, float | None]


class _Classification(evaluate.Metric):
    """inference.evaluation.metrics.summarise as a Metric; config_name is the problem type.

    predictions: (N, C) scores in [0, 1]. references: (N,) class numbers, or (N, C) of 0 and 1.
    """

    def _info(self) -> evaluate.MetricInfo:
        scores = datasets.Sequence(datasets.Value("float32"))
        number = datasets.Value("int64")
        references = datasets.Sequence(number) if self.config_name == MULTI else number
        return evaluate.MetricInfo(
            description="Figures of a text classifier",
            citation="",
            features=datasets.Features({"predictions": scores, "references": references}),
        )

    def _compute(self, predictions: list[list[float]], references: list) -> Figures:
        scores = np.asarray(predictions, dtype=np.float32)
        targets = np.asarray(references)
        if self.config_name == MULTI:
            decisions = scores >= 0.5
        else:
            decisions = np.eye(scores.shape[1], dtype=bool)[scores.argmax(axis=1)]
        return _numbers(metrics.summarise(targets, scores, decisions))


def measure_logits(
    logits: NDArray[np.float32],
    targets: NDArray[np.int64] | NDArray[np.float32],
    problem_type: str,
) -> Figures:
    """The figures of (N, C) logits against (N,) or (N, C) targets, and the loss.

    Undefined ones (a label that no example has) are None.
    """
    assert problem_type in (SINGLE, MULTI), problem_type
    scores = expit(logits) if problem_type == MULTI else softmax(logits, axis=1)
    with tempfile.TemporaryDirectory() as folder:  # evaluate makes a folder even in memory
        metric = _Classification(problem_type, keep_in_memory=True, cache_dir=folder)
        figures = metric.compute(
            predictions=scores.astype(np.float32), references=targets.astype(np.int64)
        )
    assert figures is not None  # None is for processes other than the first
    return dict(figures)


def _numbers(figures: metrics.Metrics) -> Figures:
    """The single numbers of a Metrics, without the lists over labels."""
    return {
        name: None if value is None else float(value)
        for name, value in vars(figures).items()
        if value is None or isinstance(value, int | float | np.floating)
    }
