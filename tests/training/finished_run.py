"""Run folders as training leaves them, of the tiny model: what tests export and publish."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from inference.data.problem_types import MULTI
from inference.evaluation.leaderboard import MccDifference, save_leaderboard
from inference.evaluation.metrics import summarise
from inference.models.bundle import SINGLE, Bundle, load_bundle, save_bundle
from tests.boards import board, row
from tests.tiny import make_tiny_model
from training.export import golden
from training.run.run_folder import sha256_of, write_json
from training.settings.config import TrainConfig

GOLDEN_TEXTS = ("ok", "the movie was really great", "i hate this awful service", "good " * 90)
VERSIONS = {"python": "3.11.7", "torch": "2.13.0", "transformers": "5.23.0"}


def make_finished_run(
    folder: Path,
    labels: tuple[str, ...] = ("negative", "neutral", "positive"),
    problem_type: str = SINGLE,
    **config: object,
) -> Path:
    """A run folder without ONNX files: random weights, invented but consistent figures."""
    make_tiny_model(folder, labels, problem_type)
    save_bundle(Bundle(labels, problem_type, max_tokens=32), folder)
    golden.write(folder, GOLDEN_TEXTS)
    notice = "a bert model cannot be exported to ONNX here (for this test)"
    write_receipt(folder, {"notice": notice, "sha256": {}}, **config)
    write_leaderboard(folder, ("torch",))
    (folder / "stages.json").write_text("{}")
    (folder / "checkpoints" / "step-3").mkdir(parents=True)
    (folder / "checkpoints" / "step-3" / "optimizer.bin").write_bytes(b"never published")
    (folder / "predictions.csv").write_text("text,score\nsecret,0.5\n")
    return folder


def write_receipt(folder: Path, export: dict[str, object], **config: object) -> None:
    """run.json of a folder with weights and bundle."""
    bundle = load_bundle(folder)
    settings = TrainConfig.of(
        **{"train_file": "/home/alice/my tweets.csv", "output_dir": str(folder), **config}  # type: ignore[arg-type]
    )
    figures = summarise(
        np.eye(len(bundle.labels), dtype=int) if bundle.is_multilabel else np.array([0, 1]),
        np.eye(len(bundle.labels), dtype=np.float32)[: None if bundle.is_multilabel else 2],
        np.eye(len(bundle.labels), dtype=bool)[: None if bundle.is_multilabel else 2],
        bundle.labels,
    )
    counts = {label: 10 + 100 * number for number, label in enumerate(bundle.labels)}
    part = {"rows": 330, "sha256": "0" * 64, "label_counts": counts, "unlabelled": 0}
    part["ids_sha256"] = "3" * 64
    source = {
        "part": "train",
        "name": Path(str(settings.data.train_file)).name,
        "sha256": "1" * 64,
        "encoding": "utf-8",
        "delimiter": ",",
        "columns": ["text", "label"],
        "rows_in": 1000,
        "kept": 990,
        "rejected": 10,
    }
    receipt = {
        "format": 1,
        "config": settings.as_dict(),
        "data": {
            "problem_type": bundle.problem_type,
            "labels": list(bundle.labels),
            "sources": [source],
            "rejected": 10,
            "rejected_rows": ["my tweets.csv:4: no text"],
            "notes": ["2 test texts also occur in the training part: results on them flatter"],
            "splits": {"train": part, "validation": part, "test": part},
        },
        "base_model": {"repo_id": "sentence-transformers/tiny", "revision": "2" * 40},
        "weights_sha256": sha256_of(folder / "model.safetensors"),
        "versions": VERSIONS,
        "device": {"type": "cpu", "precision": "float32", "processes": 1},
        "seeds": {"seed": settings.trainer.seed},
        "training": {
            "steps": 12,
            "epochs": 3,
            "seconds": 4.5,
            "best_step": 12,
            "best_value": 0.8125,
            "metric": "macro_f1",
        },
        "history": [],
        "decision": {"ece_before": 0.084, "ece_after": 0.031, "notes": ["b keeps 0.5: few"]},
        "export": export,
        "metrics": {"torch": {"f1": list(figures.f1)}},
    }
    write_json(folder / "run.json", receipt)


def write_leaderboard(folder: Path, engines: tuple[str, ...]) -> None:
    """results/leaderboard.json and metrics.json: one row an engine, a baseline, and zero-shot."""
    bundle = load_bundle(folder)
    better = MccDifference(0.1, (0.02, 0.18), "better")
    tuned = [
        row(
            engine,
            title=f"tiny, fine-tuned ({engine})",
            repo_id="demo/run",
            engine=engine,
            labels=bundle.labels,
            difference=better,
            size_bytes=378_107,
            latency_p50_ms=1.25,
            mcc=0.6,
            macro_f1=0.71234,
            accuracy=0.75,
            roc_auc=None,
        )
        for engine in engines
    ]
    free = [
        row("tfidf_lr", title="words <counted>", role="baseline", labels=bundle.labels, mcc=0.5),
        row(
            "zero_shot",
            title="tiny, not trained",
            role="zero-shot",
            repo_id="sentence-transformers/tiny",
            revision="2" * 40,
            labels=bundle.labels,
            mcc=0.1,
        ),
    ]
    table = board(
        *tuned, *free, labels=bundle.labels, problem_type=bundle.problem_type, examples=330
    )
    if len(tuned) > 1:
        table = replace(table, int8=MccDifference(-0.004, (-0.0121, 0.0033), "cannot tell"))
    save_leaderboard(table, folder / "results" / "leaderboard.json")
    write_json(folder / "results" / "metrics.json", {})


def toxicity_run(folder: Path, **config: object) -> Path:
    """A finished run of two labels at once, with a label that tries to be Markdown and HTML."""
    labels = ("toxic", "<b>|odd*label_")
    run = make_finished_run(folder, labels, MULTI, label_fields=labels, **config)
    assert json.loads((run / "decision.json").read_text())["thresholds"]
    return run
