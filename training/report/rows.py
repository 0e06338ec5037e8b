"""Which models stand in the verdict table of a run, and how each is opened.

Owns the fine-tuned rows, the baselines, the untrained base and other people's models, each with
what its answers depend on. Measuring them is results.py.

Try: cat RUN_DIR/results/leaderboard.json
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.client import Hub, validate_repo_id
from inference.catalogue import opening
from inference.catalogue.catalogue import PRETRAINED, ZERO_SHOT, Catalogue, ModelEntry
from inference.core.errors import ConfigError
from inference.evaluation.leaderboard import BASELINE, FINE_TUNED
from inference.models import zero_shot
from inference.models.bundle import load_bundle
from inference.models.classifier import (
    ONNX_FILES,
    ONNX_FP32,
    ONNX_INT8,
    TORCH,
    Scorer,
    load_classifier,
)
from training.baselines import baselines
from training.baselines.fitted_baselines import FittedBaselines
from training.data.data import Splits
from training.run.run_folder import sha256_of
from training.settings.report_config import ReportConfig
from training.trainer.base import Base
from training.trainer.fit_stage import FROZEN, TUNED

_PRECISIONS = {ONNX_INT8: " (int8)", ONNX_FP32: " (float32)", TORCH: ""}
_KEPT = {TUNED: "fine-tuned", FROZEN: "frozen, with a new head"}
PLAIN = "plain"
"""The row of a model's weights alone, where it answers together with counted words."""


@dataclass(frozen=True)
class EvaluationInputs:
    """All that measuring needs of a run.

    repo_id: where the model will be, as far as known. kept: which weights are in the folder.
    """

    splits: Splits
    config: ReportConfig
    baselines: FittedBaselines
    seed: int
    base: Base
    hub: Hub
    repo_id: str
    threads: int
    kept: str = TUNED

    @property
    def base_name(self) -> str:
        return self.base.repo_id or self.base.folder.name


@dataclass(frozen=True)
class RowToMeasure:
    """A row to be; `key` is all that its answers depend on beside the data."""

    name: str
    title: str
    role: str
    repo_id: str
    revision: str
    key: object
    open: Callable[[], Scorer]


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


def list_rows(run_dir: Path, task: EvaluationInputs, weights: object) -> list[RowToMeasure]:
    """The models of the table in their order; weights: on what the fine-tuned ones depend."""
    engines = [engine for engine, file in ONNX_FILES.items() if (run_dir / file).is_file()]
    tuned = [
        _fine_tuned(run_dir, engine, task, weights)
        for engine in engines or [TORCH]  # a family that could not be converted
    ]
    if load_bundle(run_dir).tfidf_weight:
        tuned.append(_plain(run_dir, (engines or [TORCH])[-1], task, weights))
    free = [_baseline(name, task) for name in task.config.baselines]
    untrained = [_untrained(task)] if task.config.label_descriptions else []
    maps = task.config.pretrained_label_maps
    others = [
        _pretrained(f"pretrained_{number}", repo_id, label_map, task)
        for number, (repo_id, label_map) in enumerate(maps.items(), start=1)
    ]
    return tuned + free + untrained + others


def _fine_tuned(
    run_dir: Path, engine: str, task: EvaluationInputs, weights: object
) -> RowToMeasure:
    """What our engines answer: together with counted words, where decision.json says so."""

    def load() -> Scorer:
        return load_classifier(run_dir, engine=engine, threads=task.threads)

    is_blended = bool(load_bundle(run_dir).tfidf_weight)
    title = _tuned_title(task, engine, " + TF-IDF" if is_blended else "")
    key = [weights, _sha256_of_engine(run_dir, engine)]
    return RowToMeasure(engine, title, FINE_TUNED, task.repo_id, "", key, load)


def _plain(run_dir: Path, engine: str, task: EvaluationInputs, weights: object) -> RowToMeasure:
    """What transformers' own pipeline answers, where our engines count words too."""

    def load() -> Scorer:
        return load_classifier(run_dir, engine=engine, threads=task.threads).plain()

    title = _tuned_title(task, engine, " without TF-IDF")
    key = [weights, _sha256_of_engine(run_dir, engine)]
    return RowToMeasure(PLAIN, title, FINE_TUNED, task.repo_id, "", key, load)


def _tuned_title(task: EvaluationInputs, engine: str, together: str) -> str:
    what = _KEPT[task.kept] + together + _PRECISIONS[engine]
    return f"{task.base_name.rpartition('/')[2]}, {what}"


def _sha256_of_engine(run_dir: Path, engine: str) -> str:
    """Exported again, by another version say, the same weights may answer otherwise."""
    file = ONNX_FILES.get(engine)
    return sha256_of(run_dir / file) if file else ""


def _baseline(name: str, task: EvaluationInputs) -> RowToMeasure:
    def fit() -> Scorer:
        return task.baselines.scorer(name)

    options = task.baselines.options(name)
    key = [task.seed, task.base.fingerprint() if name == "encoder_lr" else "", options]
    return RowToMeasure(name, baselines.title(name, options), BASELINE, "", "", key, fit)


def _untrained(task: EvaluationInputs) -> RowToMeasure:
    described, splits = task.config.label_descriptions, task.splits

    def load() -> Scorer:
        ordered = {label: described[label] for label in splits.labels}
        return zero_shot.describe(task.baselines.encoder, ordered, splits.problem_type)

    title = f"{task.base_name.rpartition('/')[2]}, not trained"
    return RowToMeasure(
        "zero_shot", title, ZERO_SHOT, task.base_name, task.base.revision, described, load
    )


def _pretrained(
    name: str, repo_id: str, label_map: Mapping[str, str | None], task: EvaluationInputs
) -> RowToMeasure:
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

    return RowToMeasure(name, known, PRETRAINED, known, revision, dict(label_map), load)
