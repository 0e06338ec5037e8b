"""Verdict tables with invented figures: what pages, cards and stores are tested with."""

from inference.data.problem_types import SINGLE
from inference.evaluation.formulas import BY_LABEL, OVERALL
from inference.evaluation.leaderboard import (
    Interval,
    Leaderboard,
    LeaderboardRow,
    MccDifference,
    Measured,
)
from tests.tiny import LABELS


def row(
    name: str,
    *,
    role: str = "fine-tuned",
    title: str | None = None,
    repo_id: str = "",
    revision: str = "",
    engine: str = "torch",
    difference: MccDifference | None = None,
    labels: tuple[str, ...] = LABELS,
    size_bytes: int = 2_300_000,
    latency_p50_ms: float = 2.5,
    **figures: float | None,
) -> LeaderboardRow:
    """A row; figures that are not given are 0.5, each with an interval of 0.04."""
    overall = {key: figures.get(key, 0.5) for key in OVERALL}
    assert set(figures) <= set(overall), figures
    return LeaderboardRow(
        model=Measured(
            name=name,
            title=title or name.title(),
            role=role,
            repo_id=repo_id,
            revision=revision,
            engine=engine,
            size_bytes=size_bytes,
            latency_p50_ms=latency_p50_ms,
            latency_p95_ms=2 * latency_p50_ms,
        ),
        figures=overall,
        intervals={key: _around(value) for key, value in overall.items()},
        by_label={key: (0.5,) * len(labels) for key in BY_LABEL},
        by_label_intervals={key: ((0.48, 0.52),) * len(labels) for key in BY_LABEL},
        labels_known=len(labels),
        difference=difference,
    )


def board(
    *rows: LeaderboardRow,
    labels: tuple[str, ...] = LABELS,
    problem_type: str = SINGLE,
    examples: int = 2000,
) -> Leaderboard:
    """A table of rows; the best free one is the first that is not fine-tuned."""
    free = [found.model.name for found in rows if not found.is_fine_tuned]
    return Leaderboard(
        labels=labels,
        problem_type=problem_type,
        examples=examples,
        positives=tuple(10 + 100 * place for place in range(len(labels))),
        test_sha256="0" * 64,
        best_free=free[0] if free else None,
        resamples=1000,
        rows=rows,
    )


def _around(value: float | None) -> Interval | None:
    return None if value is None else (round(value - 0.02, 6), round(value + 0.02, 6))
