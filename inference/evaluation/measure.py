"""One model over a labelled set: what it says about every example, and how long a text takes.

What that is worth is verdict.py's business.

Letters: N examples, C labels.
"""

import time
from collections.abc import Callable, Sequence

import numpy as np

from inference.core.errors import DataError
from inference.data.problem_types import SINGLE
from inference.data.records import Example
from inference.evaluation.leaderboard import Measured
from inference.evaluation.predictions import Predictions, Targets, label_table
from inference.models.classifier import Scorer, decide

_TIMED_TEXTS = 50
_WARM_UPS = 3  # not timed, as the first runs take longer
_TEXTS_AT_ONCE = 256  # enough to sort by length, few enough for a steady progress bar


def targets_of(examples: Sequence[Example], labels: Sequence[str], problem_type: str) -> Targets:
    """Return the truth of the examples.

    Raises:
        DataError: no example, or one without a usable label.
    """
    if not examples:
        raise DataError("there is no example to measure on; expected at least one")
    known = set(labels)
    for example in examples:
        unknown = [label for label in example.labels if label not in known]
        if unknown or (problem_type == SINGLE and len(example.labels) != 1):
            raise DataError(
                f"row {example.row} has the labels {list(example.labels)}; expected "
                f"{'one' if problem_type == SINGLE else 'any'} of {', '.join(labels)}"
            )
    table = label_table([example.labels for example in examples], labels)  # (N, C)
    return Targets(tuple(labels), problem_type, table)


def measure_model(
    scorer: Scorer,
    examples: Sequence[Example],
    *,
    name: str,
    title: str,
    role: str,
    repo_id: str = "",
    revision: str = "",
    on_progress: Callable[[int], None] = lambda texts: None,
) -> tuple[Measured, Predictions]:
    """Return what one model says about the examples, and what it costs.

    Latency is that of single texts, one after the other, of up to 50 spread over the set; its 95th
    percentile is thus that of few and rough. on_progress is told how many texts were scored since.

    Raises:
        TextError: a text cannot be scored.
    """
    bundle = scorer.bundle
    texts = [bundle.compose(example.fields) for example in examples]
    parts = []
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        part = texts[start : start + _TEXTS_AT_ONCE]
        parts.append(scorer.score(part))
        on_progress(len(part))
    scores = np.concatenate(parts)  # (N, C)
    spans_ms = _spans_ms(scorer, texts)
    measured = Measured(
        name=name,
        title=title,
        role=role,
        repo_id=repo_id,
        revision=revision,
        engine=scorer.engine_name,
        size_bytes=scorer.size_bytes,
        latency_p50_ms=float(np.median(spans_ms)),
        latency_p95_ms=float(np.percentile(spans_ms, 95)),
    )
    return measured, Predictions(bundle.labels, scores, decide(bundle, scores))


def _spans_ms(scorer: Scorer, texts: Sequence[str]) -> list[float]:
    # spread over the set, which may be sorted
    timed = texts[:: max(1, len(texts) // _TIMED_TEXTS)][:_TIMED_TEXTS]
    for text in timed[:_WARM_UPS]:
        scorer.score([text])
    spans_ms = []
    for text in timed:
        start = time.perf_counter()
        scorer.score([text])
        spans_ms.append((time.perf_counter() - start) * 1000)
    return spans_ms
