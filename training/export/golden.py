"""results/golden.json: a few texts with the logits of each file of a run, and their replay.

Owns that file. It is published with the model, so its texts must not be the user's.

Try: python -c "from pathlib import Path; from training.export.golden import replay; \
    replay(Path('DIR'))"
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inference.core.errors import ModelError
from inference.models.classifier import ONNX_FILES, ONNX_FP32, ONNX_INT8, TORCH, load_classifier
from inference.models.model_files import read_json
from training.run.run_folder import write_json

FILE_NAME = "results/golden.json"
# Replayed after publishing, and published: so never the user's texts.
TEXTS = (
    "ok",
    "The crew was lovely and we landed early!",
    "Two hours late and nobody says why.",
    "How do I change the address of my order?",
    "Ça m'est égal – 天気がいいですね 🙂",
    "NA",
    "I waited in line for a while, then somebody came, looked at the form, asked the same "
    "questions again and told me to come back on another day with the other form.",
    "word " * 200,
)

# How far a logit may be from the one that was stored. The replay after publishing runs on the
# machine that stored them, so float32 repeats to rounding; in int8 a rounding that falls the other
# way moves a logit by some hundredths, while damaged or foreign weights move it by whole units.
TOLERANCES = {ONNX_FP32: 1e-4, TORCH: 1e-4, ONNX_INT8: 0.1}


def write(run_dir: Path, texts: Sequence[str]) -> None:
    """Store the logits that each ONNX file of the folder gives, or torch where there is none."""
    present = [name for name, file in ONNX_FILES.items() if (run_dir / file).is_file()]
    logits = {
        name: load_classifier(run_dir, engine=name).logits(texts).tolist()
        for name in present or [TORCH]
    }
    write_json(run_dir / FILE_NAME, {"texts": list(texts), "logits": logits})


def replay(folder: Path) -> None:
    """Compare the logits of a model folder with the stored ones.

    Raises:
        ModelError: an engine gives a logit that is further away than its tolerance.
    """
    golden: Any = read_json(folder / FILE_NAME)
    for engine, logits in golden["logits"].items():
        got = load_classifier(folder, engine=engine).logits(golden["texts"])
        expected = np.asarray(logits, np.float32)
        same_shape = got.shape == expected.shape
        difference = float(np.abs(got - expected).max()) if same_shape else float("inf")
        if not difference <= TOLERANCES[engine]:
            raise ModelError(
                f"the {engine} model in {folder} gives logits that differ by {difference:.2g} from "
                f"those in {FILE_NAME}; expected at most {TOLERANCES[engine]:g}. Do not use this "
                "revision; export and publish again."
            )
