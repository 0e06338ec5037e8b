"""The settings of the baselines that are best on validation: a tuned model must meet tuned ones.

Owns which settings are tried: all of a small grid, more than the model is usually given. The test
part never comes here.

Try: python -m training.tune --config training/recipes/demo.yaml --train_file tweets.csv
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from inference.data.records import Example
from inference.models.bundle import Bundle
from inference.models.zero_shot import Embedder
from training.baselines import baselines
from training.baselines.baselines import BaselineOptions
from training.baselines.heads import Learned, rate_heads, regression_options

# Around the two strengths that an untuned baseline chooses among (heads.py).
_STRENGTHS: tuple[BaselineOptions, ...] = tuple(
    {"C": c, "balanced": balanced} for c, balanced in product((0.25, 1.0, 4.0, 16.0), (0.0, 1.0))
)
_WORDS: tuple[BaselineOptions, ...] = tuple(
    {"min_df": min_df, "ngrams": ngrams} for min_df, ngrams in product((1.0, 2.0), (1.0, 2.0))
)


@dataclass(frozen=True)
class Tuned:
    """The options of one baseline that are best on validation, their MCC, how many were tried."""

    options: BaselineOptions
    mcc: float
    tried: int


def tune(
    train: Sequence[Example],
    validation: Sequence[Example],
    bundle: Bundle,
    names: Sequence[str],
    *,
    seed: int,
    encoder: Embedder | None = None,
) -> Mapping[str, Tuned]:
    """The best options of those named baselines that have any.

    Raises:
        ModelError: the folder holds no encoder that can be read.
    """
    part = baselines.gather(train, bundle, seed)
    strengths = [regression_options(strength) for strength in _STRENGTHS]
    tuned: dict[str, Tuned] = {}
    if "tfidf_lr" in names:
        tried = []
        for words in _WORDS:
            learned = baselines.tfidf_lr(part, strengths, words)
            tried += _rated(learned, bundle, validation, words)
        tuned["tfidf_lr"] = _best(tried)
    if "encoder_lr" in names and encoder is not None:
        learned = baselines.encoder_lr(part, strengths, encoder)
        tuned["encoder_lr"] = _best(_rated(learned, bundle, validation, {}))
    return tuned


def _rated(
    learned: Learned, bundle: Bundle, validation: Sequence[Example], words: BaselineOptions
) -> list[tuple[float, BaselineOptions]]:
    rated = rate_heads(learned, bundle, validation)
    return [
        (head.mcc, {**strength, **words}) for head, strength in zip(rated, _STRENGTHS, strict=True)
    ]


def _best(tried: Sequence[tuple[float, BaselineOptions]]) -> Tuned:
    mcc, options = max(tried, key=lambda pair: pair[0])
    return Tuned(options, mcc, len(tried))
