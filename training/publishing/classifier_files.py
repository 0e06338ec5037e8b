"""Which files of a classifier's run folder may leave this machine."""

from training.export import golden
from training.publishing.shipment import Shipment
from training.report import card

# Nothing else is ever sent: no checkpoint, no log, no text of the data, no token. Predictions are
# scores alone, splits.json and suspects.csv name rows by their numbers, tfidf.json holds the words
# and pairs of words that two training texts share, and words.json counts those that five share.
ALLOWED = (
    "README.md",
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "decision.json",
    "run.json",
    "metrics.jsonl",
    "onnx/model.onnx",
    "onnx/model_quantized.onnx",
    "results/leaderboard.json",
    "results/metrics.json",
    "results/splits.json",
    "results/suspects.csv",
    "results/study/study.json",
    "results/study/trials.csv",
    "results/targets.parquet",
    "results/tfidf.json",
    "results/words.json",
    "results/predictions/*.parquet",
    "results/plots/*.png",
    golden.FILE_NAME,
)


CLASSIFIER = Shipment(
    allowed=ALLOWED,
    required=("config.json", "model.safetensors", "tokenizer.json", "run.json", golden.FILE_NAME),
    weights="model.safetensors",
    command="training.train",
    write_card=card.write_card,
    replay=lambda folder, _: golden.replay(folder),
)
