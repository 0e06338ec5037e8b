"""What a published repo holds under results/ beside its table: invented answers of every model."""

import json
from pathlib import Path

import numpy as np

from inference.data import tables
from inference.data.problem_types import MULTI
from inference.evaluation import predictions, vocabulary
from inference.evaluation.leaderboard import Leaderboard, save_leaderboard
from inference.evaluation.predictions import Predictions, Targets
from tests.receipts import data_json, receipt_json


def write_results(repo: Path, board: Leaderboard, texts: Path | None = None) -> Path:
    """Write table, truth, answers, row ids and receipt into a repo folder; seeded.

    The models are the better the higher they stand. texts: the file whose rows were measured.
    """
    save_leaderboard(board, repo / "results" / "leaderboard.json")
    rng = np.random.default_rng(0)
    shape = (board.examples, len(board.labels))
    if board.problem_type == MULTI:
        truth = rng.random(shape) < 0.3
    else:
        truth = np.eye(shape[1], dtype=bool)[rng.integers(0, shape[1], shape[0])]
    targets = Targets(board.labels, board.problem_type, truth.astype(np.int8))
    predictions.save_targets(targets, repo / predictions.TARGETS)
    for place, row in enumerate(board.rows):
        said = answers(truth, board.problem_type, skill=3.0 / (1 + place), rng=rng)
        saved = Predictions(board.labels, *said)
        predictions.save(saved, repo / predictions.FOLDER / f"{row.model.name}.parquet")
    name = texts.name if texts else "test.csv"
    ids = {"train": ["train.csv:1"], "test": [f"{name}:{n + 1}" for n in range(board.examples)]}
    (repo / "results" / "splits.json").write_text(json.dumps(ids))
    counts = {label: 40 * (place + 1) for place, label in enumerate(board.labels)}
    source = {"name": name, "sha256": tables.fingerprint(texts) if texts else "0" * 64}
    receipt = receipt_json(config={"column_names": []}, data=data_json(source, train=counts))
    (repo / "run.json").write_text(json.dumps(receipt))
    vocabulary.save(vocabulary.count([*["the food was good"] * 90, *["an umbrella"] * 30]), repo)
    return repo


def answers(
    truth: np.ndarray, problem_type: str, skill: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Scores (N, C) float32 and decisions (N, C) of a model that knows the truth dimly."""
    logits = rng.normal(size=truth.shape) + skill * truth
    if problem_type == MULTI:
        scores = (1 / (1 + np.exp(1 - logits))).astype(np.float32)
        return scores, scores >= 0.5
    scores = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)
    return scores, np.eye(truth.shape[1], dtype=bool)[scores.argmax(axis=1)]
