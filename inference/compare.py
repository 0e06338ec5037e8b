"""Several models on the same texts: the results table, and the rows of the leaderboard.

Owns what is stored of both (JSON, whole or not at all). Point values only: whether one model is
better than another is not decided here.

Letters: N texts, C labels of the task.
"""

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.bundle import SINGLE
from inference.classifier import Scorer, decide
from inference.errors import DataError, ModelError
from inference.metrics import Metrics, summarise
from inference.records import Example
from inference.whole_file import write_whole

_TIMED_TEXTS = 50
_WARM_UPS = 3


@dataclass(frozen=True)
class Column:
    """A model on show; revision is the commit that answered."""

    repo_id: str
    revision: str
    role: str
    title: str


@dataclass(frozen=True)
class Cell:
    """What one model says about one text.

    scores: (C,) in [0, 1], None = the model has no such label.
    decided: the labels chosen, strongest first; () = none above its threshold.
    """

    scores: tuple[float | None, ...]
    decided: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """The results table: a row a text, a column a model; cells[text][column]."""

    labels: tuple[str, ...]
    problem_type: str
    columns: tuple[Column, ...]
    texts: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]

    def top(self, row: int, column: int, count: int = 2) -> tuple[tuple[str, float], ...]:
        """Return the strongest labels of a cell with their scores, n/a ones left out."""
        scores = zip(self.labels, self.cells[row][column].scores, strict=True)
        known = [(label, score) for label, score in scores if score is not None]
        return tuple(sorted(known, key=lambda pair: -pair[1])[:count])

    def disagree(self, row: int) -> bool:
        """Return whether two models decide differently on a label that both of them know."""
        cells = self.cells[row]
        for index, label in enumerate(self.labels):
            votes = {label in cell.decided for cell in cells if cell.scores[index] is not None}
            if len(votes) > 1:
                return True
        return False


@dataclass(frozen=True)
class LeaderboardRow:
    """One model on the frozen test set; figures as in metrics.Metrics, None = undefined."""

    title: str
    role: str
    repo_id: str
    revision: str
    engine: str
    macro_f1: float
    accuracy: float
    mcc: float | None
    roc_auc: float | None
    size_bytes: int
    latency_p50_ms: float
    examples: int


@dataclass(frozen=True)
class Evaluation:
    """A leaderboard row with all that stands behind it; scores are (N, C) float32."""

    row: LeaderboardRow
    metrics: Metrics
    scores: NDArray[np.float32]


def compare(
    models: Sequence[tuple[Column, Scorer]],
    labels: Sequence[str],
    problem_type: str,
    texts: Sequence[str],
) -> Comparison:
    """Return what every model says about every text.

    Raises:
        TextError: a text cannot be scored. ModelError: a model does not answer in these labels.
    """
    columns = []
    for column, scorer in models:
        if scorer.bundle.labels != tuple(labels):
            raise ModelError(
                f"{column.repo_id} answers in {', '.join(scorer.bundle.labels)}, the task asks for "
                f"{', '.join(labels)}; align it first"
            )
        columns.append(_cells(scorer, texts))
    return Comparison(
        labels=tuple(labels),
        problem_type=problem_type,
        columns=tuple(column for column, _ in models),
        texts=tuple(texts),
        cells=tuple(zip(*columns, strict=True)) if columns else ((),) * len(texts),
    )


def _cells(scorer: Scorer, texts: Sequence[str]) -> list[Cell]:
    scores = scorer.score(texts)
    cells = []
    for row, chosen in zip(scores, decide(scorer.bundle, scores), strict=True):
        ranked = sorted(np.nonzero(chosen)[0], key=lambda label: -row[label])
        cells.append(
            Cell(
                scores=tuple(None if np.isnan(score) else float(score) for score in row),
                decided=tuple(scorer.bundle.labels[label] for label in ranked),
            )
        )
    return cells


def evaluate(
    scorer: Scorer,
    examples: Sequence[Example],
    *,
    title: str,
    role: str,
    repo_id: str,
    revision: str,
    engine: str,
) -> Evaluation:
    """Return the figures of one model on labelled examples.

    Latency is that of single texts, one after the other, the median of up to 50 of them.

    Raises:
        DataError: no example, one without a usable label, or no label that any of them has.
        TextError: a text cannot be scored.
    """
    if not examples:
        raise DataError(f"there is no example to measure {repo_id} on; expected at least one")
    bundle = scorer.bundle
    targets = _targets(examples, bundle.labels, bundle.problem_type)
    texts = [bundle.compose(example.fields) for example in examples]
    scores = scorer.score(texts)
    metrics = summarise(targets, scores, decide(bundle, scores), bundle.labels)
    if metrics.macro_f1 is None:
        raise DataError(
            f"none of the {len(examples)} examples has a label that {repo_id} knows "
            f"({', '.join(bundle.labels)}); there is nothing to measure"
        )
    row = LeaderboardRow(
        title=title,
        role=role,
        repo_id=repo_id,
        revision=revision,
        engine=engine,
        macro_f1=metrics.macro_f1,
        accuracy=metrics.accuracy,
        mcc=metrics.mcc,
        roc_auc=metrics.roc_auc,
        size_bytes=scorer.size_bytes,
        latency_p50_ms=_latency_p50_ms(scorer, texts),
        examples=len(examples),
    )
    return Evaluation(row, metrics, scores)


def _targets(
    examples: Sequence[Example], labels: tuple[str, ...], problem_type: str
) -> NDArray[np.int64]:
    """Return (N,) class numbers, or (N, C) of 0 and 1 for a multi-label task."""
    position = {label: index for index, label in enumerate(labels)}
    for example in examples:
        unknown = [label for label in example.labels if label not in position]
        if unknown or (problem_type == SINGLE and len(example.labels) != 1):
            raise DataError(
                f"row {example.row} has the labels {list(example.labels)}; expected "
                f"{'one' if problem_type == SINGLE else 'any'} of {', '.join(labels)}"
            )
    if problem_type == SINGLE:
        return np.array([position[example.labels[0]] for example in examples], np.int64)
    table = np.zeros((len(examples), len(labels)), np.int64)
    for row, example in enumerate(examples):
        table[row, [position[label] for label in example.labels]] = 1
    return table


def _latency_p50_ms(scorer: Scorer, texts: Sequence[str]) -> float:
    # spread over the set, which may be sorted
    timed = texts[:: max(1, len(texts) // _TIMED_TEXTS)][:_TIMED_TEXTS]
    for text in timed[:_WARM_UPS]:
        scorer.score([text])
    spans_ms = []
    for text in timed:
        start = time.perf_counter()
        scorer.score([text])
        spans_ms.append((time.perf_counter() - start) * 1000)
    return statistics.median(spans_ms)


def save(comparison: Comparison, path: Path) -> None:
    """Write a results table as JSON, whole or not at all."""
    _write(asdict(comparison), path)


def load(path: Path) -> Comparison:
    """Read a results table.

    Raises:
        DataError: the file is missing or is no results table.
    """
    stored = _read(path)
    try:
        return Comparison(
            labels=tuple(stored["labels"]),
            problem_type=stored["problem_type"],
            columns=tuple(Column(**column) for column in stored["columns"]),
            texts=tuple(stored["texts"]),
            cells=tuple(
                tuple(Cell(tuple(cell["scores"]), tuple(cell["decided"])) for cell in row)
                for row in stored["cells"]
            ),
        )
    except (KeyError, TypeError) as error:
        raise DataError(f"{path} is no stored results table ({error}); store it again") from None


def save_leaderboard(rows: Sequence[LeaderboardRow], path: Path) -> None:
    """Write leaderboard rows as JSON, whole or not at all."""
    _write([asdict(row) for row in rows], path)


def load_leaderboard(path: Path) -> tuple[LeaderboardRow, ...]:
    """Read leaderboard rows.

    Raises:
        DataError: the file is missing, or a row lacks a field or has one unknown.
    """
    known = {field.name for field in fields(LeaderboardRow)}
    stored = _read(path)
    if not isinstance(stored, list):
        raise DataError(f"{path} holds no list of leaderboard rows; measure again")
    for row in stored:
        keys = sorted(row) if isinstance(row, dict) else row
        if keys != sorted(known):
            raise DataError(f"{path}: a row is {keys}, expected {sorted(known)}; measure again")
    return tuple(LeaderboardRow(**row) for row in stored)


def _write(content: object, path: Path) -> None:
    write_whole(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; measure the models first") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{path} is not valid JSON ({error}); store it again") from None
