"""The stage in which the frozen encoder is held against the fine-tuned one, and may take its place.

Owns the comparison, on the validation part alone. Fine-tuning can lose to a regression over the
encoder that nobody trained: on few texts, or on those that a low learning rate would have served.
What such a regression is worth is a baseline anyway; where it is better beyond chance, it is made a
model like any other, whose weights take the place of the trained ones.

Letters: N validation examples, C labels.

Try: grep -A9 '"kept"' RUN_DIR/run.json
"""

import shutil
from pathlib import Path

from inference.evaluation.leaderboard import WORSE
from inference.evaluation.predictions import Predictions
from inference.models.classifier import TORCH, load_classifier
from training.baselines.baselines import MOST_EMBEDDED
from training.baselines.fitted_baselines import FittedBaselines
from training.classifier import validation
from training.data.data import Splits
from training.run.run_folder import RunFolder
from training.settings.config import TrainConfig
from training.trainer.base import Base
from training.trainer.fit_stage import (
    FROZEN,
    KEPT,
    TUNED,
    fresh_folder,
    put_in_place,
    record_again,
)
from training.trainer.weights import WEIGHTS, write_frozen

BASELINE_NAME = "encoder_lr"


def keep_better(
    run: RunFolder,
    splits: Splits,
    base: Base,
    config: TrainConfig,
    fitted: dict[str, object],
    baselines: FittedBaselines,
    device: str,
    threads: int,
) -> dict[str, object]:
    """What run.json says of the weights, which are those of the frozen encoder where it is better.

    fitted: what it said of the trained ones. baselines: with that over the frozen encoder.
    """
    if KEPT in fitted or len(splits.validation) < validation.LEAST_EXAMPLES:
        return fitted
    print(f"comparing with the frozen encoder, on {len(splits.validation)} texts", flush=True)
    tuned = _answers(run.path, splits, threads)
    by_head = validation.answers_of(baselines.scorer(BASELINE_NAME), splits)
    loss = _loss_to(by_head, tuned, splits)
    if loss is None:
        return record_again(run, {**fitted, KEPT: TUNED})
    print(f"a head over the frozen encoder is better by {loss}: making a model of it", flush=True)
    made = fresh_folder(run)
    write_frozen(config, splits, base, made, device, MOST_EMBEDDED)
    loss = _loss_to(_answers(made, splits, threads), tuned, splits)
    if loss is None:
        print("as a model it is not better beyond chance: the fine-tuned one stays", flush=True)
        shutil.rmtree(made)
        return record_again(run, {**fitted, KEPT: TUNED})
    print(f"it takes the place of the fine-tuned one, which loses by {loss}", flush=True)
    return put_in_place(run, WEIGHTS, made, {**fitted, KEPT: FROZEN})


def _answers(folder: Path, splits: Splits, threads: int) -> Predictions:
    """What a model says of the validation part."""
    model = load_classifier(folder, engine=TORCH, threads=threads)
    texts = [model.bundle.compose(example.fields) for example in splits.validation]
    return validation.decided(model.score(texts), splits)


def _loss_to(frozen: Predictions, tuned: Predictions, splits: Splits) -> str | None:
    """By how much the tuned model is worse, in words; None where that is not beyond chance."""
    difference = validation.compare(tuned, frozen, splits)
    if difference is None or difference.interval is None or difference.verdict != WORSE:
        return None
    low, high = difference.interval
    return f"{-difference.mcc:.3f} MCC (95 % {-high:.3f} to {-low:.3f})"
