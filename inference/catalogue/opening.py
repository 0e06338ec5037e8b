"""A model on show, opened: fetched at its revision, loaded, answering in the task's labels.

Owns which files of a repo are fetched; which models are on show is catalogue.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hub.client import Hub, Snapshot
from inference.catalogue.catalogue import PRETRAINED, Catalogue, ModelEntry
from inference.catalogue.comparison import Column
from inference.core.errors import ModelError
from inference.models import zero_shot
from inference.models.alignment import align, warn_of_sigmoid_head
from inference.models.bundle import TFIDF_FILE, needs_tfidf
from inference.models.classifier import Scorer, load_classifier

# By name, as the Hub client's "*.json" would also match results/golden.json and the like.
_CONFIG_FILES = (
    "config.json decision.json sentence_bert_config.json tokenizer.json tokenizer_config.json "
    "special_tokens_map.json added_tokens.json vocab.json vocab.txt merges.txt "
    "sentencepiece.bpe.model spiece.model tokenizer.model"
).split()
# What can be scored with, best first: the smallest download and the lightest engine. Nothing else
# of a repo is fetched, above all no weights that no engine would read.
_WEIGHTS = (
    ("onnx/model_quantized.onnx*",),
    ("onnx/model.onnx*",),
    ("model*.safetensors", "model.safetensors.index.json"),
)


@dataclass(frozen=True)
class OpenModel:
    """A model on show, loaded: its scorer, in the task's labels; entry.revision is its commit."""

    entry: ModelEntry
    scorer: Scorer

    @property
    def column(self) -> Column:
        """The head of its column in a results table."""
        entry = self.entry
        thresholds = self.scorer.bundle.thresholds
        return Column(entry.repo_id, entry.revision or "", entry.role, entry.title, thresholds)


def open_model(entry: ModelEntry, catalogue: Catalogue, hub: Hub, *, threads: int = 0) -> OpenModel:
    """Fetch a model on show at its revision, load it, and make it answer in the task's labels.

    Fetches an ONNX file where the repo has one, and only else the safetensors weights.

    Raises:
        HubError: it cannot be fetched.
        ModelError: it cannot be loaded, or its labels are not those of the entry.
    """
    pinned, folder = fetch(entry, hub)
    try:
        scorer = _load(entry, catalogue, folder, threads)
        aligned = align(scorer, catalogue.labels, catalogue.problem_type, entry.label_map)
    except ModelError as error:
        raise ModelError(f"{entry.repo_id} at {str(pinned.revision)[:8]}: {error}") from None
    return OpenModel(pinned, aligned)


def open_unaligned(entry: ModelEntry, hub: Hub, *, threads: int = 0) -> OpenModel:
    """Fetch a classifier at its revision and load it, answering in its own labels.

    Raises:
        HubError: it cannot be fetched. ModelError: it cannot be loaded.
    """
    pinned, folder = fetch(entry, hub)
    return OpenModel(pinned, load_classifier(folder, threads=threads))


def fetch(entry: ModelEntry, hub: Hub) -> tuple[ModelEntry, Path]:
    """The entry at its commit, and a folder with its ONNX files or else its weights.

    Raises:
        HubError: it cannot be fetched. ModelError: its decision.json is damaged.
    """
    described = _resolve(entry, hub, _CONFIG_FILES)
    pinned = replace(entry, revision=described.sha)
    files = [*_CONFIG_FILES, *([TFIDF_FILE] if needs_tfidf(described.folder) else [])]
    for patterns in _WEIGHTS:
        folder = _resolve(pinned, hub, [*files, *patterns]).folder
        if any(any(folder.glob(pattern)) for pattern in patterns):
            break
    return pinned, folder


def _load(entry: ModelEntry, catalogue: Catalogue, folder: Path, threads: int) -> Scorer:
    if entry.label_descriptions is None:
        model = load_classifier(folder, threads=threads)
        if entry.problem_type is not None:
            return model.read_as(entry.problem_type)
        if entry.role == PRETRAINED:  # what is fine-tuned here says what it is
            warn_of_sigmoid_head(model, entry.repo_id)
        return model
    return zero_shot.load(
        folder,
        {label: entry.label_descriptions[label] for label in catalogue.labels},
        problem_type=catalogue.problem_type,
        threads=threads,
    )


def _resolve(entry: ModelEntry, hub: Hub, patterns: Sequence[str]) -> Snapshot:
    return hub.resolve(entry.repo_id, entry.revision or "main", allow_patterns=patterns)
