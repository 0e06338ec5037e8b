"""The stage that writes the ONNX files of a run, and the golden texts that a fetched copy answers.

Owns that it is done once for given weights; how is training/export/export.py's.

Try: ls -l RUN_DIR/onnx
"""

from dataclasses import asdict

from inference.models.bundle import load_bundle
from inference.runs.contract import Stage
from training.data.data import Splits
from training.export import golden
from training.run.run_folder import RunFolder


def export(run: RunFolder, splits: Splits, weights: object) -> dict[str, object]:
    """What run.json says of the ONNX files; weights: the sha256 of what they are made from."""
    done = run.find(Stage.EXPORT, weights)
    if done is None:
        # the exporters take a second or two to import
        from training.export.export import RANGE_TEXTS, export_classifier

        print("exporting to ONNX", flush=True)
        bundle = load_bundle(run.path)
        # a validation part of a few texts alone would leave the int8 file too narrow ranges
        known = (*splits.validation, *splits.train[:RANGE_TEXTS])
        texts = [bundle.compose(example.fields) for example in known]
        done = asdict(export_classifier(run.path, texts))
        golden.write(run.path, golden.TEXTS)
        run.record(Stage.EXPORT, weights, done)
    return done
