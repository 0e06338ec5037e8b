"""What one could have had for free: guessers, counted words, and the untouched encoder.

Owns how each is fitted, on the training part alone; inference/compare.py measures them on the same
rows and by the same rules as the fine-tuned model. The encoder that reads label descriptions and no
example is inference/zero_shot.py.

Letters: N texts, C labels, F features of a text.

Try: python -m pytest -q tests/training/test_baselines.py
"""

import pickle  # to know a size: nothing is written, nothing read
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
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
from inference.classifier import decide
from inference.metrics import summarise
from inference.records import Example
from training import guessers, thresholds
from training.guessers import FittedScorer, Floats
from training.splits import label_matrix

Bools = NDArray[np.bool_]
Table: TypeAlias = csr_matrix | Floats  # (N, F)

TITLES = {
    "majority": "always the most frequent",
    "prior": "random, as frequent as in training",
    "tfidf_lr": "TF-IDF + logistic regression",
    "tfidf_nb": "word counts + naive Bayes",
    "encoder_lr": "frozen encoder + logistic regression",
}
"""The baselines by name, in the order of the table."""

# Both are fitted, and the better one on validation is kept, as a careful person would. Over words
# and letters, MCC on validation parts was .541 and .567 (tweet_eval emotion), .416 and .427
# (offensive), .659 and .575 (2,000 iOS apps of 23 genres); mean ROC-AUC over the labels of 1,500
# comments of Wikipedia .951 and .948 (2026-11-21). Balanced classes make rare labels' scores too
# high: the decisions may be better, log-loss and calibration are not.
_REGRESSIONS: tuple[Mapping[str, object], ...] = (
    {"C": 1.0, "class_weight": "balanced", "max_iter": 1000},
    {"C": 4.0, "class_weight": None, "max_iter": 1000},
)

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
    validation: Sequence[Example] = (),
    encoder: Path | None = None,
    names: Sequence[str] = tuple(TITLES),
    threads: int = 0,
) -> Iterator[Baseline]:
    """Fit the named baselines one after the other, each when it is asked for.

    bundle: labels, problem type and text fields of the task.
    seed: of the random guesser, and of the sample that the encoder reads.
    validation: chooses thresholds, as it does for the fine-tuned model, and between two strengths
        of a regression; without it a multi-label baseline decides at 0.5. The guessers keep 0.5:
        with another cut-off they would not be what they are called.
    encoder: folder of the pretrained model; without it encoder_lr is left out.

    Raises:
        ModelError: the folder holds no encoder that can be read.
    """
    texts = [bundle.compose(example.fields) for example in train]
    matrix = label_matrix(train, bundle.labels)
    shares = matrix.mean(axis=0)  # (C,)
    part = _Part(texts, matrix, bundle, seed)
    makers: dict[str, Callable[[], FittedScorer]] = {
        "majority": lambda: guessers.majority(shares, bundle),
        "prior": lambda: guessers.prior(shares, bundle, seed),
        "tfidf_lr": lambda: _best(_tfidf_lr(part), bundle, validation),
        "tfidf_nb": lambda: _best(_tfidf_nb(part), bundle, validation),
    }
    if encoder is not None:
        makers["encoder_lr"] = lambda: _best(
            _encoder_lr(part, encoder, threads), bundle, validation
        )
    for name in names:
        if name in makers:
            yield Baseline(name, TITLES[name], makers[name]())


@dataclass(frozen=True)
class Regression:
    """The function of a learned baseline: texts -> features (N, F) -> (N, C) by one head.

    features: what counts words and letters; None where an encoder reads the texts.
    """

    read: Callable[[Sequence[str]], Table]
    features: FeatureUnion | CountVectorizer | None
    head: "Heads"

    def __call__(self, texts: Sequence[str]) -> Floats:
        """N texts -> (N, C) in [0, 1]."""
        return self.head.probabilities(self.read(texts))


@dataclass(frozen=True)
class _Learned:
    """What was learned: how a text is read, and several heads over that, of which one is kept."""

    read: Callable[[Sequence[str]], Table]
    size_bytes: int
    heads: tuple["Heads", ...]
    features: FeatureUnion | CountVectorizer | None = None

    def scorer(self, head: "Heads", bundle: Bundle) -> FittedScorer:
        """One head as a Scorer."""
        size_bytes = self.size_bytes + len(pickle.dumps(head))
        return FittedScorer(bundle, size_bytes, Regression(self.read, self.features, head))


def _best(learned: _Learned, bundle: Bundle, validation: Sequence[Example]) -> FittedScorer:
    """The head of highest MCC on validation, with its thresholds; of equals the first."""
    if not validation:
        return learned.scorer(learned.heads[0], bundle)
    table = learned.read([bundle.compose(example.fields) for example in validation])
    targets = label_matrix(validation, bundle.labels)
    truth = targets.astype(np.int64) if bundle.is_multilabel else targets.argmax(axis=1)
    rated: list[tuple[float, Heads, Bundle]] = []
    for head in learned.heads:
        scores = head.probabilities(table).astype(np.float32)
        decided = bundle
        if bundle.is_multilabel:
            chosen = thresholds.choose_on_scores(
                scores, targets, bundle.labels, bundle.problem_type
            )
            decided = chosen.apply(bundle)
        mcc = summarise(truth, scores, decide(decided, scores), bundle.labels).mcc
        rated.append((-1.0 if mcc is None else mcc, head, decided))
    _, head, decided = max(rated, key=lambda one: one[0])
    return learned.scorer(head, decided)


def _tfidf_lr(part: _Part) -> _Learned:
    # a regression for each label: as good as a joint one by MCC, and several times as fast
    heads = [
        OneVsRestClassifier(LogisticRegression(solver="liblinear", **options))
        for options in _REGRESSIONS
    ]
    return _counted(part, _words_and_letters, heads)


def _tfidf_nb(part: _Part) -> _Learned:
    """Rennie et al. 2003, "Tackling the poor assumptions of naive Bayes text classifiers"."""
    return _counted(part, CountVectorizer, [ComplementNB()])


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
    part: _Part,
    make: Callable[..., FeatureUnion | CountVectorizer],
    heads: Sequence[ClassifierMixin],
) -> _Learned:
    """Heads over what `make` counts in the texts."""
    try:
        features = make(**_WORDS)
        table = features.fit_transform(part.texts)
    except ValueError:  # scikit-learn's for a vocabulary without a word
        features = make(**_LETTERS)
        table = features.fit_transform(part.texts)
    return _Learned(
        features.transform,
        len(pickle.dumps(features)),
        tuple(Heads(head, table, part.matrix, part.bundle.is_multilabel) for head in heads),
        features,
    )


def _encoder_lr(part: _Part, folder: Path, threads: int) -> _Learned:
    """Heads over the mean of the encoder's last layer, of at most 10,000 training texts."""
    encoder = zero_shot.load_encoder(folder, threads=threads)
    rows = np.arange(len(part.texts))
    if len(rows) > _MOST_EMBEDDED:
        draws = np.random.default_rng(part.seed)
        rows = np.sort(draws.choice(rows, _MOST_EMBEDDED, replace=False))
    table = encoder.embed([part.texts[row] for row in rows.tolist()])
    return _Learned(
        encoder.embed,
        encoder.size_bytes,
        tuple(
            Heads(
                LogisticRegression(**options), table, part.matrix[rows], part.bundle.is_multilabel
            )
            for options in _REGRESSIONS
        ),
    )


class Heads:
    """Features -> probabilities of the labels, also of those that training has always or never."""

    def __init__(
        self, head: ClassifierMixin, table: Table, matrix: Bools, is_multilabel: bool
    ) -> None:
        """Fit copies of the head: one for all labels of a single-label task, else one for each."""
        self.constant = matrix.all(axis=0).astype(np.float64)  # (C,)
        is_learnable = matrix.any(axis=0) & ~matrix.all(axis=0)
        self.fitted: list[tuple[NDArray[np.int64], ClassifierMixin]] = []  # (columns, head)
        if is_multilabel:
            for column in np.flatnonzero(is_learnable):
                one = clone(head).fit(table, matrix[:, column])
                self.fitted.append((np.array([column]), one))
        elif is_learnable.any():
            joint = clone(head).fit(table, matrix.argmax(axis=1))
            self.fitted.append((joint.classes_, joint))

    def probabilities(self, table: Table) -> Floats:
        """(N, F) -> (N, C) in [0, 1]."""
        scores = np.tile(self.constant, (table.shape[0], 1))
        for columns, head in self.fitted:
            # of yes and no, yes is the last
            scores[:, columns] = head.predict_proba(table)[:, -len(columns) :]
        return scores
