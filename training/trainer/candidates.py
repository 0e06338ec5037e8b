"""--model_name_or_path auto: which pretrained model to start from, by a head over each as it is.

Owns the models that are tried unless others are named, and the rule: a regression is fitted to what
each frozen model makes of the training texts, and judged on folds that it was not fitted to. The
best is taken; of those that chance cannot tell from it, the smallest. No test text comes here. That
the order of frozen models is mostly that of the fine-tuned ones is what this rests on; see
benchmarks/LOG.md (2026-11-30).

Letters: N texts, C labels, H hidden, K folds.

Try: python -m training.train --train_file tweets.csv --model_name_or_path auto
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hub.client import Hub
from hub.errors import HubError
from inference.core.errors import ConfigError
from inference.models import zero_shot
from training.settings.model_config import EncoderConfig
from training.trainer.base import find_base


@dataclass(frozen=True)
class Candidate:
    """A pretrained model, in millions of parameters; languages as its card names them."""

    repo_id: str
    parameters_m: int
    languages: str
    license: str


CANDIDATES = (
    Candidate("sentence-transformers/all-MiniLM-L6-v2", 23, "English", "Apache-2.0"),
    Candidate("sentence-transformers/all-mpnet-base-v2", 109, "English", "Apache-2.0"),
    Candidate("intfloat/multilingual-e5-small", 118, "94 languages", "MIT"),
)

MOST_TEXTS = 2000
"""So many are read, drawn at random: a few minutes for all candidates on two cores."""
_FOLDS = 5
# The less, the stronger the regression is held back; each model takes what suits it.
_STRENGTHS = (0.001, 0.01, 0.1)
_STANDARD_ERRORS = 1.96
_LEAST_SCORE = 1e-6


@dataclass(frozen=True)
class Probed:
    """What a head over a frozen model is worth: log-loss of each text by folds, (N,)."""

    name: str
    size_bytes: int
    losses: NDArray[np.float64]
    seconds: float

    @property
    def log_loss(self) -> float:
        return float(self.losses.mean())


def choose_model(
    config: EncoderConfig, texts: Sequence[str], matrix: NDArray[np.bool_], hub: Hub, seed: int
) -> str:
    """The name of the model to train, after saying what each is worth.

    texts: N training texts. matrix: (N, C), which labels they have.

    Raises:
        ConfigError: none of the candidates can be fetched.
    """
    names = config.model_candidates or tuple(candidate.repo_id for candidate in CANDIDATES)
    rows = np.random.default_rng(seed).permutation(len(texts))[:MOST_TEXTS]
    drawn, truth = [texts[row] for row in rows], matrix[rows]
    print(f"comparing pretrained models, frozen, on {len(drawn)} texts: {len(names)}", flush=True)
    probed, missing = [], []
    for name in names:
        try:
            named = replace(config, model_name_or_path=name, model_candidates=())
            base = find_base(named, hub, as_encoder=True)
        except HubError as error:
            missing.append(f"{name}: {error}")
            print(f"  {missing[-1]}", flush=True)
            continue
        started = time.monotonic()
        encoder = zero_shot.load_encoder(base.folder)
        losses = held_out_losses(encoder.embed(drawn), truth, seed)
        found = Probed(name, encoder.size_bytes, losses, time.monotonic() - started)
        print(f"  {name}{_facts(name)}: log-loss {found.log_loss:.3f} ({found.seconds:.0f} s)")
        probed.append(found)
    if not probed:
        raise ConfigError(
            "none of the pretrained models to choose from can be fetched: "
            f"{'; '.join(missing)}. Name one with --model_name_or_path, or others with "
            "--model_candidates"
        )
    chosen = choose(probed)
    print(f"model_name_or_path: {chosen.name}", flush=True)
    return chosen.name


def _facts(name: str) -> str:
    known = next((candidate for candidate in CANDIDATES if candidate.repo_id == name), None)
    if known is None:
        return ""
    return f" ({known.parameters_m} M parameters, {known.languages}, {known.license})"


def choose(probed: Sequence[Probed]) -> Probed:
    """The best; of those that chance cannot tell from it, the smallest."""
    best = min(probed, key=lambda one: one.log_loss)

    def is_as_good(one: Probed) -> bool:
        worse = one.losses - best.losses  # (N,)
        return bool(worse.mean() <= _STANDARD_ERRORS * worse.std(ddof=1) / np.sqrt(len(worse)))

    return min(filter(is_as_good, probed), key=lambda one: one.size_bytes)


def held_out_losses(
    vectors: NDArray[np.float32], matrix: NDArray[np.bool_], seed: int
) -> NDArray[np.float64]:
    """The log-loss of each text, (N,), of its held_out_scores; of several labels, their mean."""
    return _losses(held_out_scores(vectors, matrix, seed), matrix)


def held_out_scores(
    vectors: NDArray[np.float32], matrix: NDArray[np.bool_], seed: int
) -> NDArray[np.float64]:
    """(N, C) scores of each text by a regression that has not seen it, of the best strength.

    vectors: (N, H). matrix: (N, C). The best strength is that of the least log-loss overall.
    """
    fit = _fit_joint if _is_joint(matrix) else _fit_each
    tried = []
    for strength in _STRENGTHS:
        scores = np.empty(matrix.shape)
        folds = KFold(min(_FOLDS, len(vectors)), shuffle=True, random_state=seed)
        for fitted, held_out in folds.split(vectors):
            scores[held_out] = fit(vectors[fitted], matrix[fitted], vectors[held_out], strength)
        tried.append(scores)
    return min(tried, key=lambda scores: float(_losses(scores, matrix).mean()))


def _losses(scores: NDArray[np.float64], matrix: NDArray[np.bool_]) -> NDArray[np.float64]:
    if _is_joint(matrix):
        return -np.log(scores[matrix])
    return -np.log(np.where(matrix, scores, 1 - scores)).mean(axis=1)


def _is_joint(matrix: NDArray[np.bool_]) -> bool:
    """Whether every text has one label."""
    return bool((matrix.sum(axis=1) == 1).all())


def _fit_joint(
    vectors: NDArray[np.float32],
    matrix: NDArray[np.bool_],
    others: NDArray[np.float32],
    strength: float,
) -> NDArray[np.float64]:
    """(N, C) scores of other texts by one regression; a label that no text has scores nearly 0."""
    targets = matrix.argmax(axis=1)
    scores = np.full((len(others), matrix.shape[1]), _LEAST_SCORE)
    present = np.unique(targets)
    if len(present) == 1:
        scores[:, present] = 1.0
    else:
        scores[:, present] = _head(strength).fit(vectors, targets).predict_proba(others)
    return np.clip(scores, _LEAST_SCORE, 1.0)


def _fit_each(
    vectors: NDArray[np.float32],
    matrix: NDArray[np.bool_],
    others: NDArray[np.float32],
    strength: float,
) -> NDArray[np.float64]:
    """(N, C) scores of other texts by a regression for each label."""
    scores = np.tile(matrix.mean(axis=0), (len(others), 1)).astype(np.float64)
    for label in np.flatnonzero(matrix.any(axis=0) & ~matrix.all(axis=0)):
        head = _head(strength).fit(vectors, matrix[:, label])
        scores[:, label] = head.predict_proba(others)[:, 1]
    return np.clip(scores, _LEAST_SCORE, 1 - _LEAST_SCORE)


def _head(strength: float) -> ClassifierMixin:
    # models differ in how far apart their vectors lie: those of E5 have cosines of .7 and more
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))
