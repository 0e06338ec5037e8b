"""The figures of a run made again from what its models said about each test example.

Owns the comparison of results/metrics.json, run.json and the verdict table with results/predictions
and results/targets.parquet. Whether the predictions are the models' own is not shown by it.

Try: python -m training.verify RUN_DIR
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from inference.core.errors import DataError, ModelError
from inference.evaluation import predictions, verdict
from inference.evaluation.leaderboard import load_leaderboard, save_leaderboard
from inference.evaluation.metrics import summarise
from inference.evaluation.predictions import Predictions, Targets
from inference.models.bundle import load_bundle
from inference.models.classifier import ENGINES, decide
from inference.models.model_files import read_json
from inference.models.receipt import Receipt
from training.run.checks import DEVIATES, OK, UNCHECKED, Check, check_equal, guard_checks

METRICS = "results/metrics.json"
LEADERBOARD = "results/leaderboard.json"


def checks(run_dir: Path, receipt: Receipt) -> Iterator[Check]:
    """Every figure of the run against the one that its predictions give."""
    stored: dict[str, Any] = {}
    try:
        stored = read_json(run_dir / METRICS) if _has(run_dir, METRICS) else {}
    except ModelError as error:
        yield Check("metric", DEVIATES, str(error))
    if not stored:
        yield Check("metric", UNCHECKED, f"{METRICS} is not there, or names no model")
    if not _has(run_dir, predictions.TARGETS):
        yield Check("metric", UNCHECKED, f"{predictions.TARGETS} is not there to measure against")
        return
    try:
        targets = predictions.load_targets(run_dir / predictions.TARGETS)
        by_model = {path.stem: predictions.load(path) for path in _files(run_dir)}
    except DataError as error:
        yield Check("predictions", DEVIATES, str(error))
        return
    fitting = {
        name: predicted
        for name, predicted in by_model.items()
        if _misfit(predicted, targets) is None
    }
    for name in {**stored, **by_model}:
        if name in fitting:
            figures = _figures(name, by_model[name], targets, stored, receipt)
            yield from guard_checks("metric", f"what {name} said", figures)
            yield from guard_checks(
                "decision", "decision.json", _decisions(run_dir, name, by_model[name])
            )
        elif name in by_model:
            yield Check("predictions", DEVIATES, f"{name} has {_misfit(by_model[name], targets)}")
        else:
            yield Check("metric", UNCHECKED, f"{name}: its predictions are not stored")
    table = _table(run_dir, targets, fitting, receipt.data.splits.test.sha256)
    yield from guard_checks("metric", LEADERBOARD, table)


def _misfit(predicted: Predictions, targets: Targets) -> str | None:
    """Why these predictions cannot be of these targets, if so."""
    if predicted.labels != targets.labels:
        return f"the labels {', '.join(predicted.labels)}, expected {', '.join(targets.labels)}"
    if len(predicted.scores) != len(targets.matrix):
        return f"{len(predicted.scores)} rows, expected {len(targets.matrix)}"
    return None


def _figures(
    name: str,
    predicted: Predictions,
    targets: Targets,
    stored: Mapping[str, Any],
    receipt: Receipt,
) -> Iterator[Check]:
    summary = summarise(targets.values, predicted.scores, predicted.decided, targets.labels)
    made = json.loads(json.dumps(asdict(summary)))
    for file, figures in ((METRICS, stored), ("run.json: metrics", receipt.metrics or {})):
        if name in figures:
            yield from check_equal("metric", f"{file}: {name}", figures[name], made)
        else:
            yield Check("metric", UNCHECKED, f"{file} does not speak of {name}")


def _decisions(run_dir: Path, name: str, predicted: Predictions) -> Iterator[Check]:
    """Whether the trained model decided by the thresholds that are shipped with it."""
    if name not in ENGINES:
        return
    differ = int(
        (decide(load_bundle(run_dir), predicted.scores) != predicted.decided).any(axis=1).sum()
    )
    if differ:
        problem = f"{name}: {differ} rows are not decided as decision.json says"
        yield Check("decision", DEVIATES, problem)
    else:
        yield Check("decision", OK, f"{name}: every row is decided as decision.json says")


def _table(
    run_dir: Path, targets: Targets, by_model: Mapping[str, Predictions], test_sha256: str
) -> Iterator[Check]:
    if not _has(run_dir, LEADERBOARD):
        yield Check("metric", UNCHECKED, f"{LEADERBOARD} is not there")
        return
    path = run_dir / LEADERBOARD
    try:
        stored = load_leaderboard(path)
    except DataError as error:
        yield Check("metric", DEVIATES, str(error))
        return
    missing = [row.model.name for row in stored.rows if row.model.name not in by_model]
    if missing:
        absent = f"no predictions of {', '.join(missing)} that fit the test part are stored"
        yield Check("metric", UNCHECKED, f"{LEADERBOARD}: {absent}")
        return
    models = [(row.model, by_model[row.model.name]) for row in stored.rows]
    made = verdict.judge(models, targets, test_sha256, resamples=stored.resamples)
    with tempfile.TemporaryDirectory() as scratch:
        again = Path(scratch) / "leaderboard.json"
        save_leaderboard(made, again)
        yield from check_equal("metric", LEADERBOARD, read_json(path), read_json(again))


def targets_check(run_dir: Path, matrix: np.ndarray) -> Iterator[Check]:
    """The stored truth against the labels of the test part, (N, C) bool."""
    if not _has(run_dir, predictions.TARGETS):
        return
    stored = predictions.load_targets(run_dir / predictions.TARGETS).matrix
    if stored.shape == matrix.shape and (stored == matrix).all():
        yield Check("predictions", OK, f"{predictions.TARGETS} holds the labels of the test part")
    else:
        problem = f"{predictions.TARGETS} does not hold the labels of the test part"
        yield Check("predictions", DEVIATES, problem)


def _has(run_dir: Path, name: str | Path) -> bool:
    return (run_dir / name).is_file()


def _files(run_dir: Path) -> list[Path]:
    return sorted((run_dir / predictions.FOLDER).glob("*.parquet"))
