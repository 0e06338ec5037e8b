"""What the saved folder is worth on the test part: the verdict table that is published with it.

Owns what is measured once and kept; which models stand beside each other is rows.py, measuring and
judging is inference/, over the very files that are shipped. The test part is looked at here and
nowhere else.

Try: cat RUN_DIR/results/leaderboard.json
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tqdm import tqdm

from hub.errors import UserError
from inference.catalogue.catalogue import PRETRAINED
from inference.evaluation import predictions, verdict
from inference.evaluation.leaderboard import (
    LEADERBOARD_PATH,
    Leaderboard,
    Measured,
    load_leaderboard,
    save_leaderboard,
)
from inference.evaluation.measure import measure_model, targets_of
from inference.evaluation.metrics import summarise
from inference.evaluation.predictions import Predictions
from inference.models.bundle import TFIDF_FILE
from inference.runs.contract import Stage
from training.baselines import tfidf_tables
from training.data.data import Splits, split_hash
from training.report.rows import EvaluationInputs, RowToMeasure, list_rows
from training.run.run_folder import RunFolder, sha256_of, write_json

_METRICS = Path("results") / "metrics.json"


@dataclass(frozen=True)
class Results:
    """figures: those of metrics.Metrics by row. missing: what was not compared, why."""

    figures: dict[str, object]
    board: Leaderboard
    missing: tuple[str, ...]


def measure(run: RunFolder, weights: object, task: EvaluationInputs) -> Results:
    """Measure every row that has not been, judge them, and write results/.

    The rows: onnx_int8 and onnx_fp32 (torch where there is no ONNX file), plain where these answer
    together with counted words and transformers does not, the baselines, zero_shot
    where the labels have descriptions, and the pretrained models that have a label map. A
    pretrained one that cannot be had is left out and named: it must not cost a finished training.
    `weights` is the sha256 of what they are measured for.
    """
    splits = task.splits
    data = {name: split_hash(part) for name, part in splits.parts.items()}
    decision = sha256_of(run.path / "decision.json")
    targets = targets_of(splits.test, splits.labels, splits.problem_type)
    predictions.save_targets(targets, run.path / predictions.TARGETS)
    models: list[tuple[Measured, Predictions]] = []
    missing: list[str] = []
    keys: list[object] = []
    for entry in list_rows(run.path, task, [weights, decision]):
        key = [entry.name, entry.repo_id, entry.revision, entry.key, data]
        try:
            models.append(_measured(run, entry, key, splits))
            keys.append(key)
        except UserError as error:
            if entry.role != PRETRAINED:
                raise
            missing.append(f"{entry.repo_id} was not compared: {error}")
            print(missing[-1], flush=True)
    _forget_others(run.path, [model.name for model, _ in models])
    board = _judged(run, keys, models, targets, data["test"])
    figures: dict[str, object] = {
        model.name: asdict(
            summarise(targets.values, predicted.scores, predicted.decided, targets.labels)
        )
        for model, predicted in models
    }
    write_json(run.path / _METRICS, figures)
    return Results(figures, board, tuple(missing))


def _measured(
    run: RunFolder, entry: RowToMeasure, key: object, splits: Splits
) -> tuple[Measured, Predictions]:
    """What the model says of the test part, from the run folder if it was asked before."""
    path = run.path / predictions.FOLDER / f"{entry.name}.parquet"
    done = run.find(f"measure {entry.name}", key)
    if done is not None and path.is_file():
        return Measured(**done), predictions.load(path)  # type: ignore[arg-type]
    print(f"measuring {entry.title}", flush=True)
    scorer = entry.open()
    with tqdm(total=len(splits.test), unit="text", desc="measuring", leave=False) as bar:
        model, predicted = measure_model(
            scorer,
            splits.test,
            name=entry.name,
            title=entry.title,
            role=entry.role,
            repo_id=entry.repo_id,
            revision=entry.revision,
            on_progress=bar.update,
        )
    predictions.save(predicted, path)
    run.record(f"measure {entry.name}", key, asdict(model))
    return model, predicted


def _judged(
    run: RunFolder,
    keys: object,
    models: Sequence[tuple[Measured, Predictions]],
    targets: predictions.Targets,
    test_sha256: str,
) -> Leaderboard:
    path = run.path / LEADERBOARD_PATH
    done = run.find(Stage.JUDGE, keys)
    if done is not None and path.is_file() and sha256_of(path) == done["sha256"]:
        return load_leaderboard(path)
    print(f"judging {len(models)} models on {len(targets.matrix)} test texts", flush=True)
    board = verdict.judge(models, targets, test_sha256)
    save_leaderboard(board, path)
    run.record(Stage.JUDGE, keys, {"sha256": sha256_of(path)})
    return board


def _forget_others(run_dir: Path, names: Sequence[str]) -> None:
    """Remove the answers of models that are no longer asked for."""
    for path in (run_dir / predictions.FOLDER).glob("*.parquet"):
        if path.stem not in names:
            path.unlink()
    if tfidf_tables.BASELINE not in names:
        (run_dir / TFIDF_FILE).unlink(missing_ok=True)
