"""Better, cannot tell or worse: what models said about a test set becomes the verdict table.

Owns which model counts as a baseline and when a difference is more than chance. A model's figures
are metrics.py, chance is bootstrap.py, and what the models said about each example is
predictions.py: the table can be made again from those alone.

Judged by MCC (mean over labels when multi-label), by a paired interval of its difference to the
best free baseline: on uneven data macro-F1 calls random guessing better than the majority nearly
always. Of the baselines the best on this very set is taken, which is harder to beat than it was.

Letters: N examples, C labels, R resamples.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from inference.evaluation import bootstrap
from inference.evaluation.formulas import (
    BY_LABEL,
    OVERALL,
    Floats,
    Sample,
    compute_figures,
    gather_sample,
    mean_over_labels,
)
from inference.evaluation.leaderboard import (
    BETTER,
    CANNOT_TELL,
    FINE_TUNED,
    WORSE,
    Interval,
    Leaderboard,
    LeaderboardRow,
    MccDifference,
    Measured,
)
from inference.evaluation.metrics import summarise
from inference.evaluation.predictions import Predictions, Targets
from inference.models.classifier import ONNX_FP32, ONNX_INT8


def judge(
    models: Sequence[tuple[Measured, Predictions]],
    targets: Targets,
    test_sha256: str,
    *,
    resamples: int = bootstrap.RESAMPLES,
    seed: int = 0,
) -> Leaderboard:
    """Return the table of models that were measured on the same examples.

    Raises:
        DataError: there is no example.
    """
    samples = [
        gather_sample(targets.values, predictions.scores, predictions.decided)
        for _, predictions in models
    ]
    drawn = bootstrap.resample(samples, resamples=resamples, seed=seed)
    points = [summarise(targets.values, s.scores, s.decided, targets.labels) for s in samples]
    # -index: of equal ones max() takes the first
    free = [
        (point.mcc, -index)
        for index, (point, (model, _)) in enumerate(zip(points, models, strict=True))
        if model.role != FINE_TUNED and point.mcc is not None
    ]
    best = -max(free)[1] if free else None
    rows = []
    for index, (model, _) in enumerate(models):
        difference = None
        if model.role == FINE_TUNED and best is not None:
            difference = _difference(samples, drawn, index, best)
        rows.append(_row(model, samples[index], vars(points[index]), drawn[index], difference))
    return Leaderboard(
        labels=targets.labels,
        problem_type=targets.problem_type,
        examples=len(targets.matrix),
        positives=tuple(targets.matrix.sum(axis=0).tolist()),  # (N, C) -> (C,)
        test_sha256=test_sha256,
        best_free=None if best is None else models[best][0].name,
        resamples=resamples,
        rows=tuple(rows),
        int8=_cost_of_int8([model for model, _ in models], samples, drawn),
    )


def _cost_of_int8(
    models: Sequence[Measured], samples: Sequence[Sample], drawn: Sequence[Mapping[str, Floats]]
) -> MccDifference | None:
    """What the int8 copy of a fine-tuned model is worth beside its own float32 original.

    Of rows with one engine the first: that of a model that counts words, before its weights alone.
    """
    tuned: dict[tuple[str, str], int] = {}
    for at, model in enumerate(models):
        if model.role == FINE_TUNED:
            tuned.setdefault((model.repo_id, model.engine), at)
    for (repo_id, engine), index in tuned.items():
        if engine == ONNX_INT8 and (repo_id, ONNX_FP32) in tuned:
            return _difference(samples, drawn, index, tuned[repo_id, ONNX_FP32])
    return None


def _row(
    model: Measured,
    sample: Sample,
    point: Mapping[str, Any],
    drawn: Mapping[str, Floats],
    difference: MccDifference | None,
) -> LeaderboardRow:
    return LeaderboardRow(
        model=model,
        figures={name: point[name] for name in OVERALL},
        intervals={
            # what is undefined on the set itself has no interval, though a resample may define it
            name: None if point[name] is None else bootstrap.bootstrap_interval(drawn[name])
            for name in OVERALL
        },
        by_label={name: point[name] for name in BY_LABEL},
        by_label_intervals={
            name: tuple(
                None if value is None else bootstrap.bootstrap_interval(column)
                for value, column in zip(point[name], drawn[name].T, strict=True)  # C of (R,)
            )
            for name in BY_LABEL
        },
        labels_known=int(sample.known.sum()),
        difference=difference,
    )


def _difference(
    samples: Sequence[Sample], drawn: Sequence[Mapping[str, Floats]], ours: int, other: int
) -> MccDifference | None:
    both = samples[ours].known & samples[other].known  # (C,)
    once = np.ones((1, len(samples[ours].truth)))  # (1, N): the set as it is
    # the same resample of both, one less the other: (1,) and (R,)
    point, resampled = (
        _mcc_over(mine, both, samples[ours]) - _mcc_over(theirs, both, samples[other])
        for mine, theirs in (
            (compute_figures(samples[ours], once), compute_figures(samples[other], once)),
            (drawn[ours], drawn[other]),
        )
    )
    if np.isnan(point[0]):
        return None
    interval = bootstrap.bootstrap_interval(resampled)
    return MccDifference(float(point[0]), interval, _verdict(interval))


def _mcc_over(figures: Mapping[str, Floats], labels: np.ndarray, sample: Sample) -> Floats:
    """Return the MCC, (R,): for a multi-label task the mean over these labels, (C,) bool."""
    if not sample.is_multilabel:
        return figures["mcc"]
    return mean_over_labels(figures["mcc_by_label"][:, labels])


def _verdict(interval: Interval | None) -> str:
    if interval is None or interval[0] <= 0 <= interval[1]:
        return CANNOT_TELL
    return BETTER if interval[0] > 0 else WORSE
