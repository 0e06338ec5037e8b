"""Projection: many numbers a text -> a place on a plane, near texts being alike.

Principal components (scikit-learn's PCA) of a sample of the rows. From scores: their log-odds, or
where scores add up to 1 the centred log-ratios of Aitchison 1982 (J. R. Stat. Soc. B 44(2)), so
that a step from 0.98 to 0.99 counts as one from 0.02 to 0.01.

Letters: N rows, C labels, H numbers a row.

Try: python -c "from inference.analysis.projection import sample; print(sample(1000, most=5))"
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inference.catalogue.fair_lock import SCORING, FairLock

MOST_POINTS, MOST_EMBEDDED = 2000, 500
_LEAST_SCORE = 1e-6
_TEXTS_A_TURN = 32


class TextEmbedder(Protocol):
    """Anything that turns texts into vectors."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, H) float32."""


@dataclass(frozen=True)
class Projection:
    """rows: (N,) numbers of the rows that were placed. points: (N, 2) float64.

    explained: the share of all spread that each direction shows.
    """

    rows: NDArray[np.int64]
    points: NDArray[np.float64]
    explained: tuple[float, float]


def sample(count: int, *, most: int = MOST_POINTS, seed: int = 0) -> NDArray[np.int64]:
    """Return at most so many row numbers, in their order."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def embed(
    encoder: TextEmbedder,
    texts: Sequence[str],
    *,
    lock: FairLock = SCORING,
    on_progress: Callable[[float], object] = lambda share: None,
) -> NDArray[np.float32]:
    """Return (N, H) vectors, a few texts a turn; on_progress is told the share that is done."""
    parts = []
    for start in range(0, len(texts), _TEXTS_A_TURN):
        with lock.of_job():
            parts.append(encoder.embed(texts[start : start + _TEXTS_A_TURN]))
        on_progress(min(1.0, (start + _TEXTS_A_TURN) / len(texts)))
    return np.concatenate(parts)


def from_scores(
    scores: NDArray[np.float32], rows: NDArray[np.int64], *, is_multilabel: bool
) -> Projection | None:
    """Place rows by (all rows, C) scores; None for fewer than three rows, or where all are alike.

    A label that the model does not know (NaN) has no say.
    """
    known = scores[rows][:, ~np.isnan(scores).any(axis=0)].astype(np.float64)
    kept = np.clip(known, _LEAST_SCORE, 1 - _LEAST_SCORE)
    logs = np.log(kept) - (np.log1p(-kept) if is_multilabel else 0.0)
    if not is_multilabel and logs.size:
        logs = logs - logs.mean(axis=1, keepdims=True)
    return from_vectors(logs, rows)


def from_vectors(vectors: NDArray, rows: NDArray[np.int64]) -> Projection | None:
    """Place rows by their own (N, H) vectors; None for fewer than three, or where all are alike.

    Where the rows differ in one direction alone, as with two labels, the other one is 0.
    """
    assert len(vectors) == len(rows), f"{len(vectors)} vectors for {len(rows)} rows"
    if len(vectors) < 3 or not vectors.shape[1] or np.ptp(vectors, axis=0).max() == 0:
        return None
    from sklearn.decomposition import PCA  # the first page needs no scikit-learn

    parts = min(2, vectors.shape[1])
    fitted = PCA(parts, random_state=0).fit(vectors)
    points = np.zeros((len(vectors), 2))
    points[:, :parts] = fitted.transform(vectors)
    shares = [*map(float, fitted.explained_variance_ratio_), 0.0]
    return Projection(rows, points, (shares[0], shares[1]))
