"""Texts -> scores by counted words: the TF-IDF baseline, read from results/tfidf.json.

Owns reading the tables and scoring with them; what they hold is said by what writes them,
training/baselines/tfidf_tables.py, and a browser reads them with space_config/static/tfidf.js. A
model that answers better together with them says so by `tfidf_weight` in its decision.json.

Letters: N texts, C labels, F terms, R regressions.

Try: python -c "from pathlib import Path; from inference.models.tfidf import load_tfidf; \
print(load_tfidf(Path('RUN_DIR')).score(['some text']))"
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit, logit

from inference.core.errors import ModelError
from inference.models.bundle import TFIDF_FILE
from inference.models.model_files import read_json

TFIDF_FORMAT = 1
TFIDF_ROW = "tfidf_lr"
"""Its name among the baselines of a run."""
WORD_PATTERN = r"(?u)\b\w+\b"
"""Also words of one letter, as in Chinese."""

Floats = NDArray[np.float64]

# A label that training always or never has scores 1 or 0, and its logit would have no end.
_LEAST_SCORE = 1e-6


class Tfidf:
    """The regressions over TF-IDF of words and letters; safe to share between threads."""

    def __init__(self, tables: Mapping[str, Any], size_bytes: int) -> None:
        """Take the content of the file and its size."""
        self.size_bytes = size_bytes
        self.labels = tuple(tables["labels"])
        self.thresholds = tuple(map(float, tables["thresholds"]))  # (C,), () for single-label
        self.field_separator = str(tables["field_separator"])
        self._is_shared_out = bool(tables["is_shared_out"])
        self._constant: Floats = np.array(tables["constant"], np.float64)  # (C,)
        self._count_words = _word_counter(tables["words"])
        self._count_letters, filled = _letter_counter(tables["letters"])
        regressions, unit = tables["regressions"], tables["unit"]
        self._columns = np.array([line["label"] for line in regressions], np.int64)  # (R,)
        self._intercepts: Floats = np.array([line["intercept"] for line in regressions])  # (R,)
        of_letters = np.zeros((len(regressions), tables["letters"]["buckets"]))
        if regressions:
            of_letters[:, filled] = [line["letters"] for line in regressions]
        of_words = np.array([line["words"] for line in regressions], np.float64)
        # (R, words) and (R, buckets) -> (F, R); most buckets are empty
        both = hstack([csr_matrix(of_words.reshape(len(regressions), -1)), csr_matrix(of_letters)])
        self._weights = (both * unit).T.tocsr()

    def score(self, texts: Sequence[str]) -> Floats:
        """Return (N, C) in [0, 1]; of a single-label task a row sums to 1."""
        scores = np.tile(self._constant, (len(texts), 1))  # (C,) -> (N, C)
        if texts and len(self._columns):
            # (N, words) and (N, buckets) -> (N, F)
            counted = hstack([self._count_words(texts), self._count_letters(texts)], format="csr")
            scores[:, self._columns] = expit((counted @ self._weights).toarray() + self._intercepts)
        if self._is_shared_out:
            total = scores.sum(axis=1, keepdims=True)
            scores = np.divide(scores, total, out=scores, where=total > 0)
        return scores

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, C) float32 of which softmax, or sigmoid for several labels, is the score."""
        scores = np.clip(self.score(texts), _LEAST_SCORE, 1 - _LEAST_SCORE)
        return (np.log(scores) if self._is_shared_out else logit(scores)).astype(np.float32)


def load_tfidf(folder: Path, labels: Sequence[str] | None = None) -> Tfidf:
    """Read the tables of a run folder or of a model repo.

    labels: those that the tables must have, in their order.

    Raises:
        ModelError: the file is missing, damaged, of another format or of other labels.
    """
    path = folder / TFIDF_FILE
    if not path.is_file():
        raise ModelError(
            f"{path} is missing, and decision.json says that the model answers together with it; "
            "fetch the whole repo, or publish the run again"
        )
    tables = read_json(path)
    if tables.get("format") != TFIDF_FORMAT:
        raise ModelError(
            f"{path} has format {tables.get('format')!r}, this program reads {TFIDF_FORMAT}; "
            "publish the run again"
        )
    try:
        tfidf = Tfidf(tables, path.stat().st_size)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelError(f"{path} is damaged ({error}); publish the run again") from None
    if labels is not None and tfidf.labels != tuple(labels):
        raise ModelError(
            f"{path} has the labels {', '.join(tfidf.labels)}, the model has {', '.join(labels)}; "
            "publish the run again"
        )
    return tfidf


Counter = Callable[[Sequence[str]], csr_matrix]


def _word_counter(words: Mapping[str, Any]) -> Counter:
    """Texts -> (N, words), each row of length 1."""
    # imported here: it takes half a second, and most models have no tables
    from sklearn.feature_extraction.text import TfidfVectorizer

    counter = TfidfVectorizer(
        analyzer=words["analyzer"],
        ngram_range=tuple(words["ngram_range"]),
        token_pattern=WORD_PATTERN,
        vocabulary=words["terms"],
        sublinear_tf=True,
    )
    counter.idf_ = np.array(words["idf"], np.float64)
    transform: Counter = counter.transform
    return transform


def _letter_counter(letters: Mapping[str, Any]) -> tuple[Counter, NDArray[np.int64]]:
    """Texts -> (N, buckets), each row of length 1; the buckets that training filled."""
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
    from sklearn.pipeline import make_pipeline

    filled = np.array(letters["terms"], np.int64)
    idf = np.full(letters["buckets"], letters["idf_elsewhere"], np.float64)
    idf[filled] = letters["idf"]
    weigh = TfidfTransformer(sublinear_tf=True)
    weigh.idf_ = idf
    weigh.n_features_in_ = len(idf)
    count = HashingVectorizer(
        analyzer=letters["analyzer"],
        ngram_range=tuple(letters["ngram_range"]),
        n_features=letters["buckets"],
        alternate_sign=False,
        norm=None,
    )
    transform: Counter = make_pipeline(count, weigh).transform
    return transform, filled
