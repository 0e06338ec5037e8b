"""What the saved folder is worth on the test part: the verdict table that is published with it.

Owns which models stand beside each other; measuring and judging is inference/, over the very files
that are shipped. The test part is looked at here and nowhere else.

Try: cat RUN_DIR/results/leaderboard.json
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tqdm import tqdm

from hub.client import Hub, validate_repo_id
from hub.errors import UserError
from inference.catalogue import opening
from inference.catalogue.catalogue import PRETRAINED, ZERO_SHOT, Catalogue, ModelEntry
from inference.core.errors import ConfigError
from inference.evaluation import predictions, verdict
from inference.evaluation.leaderboard import (
    BASELINE,
    FINE_TUNED,
    Leaderboard,
    Measured,
    load_leaderboard,
    save_leaderboard,
)
from inference.evaluation.measure import measure_model, targets_of
from inference.evaluation.metrics import summarise
from inference.evaluation.predictions import Predictions
from inference.models import zero_shot
from inference.models.bundle import Bundle
from inference.models.classifier import (
    ONNX_FILES,
    ONNX_FP32,
    ONNX_INT8,
    TORCH,
    Scorer,
    load_classifier,
)
from inference.runs.contract import LEADERBOARD_PATH, Stage
from training.baselines import baselines, tfidf_tables
from training.baselines.shared_encoder import SharedEncoder
from training.data.data import Splits, split_hash
from training.run.run_folder import RunFolder, sha256_of, write_json
from training.settings.data_config import LabelledDataConfig
from training.settings.report_config import ReportConfig
from training.trainer.base import Base

_METRICS = Path("results") / "metrics.json"
_TITLES = {
    ONNX_INT8: "fine-tuned (int8)",
    ONNX_FP32: "fine-tuned (float32)",
    TORCH: "fine-tuned",
}


@dataclass(frozen=True)
class EvaluationInputs:
    """All that measuring needs of a run; repo_id is where the model will be, as far as known."""

    splits: Splits
    columns: LabelledDataConfig
    config: ReportConfig
    seed: int
    base: Base
    hub: Hub
    repo_id: str
    threads: int

    @property
    def base_name(self) -> str:
        return self.base.repo_id or self.base.folder.name


@dataclass(frozen=True)
class Results:
    """figures: those of metrics.Metrics by row. missing: what was not compared, why."""

    figures: dict[str, object]
    board: Leaderboard
    missing: tuple[str, ...]


@dataclass(frozen=True)
class _Entry:
    """A row to be; `key` is all that its answers depend on beside the data."""

    name: str
    title: str
    role: str
    repo_id: str
    revision: str
    key: object
    open: Callable[[], Scorer]


def measure(run: RunFolder, weights: object, task: EvaluationInputs) -> Results:
    """Measure every row that has not been, judge them, and write results/.

    The rows: onnx_int8 and onnx_fp32 (torch where there is no ONNX file), the baselines, zero_shot
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
    for entry in _entries(run.path, task, [weights, decision]):
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


def refuse_incomplete_descriptions(config: ReportConfig, labels: Sequence[str]) -> None:
    """Raise ConfigError unless label_descriptions is empty or names each label."""
    if config.label_descriptions and set(config.label_descriptions) != set(labels):
        raise ConfigError(
            f"label_descriptions describes {', '.join(config.label_descriptions)}, but the labels "
            f"are {', '.join(labels)}; describe each of them, or none"
        )


def refuse_unusable_maps(config: ReportConfig, labels: Sequence[str]) -> None:
    """Raise ConfigError, or NotFound, unless each of pretrained_label_maps can be compared with.

    A map needs an id that can name a repo, and labels of the task as what the model's labels mean.
    """
    for repo_id, label_map in config.pretrained_label_maps.items():
        validate_repo_id(repo_id.partition("@")[0])
        meant = {task_label for task_label in label_map.values() if task_label is not None}
        if not meant or (unknown := sorted(meant - set(labels))):
            what = f"means {', '.join(unknown)}" if meant else "gives no label a meaning"
            raise ConfigError(
                f"the map of {repo_id} in pretrained_label_maps {what}, but the labels here are "
                f"{', '.join(labels)}; write the model's label: one of these, or null"
            )


def _measured(
    run: RunFolder, entry: _Entry, key: object, splits: Splits
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
        (run_dir / tfidf_tables.FILE).unlink(missing_ok=True)


def _entries(run_dir: Path, task: EvaluationInputs, weights: object) -> list[_Entry]:
    engines = [engine for engine, file in ONNX_FILES.items() if (run_dir / file).is_file()]
    tuned = [
        _fine_tuned(run_dir, engine, task, weights)
        for engine in engines or [TORCH]  # a family that could not be converted
    ]
    bundle = task.splits.bundle(task.columns)
    encoder = SharedEncoder(task.base.folder, task.threads)
    free = [_baseline(run_dir, name, task, bundle, encoder) for name in task.config.baselines]
    untrained = [_untrained(task, encoder)] if task.config.label_descriptions else []
    maps = task.config.pretrained_label_maps
    others = [
        _pretrained(f"pretrained_{number}", repo_id, label_map, task)
        for number, (repo_id, label_map) in enumerate(maps.items(), start=1)
    ]
    return tuned + free + untrained + others


def _fine_tuned(run_dir: Path, engine: str, task: EvaluationInputs, weights: object) -> _Entry:
    def load() -> Scorer:
        return load_classifier(run_dir, engine=engine, threads=task.threads)

    title = f"{task.base_name.rpartition('/')[2]}, {_TITLES[engine]}"
    # exported again, by another version say, the same weights may answer otherwise
    file = ONNX_FILES.get(engine)
    key = [weights, sha256_of(run_dir / file) if file else ""]
    return _Entry(engine, title, FINE_TUNED, task.repo_id, "", key, load)


def _baseline(
    run_dir: Path, name: str, task: EvaluationInputs, bundle: Bundle, encoder: SharedEncoder
) -> _Entry:
    def fit() -> Scorer:
        fitted = baselines.fit(
            task.splits.train,
            bundle,
            seed=task.seed,
            validation=task.splits.validation,
            encoder=encoder,
            names=[name],
            options=task.config.baseline_options,
        )
        scorer = next(fitted).scorer
        if name == tfidf_tables.BASELINE:
            tfidf_tables.save(scorer, run_dir)
        return scorer

    options = task.config.baseline_options.get(name)
    key = [task.seed, task.base.fingerprint() if name == "encoder_lr" else "", options]
    return _Entry(name, baselines.title(name, options), BASELINE, "", "", key, fit)


def _untrained(task: EvaluationInputs, encoder: SharedEncoder) -> _Entry:
    described, splits = task.config.label_descriptions, task.splits

    def load() -> Scorer:
        ordered = {label: described[label] for label in splits.labels}
        return zero_shot.describe(encoder, ordered, splits.problem_type)

    title = f"{task.base_name.rpartition('/')[2]}, not trained"
    return _Entry(
        "zero_shot", title, ZERO_SHOT, task.base_name, task.base.revision, described, load
    )


def _pretrained(
    name: str, repo_id: str, label_map: Mapping[str, str | None], task: EvaluationInputs
) -> _Entry:
    known, _, revision = repo_id.partition("@")
    used = {
        model_label: task_label
        for model_label, task_label in label_map.items()
        if task_label is not None
    }
    entry = ModelEntry(known, PRETRAINED, known, revision or None, used)
    table = Catalogue("", task.splits.labels, task.splits.problem_type, (), ())

    def load() -> Scorer:
        return opening.open_model(entry, table, task.hub, threads=task.threads).scorer

    return _Entry(name, known, PRETRAINED, known, revision, dict(label_map), load)
