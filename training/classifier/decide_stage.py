"""The stage in which scores become decisions: temperature, thresholds, and whether words count.

Owns what is asked on the validation part, and that it is stored with the model. How each is chosen
is training/export/thresholds.py and blend.py.

Try: cat RUN_DIR/decision.json
"""

from dataclasses import asdict, replace

from inference.models.bundle import save_bundle
from inference.models.classifier import ONNX_FILES, ONNX_FP32, TORCH, load_classifier
from inference.runs.contract import Stage
from training.baselines import tfidf_tables
from training.baselines.fitted_baselines import FittedBaselines
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
    tfidf = baselines.tfidf() if baselines and len(texts) >= blend.LEAST_EXAMPLES else None
    if baselines and tfidf:
        as_counted = [baselines.bundle.compose(example.fields) for example in splits.validation]
        words = tfidf.logits(as_counted)
        found = blend.fit_blend(logits, words, targets, splits.problem_type)
        print(blend.describe(found), flush=True)
        if found.helps:
            chosen = thresholds.choose_with_words(chosen, found, logits, words, targets, bundle)
        else:
            chosen = replace(chosen, blend=found)
    save_bundle(chosen.apply(bundle), run.path)
    return chosen
