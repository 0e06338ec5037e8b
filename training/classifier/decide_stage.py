"""The stage in which scores become decisions: temperature, thresholds, and whether words count.

Owns what is asked on the validation part, and where the answer is kept: in the weights themselves
as far as they can hold it, so that whoever reads them decides alike, and in decision.json. How each
is chosen is training/export/thresholds.py and blend.py.

Try: cat RUN_DIR/decision.json
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.leaderboard import BETTER, MccDifference
from inference.models.bundle import Bundle, save_bundle
from inference.models.classifier import TORCH, load_classifier
from inference.runs.contract import Stage
from training.baselines import tfidf_tables
from training.baselines.fitted_baselines import FittedBaselines
from training.classifier import validation
from training.data.data import Splits
from training.data.splits import label_matrix
from training.export import blend, thresholds
from training.export.thresholds import Decision
from training.run.run_folder import RunFolder
from training.trainer import folded_head
from training.trainer.fit_stage import fresh_folder, put_in_place, record_again
from training.trainer.weights import WEIGHTS

DECISION = "decision"
_CHOSEN_WITH = "decision_chosen_with"


def decide(
    run: RunFolder,
    splits: Splits,
    fitted: dict[str, object],
    baselines: FittedBaselines | None,
    threads: int,
) -> dict[str, Any]:
    """What run.json says of the weights, which are made to decide as the validation part asks.

    fitted: what it said of them; what was chosen is added as `decision`. baselines: of which TF-IDF
    may answer together with the model; None where the model is to answer alone.
    """
    words = [tfidf_tables.BASELINE, baselines.options(tfidf_tables.BASELINE)] if baselines else None
    if DECISION in fitted and fitted.get(_CHOSEN_WITH) == words:
        return fitted
    model = load_classifier(run.path, engine=TORCH, threads=threads)
    texts = [model.bundle.compose(example.fields) for example in splits.validation]
    print(f"choosing how scores decide, on {len(texts)} validation texts", flush=True)
    logits = model.logits(texts) + np.array(model.bundle.offsets, np.float32)  # (N, C)
    targets = label_matrix(splits.validation, splits.labels)
    chosen = thresholds.choose(logits, targets, splits.labels, splits.problem_type)
    made = fresh_folder(run)
    held = _fold(run.path, made, chosen, model.bundle)
    missing = _not_in_weights(held)
    if held.in_weights:
        logits = (logits / held.in_weights).astype(np.float32)
    if baselines and len(texts) >= validation.LEAST_EXAMPLES:
        held = _with_words(held, splits, baselines, logits, targets)
    held = replace(held, notes=(*held.notes, *missing))
    in_weights = _in_all(fitted, held)
    done = {**fitted, DECISION: asdict(replace(held, in_weights=in_weights)), _CHOSEN_WITH: words}
    bundle = held.apply(model.bundle)
    if held.in_weights:
        save_bundle(bundle, made)
        done = put_in_place(run, WEIGHTS, made, done)
    else:
        made.rmdir()
        save_bundle(bundle, run.path)
        record_again(run, done)
    run.record(Stage.DECIDE, done["weights_sha256"], {})
    return done


def _fold(folder: Path, made: Path, chosen: Decision, bundle: Bundle) -> Decision:
    """Write to `made` weights that hold what they can of the decision; what is left for others."""
    if chosen.temperature == 1 and not chosen.thresholds:
        return chosen
    shifts = np.array(bundle.offsets) / chosen.temperature  # (C,)
    if chosen.thresholds:
        shifts = shifts - chosen.heights()
    if folded_head.fold(folder, made, chosen.temperature, shifts if shifts.any() else None):
        return chosen.moved_into_weights(bundle.labels, has_thresholds=bool(chosen.thresholds))
    if folded_head.fold(folder, made, chosen.temperature, None):
        return chosen.moved_into_weights(bundle.labels, has_thresholds=False)
    return chosen


def _not_in_weights(held: Decision) -> list[str]:
    """What the weights could not hold, for those who read them alone."""
    if held.in_weights is None and (held.temperature != 1 or held.thresholds):
        missing = (
            "the last layer is not linear, so the weights hold neither temperature nor threshold"
        )
    elif held.thresholds and not held.logit_offsets:
        missing = "the head has no bias, so the weights hold the temperature and no threshold"
    else:
        return []
    return [f"{missing}: with others the scores are not these"]


def _in_all(fitted: dict[str, Any], held: Decision) -> float | None:
    """The temperature in the weights, of an earlier choice and of this one."""
    before = fitted[DECISION]["in_weights"] if DECISION in fitted else None
    return held.in_weights if before is None else before * (held.in_weights or 1.0)


def _with_words(
    alone: Decision,
    splits: Splits,
    baselines: FittedBaselines,
    logits: NDArray[np.float32],
    targets: NDArray[np.bool_],
) -> Decision:
    """The decision together with counted words where they help; logits: (N, C), of the weights."""
    tfidf = baselines.tfidf()
    if tfidf is None:
        return alone
    words = tfidf.logits([baselines.bundle.compose(one.fields) for one in splits.validation])
    by_weights, both = blend.held_out_scores(logits, words, targets, splits.problem_type)
    gain = validation.compare(
        validation.decided(both, splits), validation.decided(by_weights, splits), splits
    )
    print(_said(gain), flush=True)
    chosen = replace(alone, blend=gain)
    if gain is None or gain.verdict != BETTER:
        return chosen
    found = blend.fit_blend(logits, words, targets, splits.problem_type)
    return thresholds.choose_with_words(chosen, found, logits, words, targets, splits.labels)


def _said(gain: MccDifference | None) -> str:
    if gain is None or gain.interval is None:
        return "whether counted words beside the model help cannot be told here: it answers alone"
    low, high = gain.interval
    change = f"{gain.mcc:+.3f} MCC (95 % {low:+.3f} to {high:+.3f})"
    if gain.verdict == BETTER:
        return f"together with counted words the model is better by {change}: both answer"
    return f"counted words beside the model change it by {change}: it answers alone"
