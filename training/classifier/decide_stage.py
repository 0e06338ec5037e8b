"""The stage in which scores become decisions: temperature, thresholds, and whether words count.

Owns what is asked on the validation part, and that it is stored with the model. How each is chosen
is training/export/thresholds.py and blend.py.

Try: cat RUN_DIR/decision.json
"""

from dataclasses import asdict, replace

from inference.evaluation.leaderboard import BETTER, MccDifference
from inference.models.bundle import save_bundle
from inference.models.classifier import ONNX_FILES, ONNX_FP32, TORCH, load_classifier
from inference.runs.contract import Stage
from training.baselines import tfidf_tables
from training.baselines.fitted_baselines import FittedBaselines
from training.classifier import validation
from training.data.data import Splits
from training.data.splits import label_matrix
from training.export import blend, thresholds
from training.run.run_folder import RunFolder


def decide(
    run: RunFolder,
    splits: Splits,
    weights: object,
    baselines: FittedBaselines | None,
    threads: int,
) -> dict[str, object]:
    """Choose on the validation part how scores decide, and store it with the model.

    weights: the sha256 of what is chosen for. baselines: of which TF-IDF may answer
    together with the model; None where the model is to answer alone.
    """
    words = [tfidf_tables.BASELINE, baselines.options(tfidf_tables.BASELINE)] if baselines else None
    key = [weights, words]
    done = run.find(Stage.DECIDE, key)
    if done is None:
        done = asdict(_choose(run, splits, baselines, threads))
        run.record(Stage.DECIDE, key, done)
    return done


def _choose(
    run: RunFolder, splits: Splits, baselines: FittedBaselines | None, threads: int
) -> thresholds.Decision:
    engine = ONNX_FP32 if (run.path / ONNX_FILES[ONNX_FP32]).is_file() else TORCH
    model = load_classifier(run.path, engine=engine, threads=threads)
    bundle = model.bundle
    texts = [bundle.compose(example.fields) for example in splits.validation]
    print(f"choosing how scores decide, on {len(texts)} validation texts", flush=True)
    logits = model.logits(texts)
    targets = label_matrix(splits.validation, splits.labels)
    chosen = thresholds.choose(logits, targets, splits.labels, splits.problem_type)
    is_told = len(texts) >= validation.LEAST_EXAMPLES
    tfidf = baselines.tfidf() if baselines and is_told else None
    if baselines and tfidf:
        as_counted = [baselines.bundle.compose(example.fields) for example in splits.validation]
        words = tfidf.logits(as_counted)
        alone, both = blend.held_out_scores(logits, words, targets, splits.problem_type)
        gain = validation.compare(
            validation.decided(both, splits), validation.decided(alone, splits), splits
        )
        if gain is not None and gain.verdict == BETTER:
            found = blend.fit_blend(logits, words, targets, splits.problem_type)
            chosen = thresholds.choose_with_words(chosen, found, logits, words, targets, bundle)
        chosen = replace(chosen, blend=gain)
        print(_said(gain), flush=True)
    save_bundle(chosen.apply(bundle), run.path)
    return chosen


def _said(gain: MccDifference | None) -> str:
    if gain is None or gain.interval is None:
        return "whether counted words beside the model help cannot be told here: it answers alone"
    low, high = gain.interval
    change = f"{gain.mcc:+.3f} MCC (95 % {low:+.3f} to {high:+.3f})"
    if gain.verdict == BETTER:
        return f"together with counted words the model is better by {change}: both answer"
    return f"counted words beside the model change it by {change}: it answers alone"
