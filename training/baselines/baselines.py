"""What one could have had for free: dummy models, counted words, and the untouched encoder.

Owns how each is fitted, on the training part alone; inference/evaluation/measure.py measures them
on the same rows and by the same rules as the fine-tuned model. The encoder that reads label
descriptions and no example is inference/models/zero_shot.py.

Letters: N texts, C labels, F features of a text.

Try: python -m json.tool RUN_DIR/results/leaderboard.json
"""

import pickle  # to know a size: nothing is written, nothing read
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
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

from inference.data.records import Example
from inference.evaluation import dummy_models
from inference.evaluation.dummy_models import FittedScorer
from inference.models.bundle import Bundle
from inference.models.tfidf import WORD_PATTERN
from inference.models.zero_shot import Embedder
from training.baselines.heads import (
    STRENGTHS,
    Heads,
    Learned,
    Strength,
    best_head,
    regression_options,
)
from training.data.splits import label_matrix

TITLES = {
    "majority": "always the most frequent",
    "prior": "random, as frequent as in training",
    "tfidf_lr": "TF-IDF + logistic regression",
    "tfidf_nb": "word counts + naive Bayes",
    "encoder_lr": "frozen encoder + logistic regression",
}
"""The baselines by name, in the order of the table."""

# Words are kept by name, as dropping those of a single text is worth much (emotion: MCC .52 against
# .40 without); stretches of letters are hashed, which costs little (iOS apps: MCC .659 against
# .667, emotion .567 against .563) and takes a third of the time of naming them (5,000 comments of
# Wikipedia: 3.3 s against 9.0; 2026-11-21).
_WORDS: Mapping[str, object] = {
    "ngram_range": (1, 2),
    "min_df": 2,
    "token_pattern": WORD_PATTERN,
}
_LETTERS: Mapping[str, object] = {"analyzer": "char"}  # for texts no two of which share a word
_HASHES = 2**18

# Embedding takes minutes for more, and regression over a few hundred features gains little by it.
MOST_EMBEDDED = 10_000


@dataclass(frozen=True)
class Baseline:
    """One row to be: name is its key among the figures, title what a reader sees."""

    name: str
    title: str
    scorer: FittedScorer


@dataclass(frozen=True)
class BaselineData:
    """What a baseline is fitted on: N texts, and (N, C) bool which labels they have."""

    texts: Sequence[str]
    matrix: NDArray[np.bool_]
    bundle: Bundle
    seed: int


BaselineOptions = Mapping[str, float]
"""What tuning chose for one baseline; the names are those of baseline_options.py."""


def fit(
    train: Sequence[Example],
    bundle: Bundle,
    *,
    seed: int,
    validation: Sequence[Example] = (),
    encoder: Embedder | None = None,
    names: Sequence[str] = tuple(TITLES),
    options: Mapping[str, BaselineOptions] = MappingProxyType({}),
) -> Iterator[Baseline]:
    """Fit the named baselines one after the other, each when it is asked for.

    bundle: labels, problem type and text fields of the task.
    seed: of the random dummy model, and of the sample that the encoder reads.
    validation: chooses thresholds, as it does for the fine-tuned model, and between two strengths
        of a regression; without it a multi-label baseline decides at 0.5. The dummy models keep
        0.5: with another threshold they would not be what they are called.
    encoder: the pretrained model; without it encoder_lr is left out.
    options: of each baseline that was tuned; its title says so.

    Raises:
        ModelError: the folder holds no encoder that can be read.
    """
    part = gather(train, bundle, seed)
    shares = part.matrix.mean(axis=0)  # (C,)

    def strengths(name: str) -> Sequence[Strength]:
        return (regression_options(options[name]),) if name in options else STRENGTHS

    makers: dict[str, Callable[[], FittedScorer]] = {
        "majority": lambda: dummy_models.majority(shares, bundle),
        "prior": lambda: dummy_models.prior(shares, bundle, seed),
        "tfidf_lr": lambda: best_head(
            tfidf_lr(part, strengths("tfidf_lr"), options.get("tfidf_lr", {})), bundle, validation
        ),
        "tfidf_nb": lambda: best_head(_tfidf_nb(part), bundle, validation),
    }
    if encoder is not None:
        makers["encoder_lr"] = lambda: best_head(
            encoder_lr(part, strengths("encoder_lr"), encoder), bundle, validation
        )
    for name in names:
        if name in makers:
            yield Baseline(name, title(name, options.get(name)), makers[name]())


def title(name: str, options: BaselineOptions | None) -> str:
    """What a reader sees: the verdict table says of a tuned baseline that it is one."""
    return TITLES[name] if options is None else f"{TITLES[name]}, tuned"


def gather(train: Sequence[Example], bundle: Bundle, seed: int) -> BaselineData:
    """The training examples of a task as a baseline takes them."""
    texts = [bundle.compose(example.fields) for example in train]
    return BaselineData(texts, label_matrix(train, bundle.labels), bundle, seed)


def tfidf_lr(
    part: BaselineData, strengths: Sequence[Strength], options: BaselineOptions
) -> Learned:
    """A head of each strength over TF-IDF; options: min_df and ngrams."""
    # a regression for each label: as good as a joint one by MCC, and several times as fast
    heads = [
        OneVsRestClassifier(LogisticRegression(solver="liblinear", **strength))
        for strength in strengths
    ]
    return _counted(part, _words_and_letters, heads, options)


def _tfidf_nb(part: BaselineData) -> Learned:
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
    part: BaselineData,
    make: Callable[..., FeatureUnion | CountVectorizer],
    heads: Sequence[ClassifierMixin],
    options: BaselineOptions = MappingProxyType({}),
) -> Learned:
    """Heads over what `make` counts in the texts."""
    words = {
        **_WORDS,
        "ngram_range": (1, int(options.get("ngrams", 2))),
        "min_df": int(options.get("min_df", 2)),
    }
    try:
        features = make(**words)
        table = features.fit_transform(part.texts)  # (N, F), sparse
    except ValueError:  # scikit-learn's for a vocabulary without a word
        features = make(**_LETTERS)
        table = features.fit_transform(part.texts)
    return Learned(
        features.transform,
        len(pickle.dumps(features)),
        tuple(Heads(head, table, part.matrix, part.bundle.is_multilabel) for head in heads),
        features,
    )


def encoder_lr(part: BaselineData, strengths: Sequence[Strength], encoder: Embedder) -> Learned:
    """A head of each strength over the encoder's mean last layer, of at most 10,000 texts."""
    rows = np.arange(len(part.texts))
    if len(rows) > MOST_EMBEDDED:
        draws = np.random.default_rng(part.seed)
        rows = np.sort(draws.choice(rows, MOST_EMBEDDED, replace=False))
    table = encoder.embed([part.texts[row] for row in rows.tolist()])  # (rows, F)
    return Learned(
        encoder.embed,
        encoder.size_bytes,
        tuple(
            Heads(
                LogisticRegression(**strength), table, part.matrix[rows], part.bundle.is_multilabel
            )
            for strength in strengths
        ),
        engine_name=encoder.engine_name,
    )
