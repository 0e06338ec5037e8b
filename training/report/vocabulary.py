"""Which words the training texts have, kept beside the model for later files to be compared with.

Owns that this is done once for a training part; what a word is, and what may be stored of it, is
inference/evaluation/vocabulary.py.

Try: cat RUN_DIR/results/words.json
"""

from inference.evaluation import vocabulary
from inference.models.bundle import DECISION_FILE, load_bundle
from inference.runs.contract import Stage
from training.data.data import Splits, split_hash
from training.run.run_folder import RunFolder, sha256_of


def write_vocabulary(run: RunFolder, splits: Splits) -> None:
    """Write results/words.json of the texts as the model reads them, unless it is there."""
    # which fields are read, and how, is part of what is counted
    key = [split_hash(splits.train), sha256_of(run.path / DECISION_FILE)]
    if run.find(Stage.WORDS, key) is None or not (run.path / vocabulary.FILE_NAME).is_file():
        bundle = load_bundle(run.path)
        vocabulary.save(
            vocabulary.count(bundle.compose(example.fields) for example in splits.train), run.path
        )
        run.record(Stage.WORDS, key, {})
