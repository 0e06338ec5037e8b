"""What the saved folder is worth on the test part: the rows that are published with it.

Owns which models stand beside each other; the measuring is inference/compare.py, over the very
files that are shipped. The test part is looked at here and nowhere else.

Try: cat RUN_DIR/results/leaderboard.json
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from inference import classifier, compare, zero_shot
from inference.classifier import ONNX_FP32, ONNX_INT8, Scorer
from inference.compare import Evaluation, LeaderboardRow
from training.base import Base
from training.config import TrainConfig
from training.data import Splits
from training.run_folder import write_json


@dataclass(frozen=True)
class _Entry:
    """A row to be: its name in metrics, its title, and how its model is opened."""

    name: str
    title: str
    role: str
    repo_id: str
    revision: str
    engine: str
    open: Callable[[], Scorer]


def measure(
    run_dir: Path, repo_id: str, splits: Splits, config: TrainConfig, base: Base, threads: int
) -> dict[str, object]:
    """Measure every row, write results/, and return the figures by row: onnx_int8, onnx_fp32,
    and zero_shot where the labels have descriptions."""
    rows: list[LeaderboardRow] = []
    figures: dict[str, object] = {}
    for entry in _entries(run_dir, repo_id, splits, config, base, threads):
        measured: Evaluation = compare.evaluate(
            entry.open(),
            splits.test,
            title=entry.title,
            role=entry.role,
            repo_id=entry.repo_id,
            revision=entry.revision,
            engine=entry.engine,
        )
        rows.append(measured.row)
        figures[entry.name] = asdict(measured.metrics)
    compare.save_leaderboard(rows, run_dir / "results" / "leaderboard.json")
    write_json(run_dir / "results" / "metrics.json", figures)
    return figures


def _entries(
    run_dir: Path, repo_id: str, splits: Splits, config: TrainConfig, base: Base, threads: int
) -> list[_Entry]:
    name = (base.repo_id or base.folder.name).rpartition("/")[2]

    def fine_tuned(engine: str) -> Callable[[], Scorer]:
        return lambda: classifier.load(run_dir, engine=engine, threads=threads)

    def untrained() -> Scorer:
        return zero_shot.load(
            base.folder,
            config.label_descriptions,
            problem_type=splits.problem_type,
            threads=threads,
        )

    entries = [
        _Entry(engine, f"{name}, fine-tuned ({title})", "fine-tuned", repo_id, "", engine, opened)
        for engine, title, opened in (
            (ONNX_INT8, "int8", fine_tuned(ONNX_INT8)),
            (ONNX_FP32, "float32", fine_tuned(ONNX_FP32)),
        )
    ]
    if config.label_descriptions:
        entries.append(
            _Entry(
                "zero_shot",
                f"{name}, not trained",
                "zero-shot",
                base.repo_id,
                base.revision,
                "zero_shot",
                untrained,
            )
        )
    return entries
