"""--drop_suspects: which training rows are left out, as their label is suspected to be wrong.

Owns the choice, made before the plan: a regression over the vectors of the untouched encoder scores
each training text without having seen it (trainer/candidates.py), and what that says of the labels
is doctor/label_issues.py's. With auto the TF-IDF baseline judges on validation. No validation or
test row is ever left out.

Letters: N texts, C labels, H hidden.

Try: python -m training.train --train_file tweets.csv --drop_suspects yes
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inference.data.records import Example
from inference.evaluation.leaderboard import BETTER
from inference.evaluation.predictions import Predictions
from inference.models.zero_shot import Embedder
from inference.runs.data_report import Suspect
from training.baselines import baselines, tfidf_tables
from training.classifier import validation
from training.data.data import Splits
from training.data.splits import label_matrix
from training.doctor.findings import share_in_words
from training.doctor.label_issues import LEAST_TEXTS, find_issues
from training.settings.data_config import LabelledDataConfig
from training.trainer import candidates

_LEAST_OF_A_LABEL = 10
"""A label with fewer training rows keeps them all; any other keeps at least half of them."""
_NAMED = 5


def choose(
    splits: Splits, config: LabelledDataConfig, encoder: Embedder, *, seed: int
) -> tuple[Suspect, ...]:
    """The training rows to leave out, the most suspicious first, after saying which and why.

    Raises:
        ModelError: the folder holds no encoder that can be read.
    """
    if len(splits.train) < LEAST_TEXTS:
        print(f"no label is suspected: {len(splits.train)} texts to train on are too few")
        return ()
    print(f"looking for wrong labels among {len(splits.train)} texts to train on", flush=True)
    bundle = splits.bundle(config)
    vectors = encoder.embed([bundle.compose(example.fields) for example in splits.train])  # (N, H)
    matrix = label_matrix(splits.train, splits.labels)  # (N, C)
    suspects = _find(splits, vectors, matrix, seed)
    if not suspects:
        print("no label is suspected", flush=True)
        return ()
    if config.drop_suspects == "auto" and not _is_better_without(
        list(suspects), splits, config, seed
    ):
        return ()
    found = tuple(suspects.values())
    named = ", ".join(suspect.place for suspect in found[:_NAMED])
    more = ", …" * (len(found) > _NAMED)
    share = share_in_words(len(found), len(splits.train))
    print(f"left out, as their labels are suspected: {share}, {named}{more}", flush=True)
    return found


def leave_room(ranked: Sequence[int], matrix: NDArray[np.bool_]) -> list[int]:
    """The ranked texts but for those whose labels would keep too few texts.

    matrix: (N, C), which labels the texts have.
    """
    counts = matrix.sum(axis=0)
    room = np.where(counts < _LEAST_OF_A_LABEL, 0, counts // 2)  # (C,)
    taken = []
    for index in ranked:
        if (room[matrix[index]] > 0).all():
            room = room - matrix[index]
            taken.append(int(index))
    return taken


def _find(
    splits: Splits, vectors: NDArray[np.float32], matrix: NDArray[np.bool_], seed: int
) -> dict[int, Suspect]:
    """The suspects by their place in the training part, the most suspicious first."""
    present = np.flatnonzero(matrix.any(axis=0) & ~matrix.all(axis=0))
    if len(present) < 1 + (not splits.is_multilabel):
        return {}
    scores = candidates.held_out_scores(vectors, matrix[:, present], seed)
    issues = find_issues(scores, matrix[:, present], is_multilabel=splits.is_multilabel)
    if issues is None:
        return {}
    names = [splits.labels[column] for column in present.tolist()]
    ids = splits.row_ids()["train"]
    return {
        index: Suspect(
            ids[index],
            splits.train[index].labels,
            tuple(name for name, has in zip(names, issues.decided[index], strict=True) if has),
            round(float(issues.quality[index]), 4),
        )
        for index in leave_room(issues.ranked.tolist(), matrix)
    }


def _is_better_without(
    suspects: Sequence[int], splits: Splits, config: LabelledDataConfig, seed: int
) -> bool:
    """Whether the TF-IDF baseline is better on validation if fitted without the suspects.

    Better is beyond chance, by the rule of the verdict (validation.py). Counted words are asked, as
    a head over the vectors that chose the suspects would agree with itself: on clean labels of
    TweetEval emotion it gained .036 MCC by leaving 15 % out, words lost .007; with 30 % of the
    labels changed, words gained .08 (benchmarks/LOG.md, 2026-11-30).
    """
    gone = set(suspects)
    kept = [example for row, example in enumerate(splits.train) if row not in gone]
    without, with_all = (_by_words(train, splits, config, seed) for train in (kept, splits.train))
    difference = validation.compare(without, with_all, splits)
    is_better = difference is not None and difference.verdict == BETTER
    figures = "MCC is not defined"
    if difference is not None:
        figures = f"MCC {difference.mcc:+.3f}"
        if difference.interval is not None:
            low, high = difference.interval
            figures += f" (95 % {low:+.3f} to {high:+.3f})"
    print(
        f"drop_suspects auto: {'left out' if is_better else 'all are kept'}; TF-IDF without "
        f"{len(gone)} suspects less TF-IDF of all, on {len(splits.validation)} validation texts: "
        f"{figures}",
        flush=True,
    )
    return is_better


def _by_words(
    train: Sequence[Example], splits: Splits, config: LabelledDataConfig, seed: int
) -> Predictions:
    """What the TF-IDF baseline that learns from these examples says of the validation part."""
    names = [tfidf_tables.BASELINE]
    (fitted,) = baselines.fit(
        train, splits.bundle(config), seed=seed, validation=splits.validation, names=names
    )
    return validation.answers_of(fitted.scorer, splits)
