"""What the saved folder is worth on the test part: the rows that are published with it.

Owns which models stand beside each other; the measuring is inference/compare.py, over the very
files that are shipped. The test part is looked at here and nowhere else.

Try: cat RUN_DIR/results/leaderboard.json
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from inference import classifier, compare, zero_shot
from inference.classifier import ONNX_FILES, ONNX_FP32, ONNX_INT8, TORCH, Scorer
from inference.compare import LeaderboardRow
from inference.errors import ConfigError
from training.base import Base
from training.config import TrainConfig
from training.data import Splits
from training.run_folder import RunFolder, write_json

_TITLES = {
    ONNX_INT8: "fine-tuned (int8)",
    ONNX_FP32: "fine-tuned (float32)",
    TORCH: "fine-tuned",
}


@dataclass(frozen=True)
class _Entry:
    """A row to be: its name among the figures (its engine), its title, how its model is opened."""

    name: str
    title: str
    role: str
    repo_id: str
    revision: str
    open: Callable[[], Scorer]


def measure(
    run: RunFolder,
    weights: object,
    repo_id: str,
    splits: Splits,
    config: TrainConfig,
    base: Base,
    threads: int,
) -> dict[str, object]:
    """Measure every row that has not been, write results/, and return the figures by row.

    The rows: onnx_int8 and onnx_fp32 (torch where there is no ONNX file), and zero_shot where the
    labels have descriptions. `weights` is the sha256 of what they are measured for.
    """
    rows: list[dict[str, object]] = []
    figures: dict[str, object] = {}
    for entry in _entries(run.path, repo_id, splits, config, base, threads):
        key = [weights, entry.repo_id, entry.revision, config.label_descriptions]
        done = run.find(f"measure {entry.name}", key)
        if done is None:
            done = _measure(entry, splits)
            run.record(f"measure {entry.name}", key, done)
        rows.append(done["row"])  # type: ignore[arg-type]
        figures[entry.name] = done["figures"]
    stored = [LeaderboardRow(**row) for row in rows]  # type: ignore[arg-type]
    compare.save_leaderboard(stored, run.path / "results" / "leaderboard.json")
    write_json(run.path / "results" / "metrics.json", figures)
    return figures


def _measure(entry: _Entry, splits: Splits) -> dict[str, object]:
    print(f"measuring {entry.title} on {len(splits.test)} test texts", flush=True)
    measured = compare.evaluate(
        entry.open(),
        splits.test,
        title=entry.title,
        role=entry.role,
        repo_id=entry.repo_id,
        revision=entry.revision,
        engine=entry.name,
    )
    return {"row": asdict(measured.row), "figures": asdict(measured.metrics)}


def refuse_incomplete_descriptions(config: TrainConfig, labels: Sequence[str]) -> None:
    """Raise ConfigError unless label_descriptions is empty or names each label."""
    if config.label_descriptions and set(config.label_descriptions) != set(labels):
        raise ConfigError(
            f"label_descriptions describes {', '.join(config.label_descriptions)}, but the labels "
            f"are {', '.join(labels)}; describe each of them, or none"
        )


def _entries(
    run_dir: Path, repo_id: str, splits: Splits, config: TrainConfig, base: Base, threads: int
) -> list[_Entry]:
    name = (base.repo_id or base.folder.name).rpartition("/")[2]

    def fine_tuned(engine: str) -> Callable[[], Scorer]:
        return lambda: classifier.load(run_dir, engine=engine, threads=threads)

    def untrained() -> Scorer:
        descriptions = {label: config.label_descriptions[label] for label in splits.labels}
        return zero_shot.load(
            base.folder, descriptions, problem_type=splits.problem_type, threads=threads
        )

    engines = [engine for engine, file in ONNX_FILES.items() if (run_dir / file).is_file()]
    entries = [
        _Entry(engine, f"{name}, {_TITLES[engine]}", "fine-tuned", repo_id, "", fine_tuned(engine))
        for engine in engines or [TORCH]  # a family that could not be converted
    ]
    if config.label_descriptions:
        title = f"{name}, not trained"
        base_id = base.repo_id or base.folder.name
        entries.append(_Entry("zero_shot", title, "zero-shot", base_id, base.revision, untrained))
    return entries
