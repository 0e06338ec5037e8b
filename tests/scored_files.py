"""Scored files as the file page leaves them: a parquet file with invented scores, and its frame."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from inference.batch.scored_file import DECIDED, REJECTED, SCORE, ScoredFile
from inference.data.problem_types import MULTI, SINGLE
from tests.tiny import LABELS, WORDS


def write_scored(
    path: Path,
    rows: int = 60,
    *,
    labels: Sequence[str] = LABELS,
    problem_type: str = SINGLE,
    label_fields: Sequence[str] = ("label",),
    rejected: Sequence[int] = (),
    repo_id: str = "demo/tiny-tuned",
    words: Sequence[str] = WORDS,
) -> ScoredFile:
    """Write a file of texts, truth, a shop and a price, scored by a model that is often right."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, len(labels), rows)
    logits = rng.normal(size=(rows, len(labels))) + 2.5 * np.eye(len(labels))[truth]
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    texts = [" ".join(rng.choice(words, rng.integers(1, 30))) for _ in range(rows)]
    decided: list[object] = [labels[place] for place in scores.argmax(axis=1)]
    if problem_type == MULTI:
        decided = [
            [label for label, s in zip(labels, row, strict=True) if s >= 0.3] for row in scores
        ]
    reasons = ["no text in 'text'" if row in rejected else None for row in range(rows)]
    out = np.isin(np.arange(rows), list(rejected))
    columns: dict[str, object] = {
        "text": [None if why else text for text, why in zip(texts, reasons, strict=True)],
        "label": [labels[place] for place in truth],
        "shop": [("north", "south", "west")[n % 3] for n in range(rows)],
        "price": rng.random(rows) * 100,
        DECIDED: [None if why else said for said, why in zip(decided, reasons, strict=True)],
        **{
            SCORE + label: pa.array(scores[:, place].astype(np.float32), mask=out)
            for place, label in enumerate(labels)
        },
        REJECTED: pa.array(reasons, pa.string()),
    }
    parquet.write_table(pa.table(columns), path)
    return ScoredFile(
        name="shops <b>.csv",
        path_parquet=path,
        labels=tuple(labels),
        problem_type=problem_type,
        text_fields=("text",),
        label_fields=tuple(label_fields),
        repo_id=repo_id,
        revision="a" * 40,
        rows=rows,
        rejected=len(rejected),
    )
