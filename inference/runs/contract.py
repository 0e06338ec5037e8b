"""What the owner's pages and the training's commands both know of a run.

Names of files and stages, and of each setting that a page offers its limits and its default. The
pages import no training; training/settings takes limits and defaults from here.
"""

from enum import StrEnum
from typing import Literal, get_args

STAGES_FILE, METRICS_FILE = "stages.json", "metrics.jsonl"


class Stage(StrEnum):
    """A part of a run that is not done twice, by its name in stages.json, in their order."""

    FIT = "fit"
    DECIDE = "decide"
    EXPORT = "export"
    JUDGE = "judge"
    PLOTS = "plots"
    WORDS = "words"
    CARD = "card"
    PUBLISH = "publish"


DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_EPOCHS = 3
DEFAULT_MAX_TOKENS = 128
DEFAULT_TRIALS = 20
# the least and the greatest value
EPOCHS = (1, 10_000)
MAX_TOKENS = (8, 1_000_000)
TRAIN_SAMPLES = (1, 10**12)
TRIALS = (1, 10_000)

Pruner = Literal["halving", "hyperband", "median", "none"]
PRUNERS: tuple[str, ...] = get_args(Pruner)
