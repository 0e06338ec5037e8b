"""A run folder of random weights whose receipt, figures and predictions fit each other.

And what verify finds in it.
"""

from dataclasses import asdict
from pathlib import Path

from hub.client import Hub
from inference.data.problem_types import MULTI, SINGLE
from inference.evaluation import measure, predictions, verdict
from inference.evaluation.leaderboard import save_leaderboard
from inference.evaluation.metrics import summarise
from inference.models.bundle import Bundle, save_bundle
from inference.models.classifier import TORCH, load_classifier
from inference.runs.data_report import Suspect
from tests.tiny import make_tiny_model
from tests.training.finished_run import GOLDEN_TEXTS, VERSIONS
from tests.training.toy import toy_config
from training.data import data
from training.data.left_out import write_suspects
from training.export import golden
from training.run import receipt
from training.run.checks import DEVIATES, Check
from training.run.run_folder import sha256_of, write_json
from training.verify import verify

TORCH_FIGURES = f"{predictions.FOLDER}/{TORCH}.parquet"


def make_measured_run(
    folder: Path, train_file: Path, hub: Hub, problem_type: str = SINGLE, left_out: int = 0
) -> Path:
    """The folder, of the data in train_file and of two models: torch and majority.

    left_out: so many of the first training rows are suspected and left out.
    """
    multi = {"label_delimiter": "|"} if problem_type == MULTI else {}
    config = toy_config(train_file=str(train_file), output_dir=str(folder), **multi)
    splits = data.prepare(config.data, hub, seed=config.trainer.seed)
    suspects = [Suspect(row, (), (), 0.1) for row in splits.row_ids()["train"][:left_out]]
    splits = splits.without(suspects)
    make_tiny_model(folder, splits.labels, problem_type)
    save_bundle(Bundle(splits.labels, problem_type, max_tokens=32), folder)
    golden.write(folder, GOLDEN_TEXTS)
    targets = measure.targets_of(splits.test, splits.labels, problem_type)
    models = [
        measure.measure_model(
            load_classifier(folder, engine=TORCH, threads=1),
            splits.test,
            name=name,
            title=name,
            role=role,
        )
        for name, role in ((TORCH, "fine-tuned"), ("majority", "baseline"))
    ]
    figures = {}
    for model, said in models:
        predictions.save(said, folder / predictions.FOLDER / f"{model.name}.parquet")
        found = summarise(targets.values, said.scores, said.decided, targets.labels)
        figures[model.name] = asdict(found)
    predictions.save_targets(targets, folder / predictions.TARGETS)
    board = verdict.judge(models, targets, data.split_hash(splits.test), resamples=50)
    save_leaderboard(board, folder / "results" / "leaderboard.json")
    write_json(folder / "results" / "metrics.json", figures)
    receipt.write_split_ids(folder, splits.row_ids())
    if splits.left_out:
        write_suspects(folder, splits.left_out)
    receipt.write(
        folder,
        config.as_dict(),
        data={**splits.receipt(), "findings": [{"code": "duplicates"}]},
        base={"repo_id": "me/tiny", "revision": "2" * 40},
        fit={
            "weights_sha256": sha256_of(folder / "model.safetensors"),
            "versions": VERSIONS,
            "device": {"type": "cpu", "precision": "float32", "processes": 1},
            "training": {
                "steps": 1,
                "epochs": 1,
                "seconds": 0.5,
                "best_step": 1,
                "best_value": 0.5,
                "metric": "mcc",
            },
        },
        export={"notice": "none for this test", "sha256": {}},
        metrics=figures,
    )
    return folder


def checks_of(run: Path, hub: Hub, **given: object) -> list[Check]:
    """All checks of a run whose data lies beside it as tweets.csv."""
    files = {"train_file": str(run.parent / "tweets.csv")}
    return list(verify(run, hub, **{"files": files, **given}))


def deviations(checks: list[Check]) -> list[str]:
    """What does not hold, each by its kind and what is said of it."""
    return [f"{check.kind}: {check.said}" for check in checks if check.state == DEVIATES]
