"""The TF-IDF baseline as plain JSON: for a page that answers in the browser, and for our engines.

Owns the form of results/tfidf.json; it is read by space_config/static/tfidf.js, and by
inference/models/tfidf.py for a model that answers better together with it. Whoever may read
it learns of the training texts which words and pairs of words at least two of them share, and
hashes of two to five letters that occur in them.

    words, letters   how texts are counted: analyzer, the range of lengths, and the terms. A term of
                     `words` is the text itself; of `letters` the number of its bucket
    idf              of each term; one of a bucket that training never filled is `idf_elsewhere`
    regressions      label, intercept, and a weight for each term, in units of `unit`
    constant         (C,) what labels without a regression always score
    is_shared_out    the scores of a text are divided by their sum

Letters: C labels, R regressions, F terms.

Try: python -m json.tool RUN_DIR/results/tfidf.json | head
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion, Pipeline

from inference.core.atomic_write import write_whole
from inference.evaluation.dummy_models import FittedScorer
from inference.models.bundle import TFIDF_FILE
from inference.models.tfidf import TFIDF_FORMAT, TFIDF_ROW
from training.baselines.heads import Heads, Regression

BASELINE = TFIDF_ROW
# What weights are rounded to, finest first: the first is taken with which the file is small enough.
# A text has length 1 in both tables, so that rounding to 1e-2 moves a logit by some 4e-3.
_UNITS = (1e-7, 1e-3, 1e-2)
_IDF_DIGITS = 6
# What a visitor of a static page waits for, and a Space holds in memory for a model that answers
# together with it; packed for the way it is about a third.
MOST_BYTES = 32 * 2**20

Floats = NDArray[np.float64]


def save(scorer: FittedScorer, run_dir: Path, most_bytes: int = MOST_BYTES) -> None:
    """Write results/tfidf.json, or none and a notice where it would be larger than `most_bytes`."""
    path = run_dir / TFIDF_FILE
    size_bytes = 0
    for unit in _UNITS:
        content = tables(scorer, unit)
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
        size_bytes = len(text.encode("utf-8"))
        if size_bytes <= most_bytes:
            write_whole(path, text)
            return
    path.unlink(missing_ok=True)  # that of an earlier fit
    print(
        f"note: the TF-IDF tables would take {size_bytes / 2**20:.0f} MiB, more than "
        f"{most_bytes / 2**20:.0f}; they were not written, for a static page or beside the model",
        flush=True,
    )


def tables(scorer: FittedScorer, unit: float = _UNITS[0]) -> dict[str, object]:
    """The fitted baseline "tfidf_lr" as JSON's types, its weights in units of `unit`."""
    function, bundle = scorer.function, scorer.bundle
    assert isinstance(function, Regression), f"{function} is no learned baseline"
    words, letters = _readers(function.features)
    vocabulary = sorted(words.vocabulary_, key=words.vocabulary_.__getitem__)
    counter, tfidf = letters.steps[0][1], letters.steps[1][1]
    terms = len(vocabulary) + counter.n_features
    labels, intercepts, weights = _regressions(function.head, terms, bundle.is_multilabel)
    # the columns of words come first: (R, F) -> (R, words), (R, buckets)
    of_words, of_letters = weights[:, : len(vocabulary)], weights[:, len(vocabulary) :]
    # A bucket that training never filled has the greatest idf and no weight: one number for all.
    elsewhere = float(tfidf.idf_.max())
    # (buckets,) -> the numbers of those in use
    filled = np.flatnonzero((tfidf.idf_ < elsewhere) | of_letters.any(axis=0))
    return {
        "format": TFIDF_FORMAT,
        "labels": list(bundle.labels),
        "problem_type": bundle.problem_type,
        "thresholds": list(bundle.thresholds),
        "text_fields": list(bundle.text_fields),
        "json_fields": list(bundle.json_fields),
        "field_separator": bundle.field_separator,
        "is_shared_out": not bundle.is_multilabel,
        "constant": function.head.constant.tolist(),
        "unit": unit,
        "words": {
            "analyzer": words.analyzer,
            "ngram_range": list(words.ngram_range),
            "terms": vocabulary,
            "idf": _rounded(words.idf_),
        },
        "letters": {
            "analyzer": counter.analyzer,
            "ngram_range": list(counter.ngram_range),
            "buckets": counter.n_features,
            "terms": filled.tolist(),
            "idf": _rounded(tfidf.idf_[filled]),
            "idf_elsewhere": round(elsewhere, _IDF_DIGITS),
        },
        "regressions": [
            {
                "label": label,
                "intercept": intercept,
                "words": _in_units(of_words[row], unit),
                "letters": _in_units(of_letters[row, filled], unit),
            }
            for row, (label, intercept) in enumerate(zip(labels, intercepts, strict=True))
        ],
    }


def _readers(features: object) -> tuple[TfidfVectorizer, Pipeline]:
    assert isinstance(features, FeatureUnion), f"{features!r} does not count words and letters"
    (_, words), (_, letters) = features.transformer_list
    return words, letters


def _regressions(
    head: Heads, terms: int, is_multilabel: bool
) -> tuple[list[int], list[float], Floats]:
    """Label, intercept and weights, (R, F), of each regression that has a score of its own."""
    labels: list[int] = []
    intercepts: list[float] = []
    weights: list[Floats] = []
    for columns, fitted in head.fitted:
        # coef_ is (1, F) of one yes or no
        lines = [
            (regression.intercept_[0], regression.coef_[0]) for regression in fitted.estimators_
        ]
        if not is_multilabel and len(columns) == 2:  # one regression says yes to the last of two
            ((intercept, weight),) = lines
            lines = [(-intercept, -weight), (intercept, weight)]
        labels += columns.tolist()
        intercepts += [float(intercept) for intercept, _ in lines]
        weights += [weight for _, weight in lines]
    # without any regression (0,) -> (0, F)
    return labels, intercepts, np.array(weights, np.float64).reshape(len(labels), terms)


def _rounded(idf: Floats) -> list[float]:
    return [round(value, _IDF_DIGITS) for value in np.asarray(idf, np.float64).tolist()]


def _in_units(weights: Floats, unit: float) -> list[int]:
    return np.rint(weights / unit).astype(np.int64).tolist()
