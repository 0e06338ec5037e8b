"""What one could have had for free: guessers, counted words, and the untouched encoder.

Owns how each is fitted, on the training part alone; inference/compare.py measures them on the same
rows and by the same rules as the fine-tuned model. The encoder that reads label descriptions and no
example is inference/zero_shot.py.

Letters: N texts, C labels, F features of a text.

Try: python -m pytest -q tests/training/test_baselines.py
"""

import hashlib
import pickle  # to know a size: nothing is written, nothing read
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import expit, logit, softmax
from sklearn.base import ClassifierMixin, clone
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union

from inference import zero_shot
from inference.bundle import Bundle
from inference.records import Example
from training import thresholds
from training.splits import label_matrix

Bools = NDArray[np.bool_]
Floats = NDArray[np.floating]
Table: TypeAlias = csr_matrix | Floats  # (N, F)

TITLES = {
    "majority": "always the most frequent",
    "prior": "random, as frequent as in training",
    "tfidf_lr": "TF-IDF + logistic regression",
    "tfidf_nb": "word counts + naive Bayes",
    "encoder_lr": "frozen encoder + logistic regression",
}
"""The baselines by name, in the order of the table."""

# What these decide is what they are: a cut-off chosen for them would make them something else.
_GUESSERS = ("majority", "prior")

# scikit-learn's default strength C=1. Over words and letters, a regression for each label, MCC on
# validation parts was .541 (tweet_eval emotion), .416 (offensive) and .659 (2,000 iOS apps of 23
# genres); .567, .427 and .575 at C=4 with classes as they come. Mean ROC-AUC over the labels of
# 1,500 comments of Wikipedia: .951 against .948. Over the encoder, emotion: .550 against .555 with
# classes as they come, .509 at C=10 (2026-11-21). Balanced classes make rare labels' scores too
# high: the decisions are good, log-loss and calibration of these rows are not.
_REGRESSION = {"class_weight": "balanced", "max_iter": 1000}

# Words are kept by name, as dropping those of a single text is worth much (emotion: MCC .52 against
# .40 without); stretches of letters are hashed, which costs little (iOS apps: MCC .659 against
# .667, emotion .567 against .563) and takes a third of the time of naming them (5,000 comments of
# Wikipedia: 3.3 s against 9.0; 2026-11-21).
_WORDS: Mapping[str, object] = {
    "ngram_range": (1, 2),
    "min_df": 2,
    "token_pattern": r"(?u)\b\w+\b",  # also words of one letter, as in Chinese
}
_LETTERS: Mapping[str, object] = {"analyzer": "char"}  # for texts no two of which share a word
_HASHES = 2**18

# Embedding takes minutes for more, and regression over a few hundred features gains little by it.
_MOST_EMBEDDED = 10_000


@dataclass(frozen=True)
class FittedScorer:
    """A Scorer whose numbers come from a function of the texts: N texts -> (N, C)."""

    bundle: Bundle
    size_bytes: int
    function: Callable[[Sequence[str]], Floats]

    def score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, C) float32 in [0, 1], in the order of the texts."""
        if not texts:
            return np.empty((0, len(self.bundle.labels)), np.float32)
        return self.function(texts).astype(np.float32)


@dataclass(frozen=True)
class Baseline:
    """One row to be: name is its key among the figures, title what a reader sees."""

    name: str
    title: str
    scorer: FittedScorer


@dataclass(frozen=True)
class _Part:
    """What a baseline is fitted on: N texts, and (N, C) bool which labels they have."""

    texts: Sequence[str]
    matrix: Bools
    bundle: Bundle
    seed: int


def fit(
    train: Sequence[Example],
    bundle: Bundle,
    *,
    seed: int,
    encoder: Path | None = None,
    names: Sequence[str] = tuple(TITLES),
    threads: int = 0,
) -> Iterator[Baseline]:
    """Fit the named baselines one after the other, each when it is asked for.

    bundle: labels, problem type and text fields of the task.
    seed: of the random guesser, and of the sample that the encoder reads.
    encoder: folder of the pretrained model; without it encoder_lr is left out.

    Raises:
        ModelError: the folder holds no encoder that can be read.
    """
    texts = [bundle.compose(example.fields) for example in train]
    part = _Part(texts, label_matrix(train, bundle.labels), bundle, seed)
    makers: dict[str, Callable[[_Part], FittedScorer]] = {
        "majority": _majority,
        "prior": _prior,
        "tfidf_lr": _tfidf_lr,
        "tfidf_nb": _tfidf_nb,
    }
    if encoder is not None:
        makers["encoder_lr"] = partial(_encoder_lr, folder=encoder, threads=threads)
    for name in names:
        if name in makers:
            yield Baseline(name, TITLES[name], makers[name](part))


def with_thresholds(baseline: Baseline, validation: Sequence[Example]) -> Baseline:
    """The baseline with cut-offs chosen as those of the fine-tuned model are, on the same examples.

    A single-label one is returned as it is, and so are majority and prior: with another cut-off
    they would not be what they are called.
    """
    scorer = baseline.scorer
    bundle = scorer.bundle
    if baseline.name in _GUESSERS or not bundle.is_multilabel:
        return baseline
    scores = scorer.score([bundle.compose(example.fields) for example in validation])
    targets = label_matrix(validation, bundle.labels)
    decision = thresholds.choose_on_scores(scores, targets, bundle.labels, bundle.problem_type)
    return replace(baseline, scorer=replace(scorer, bundle=decision.apply(bundle)))


def _majority(part: _Part) -> FittedScorer:
    """Scores every text with the labels' shares of the training part."""
    shares = part.matrix.mean(axis=0)  # (C,)
    return FittedScorer(part.bundle, shares.nbytes, lambda texts: np.tile(shares, (len(texts), 1)))


def _prior(part: _Part) -> FittedScorer:
    """Decides for each label as often as the training part has it, whatever the text says.

    Noise is added to the logarithm of the share so that the greatest sum falls on a label, or the
    sum on the side of yes, with just that probability (the Gumbel-max trick: Maddison et al. 2014,
    arXiv:1411.0030). The noise follows from seed and text: a text scores alike in any batch.
    """
    shares = part.matrix.mean(axis=0)  # (C,)
    is_multilabel = part.bundle.is_multilabel

    def draw(texts: Sequence[str]) -> Floats:
        noise = np.stack([_uniform(text, part.seed, len(shares)) for text in texts])  # (N, C)
        if is_multilabel:
            return expit(logit(shares) + logit(noise))
        with np.errstate(divide="ignore"):  # a label that training lacks: never
            return softmax(np.log(shares) - np.log(-np.log(noise)), axis=1)

    return FittedScorer(part.bundle, shares.nbytes, draw)


def _uniform(text: str, seed: int, count: int) -> Floats:
    """Numbers in (0, 1) that follow from the text and the seed, (count,) float64."""
    key = f"{seed}:{text}".encode("utf-8", "surrogatepass")
    digits = np.frombuffer(hashlib.shake_256(key).digest(8 * count), np.uint64)
    return ((digits >> np.uint64(12)) + 0.5) / 2**52  # so many bits that neither 0 nor 1 occurs


def _tfidf_lr(part: _Part) -> FittedScorer:
    # a regression for each label: as good as a joint one by MCC, and several times as fast
    one = LogisticRegression(solver="liblinear", **_REGRESSION)
    return _counted(part, _words_and_letters, OneVsRestClassifier(one))


def _tfidf_nb(part: _Part) -> FittedScorer:
    """Rennie et al. 2003, "Tackling the poor assumptions of naive Bayes text classifiers"."""
    return _counted(part, CountVectorizer, ComplementNB())


def _words_and_letters(**words: object) -> FeatureUnion:
    """TF-IDF of words and pairs of words, beside that of 2 to 5 letters within a word."""
    letters = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 5),
        n_features=_HASHES,
        alternate_sign=False,  # counts, as TF-IDF takes the logarithm of them
        norm=None,
        dtype=np.float32,
    )
    return make_union(
        TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **words),
        make_pipeline(letters, TfidfTransformer(sublinear_tf=True)),
    )


def _counted(
    part: _Part, make: Callable[..., FeatureUnion | CountVectorizer], head: ClassifierMixin
) -> FittedScorer:
    """A head over what `make` counts in the texts."""
    try:
        features = make(**_WORDS)
        table = features.fit_transform(part.texts)
    except ValueError:  # scikit-learn's for a vocabulary without a word
        features = make(**_LETTERS)
        table = features.fit_transform(part.texts)
    heads = _Heads(head, table, part.matrix, part.bundle.is_multilabel)
    return FittedScorer(
        part.bundle,
        len(pickle.dumps((features, heads))),
        lambda texts: heads.probabilities(features.transform(texts)),
    )


def _encoder_lr(part: _Part, folder: Path, threads: int) -> FittedScorer:
    """A head over the mean of the encoder's last layer, of at most 10,000 training texts."""
    encoder = zero_shot.load_encoder(folder, threads=threads)
    rows = np.arange(len(part.texts))
    if len(rows) > _MOST_EMBEDDED:
        draws = np.random.default_rng(part.seed)
        rows = np.sort(draws.choice(rows, _MOST_EMBEDDED, replace=False))
    table = encoder.embed([part.texts[row] for row in rows.tolist()])
    head = LogisticRegression(**_REGRESSION)
    heads = _Heads(head, table, part.matrix[rows], part.bundle.is_multilabel)
    return FittedScorer(
        part.bundle,
        encoder.size_bytes + len(pickle.dumps(heads)),
        lambda texts: heads.probabilities(encoder.embed(texts)),
    )


class _Heads:
    """Features -> probabilities of the labels, also of those that training has always or never."""

    def __init__(
        self, head: ClassifierMixin, table: Table, matrix: Bools, is_multilabel: bool
    ) -> None:
        """Fit copies of the head: one for all labels of a single-label task, else one for each."""
        self._constant = matrix.all(axis=0).astype(np.float64)  # (C,)
        is_learnable = matrix.any(axis=0) & ~matrix.all(axis=0)
        self._fitted: list[tuple[NDArray[np.int64], ClassifierMixin]] = []  # (columns, head)
        if is_multilabel:
            for column in np.flatnonzero(is_learnable):
                one = clone(head).fit(table, matrix[:, column])
                self._fitted.append((np.array([column]), one))
        elif is_learnable.any():
            joint = clone(head).fit(table, matrix.argmax(axis=1))
            self._fitted.append((joint.classes_, joint))

    def probabilities(self, table: Table) -> Floats:
        """(N, F) -> (N, C) in [0, 1]."""
        scores = np.tile(self._constant, (table.shape[0], 1))
        for columns, head in self._fitted:
            # of yes and no, yes is the last
            scores[:, columns] = head.predict_proba(table)[:, -len(columns) :]
        return scores
