"""The bare pretrained encoder as a classifier: how near a text is to a description of each label.

What one has for free, without a labelled example: the baseline that a fine-tuned model must beat.
The scores are those of a model that was never told about the task; they are not calibrated.

Letters: N texts, C labels, W windows, B windows of a batch, T tokens, H hidden.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inference.core.errors import ModelError
from inference.models.bundle import Bundle
from inference.models.classifier import (
    ONNX_FILES,
    TORCH,
    Engine,
    activate,
    load_engine,
    load_reader,
)
from inference.models.model_files import token_limit
from inference.models.windows import TextReader, weighted_mean

HIDDEN = "last_hidden_state"

# all-MiniLM-L6-v2 and its siblings were trained with softmax(20 * cosine) over the texts of a batch
# (MultipleNegativesRankingLoss of sentence-transformers, default scale 20). The same factor here
# asks the question the encoder was trained on: which of these texts belongs to that one?
SCALE = 20.0

# What a multi-label score is weighed against: the description of a text about which there is
# nothing to say. Softmax over {description, this} is a sigmoid of the difference.
NOTHING = "an ordinary message"


class Embedder(Protocol):
    """Texts -> vectors."""

    @property
    def max_tokens(self) -> int: ...

    @property
    def size_bytes(self) -> int: ...

    @property
    def engine_name(self) -> str: ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, H) float32 of length 1 each."""


class Encoder:
    """Texts -> vectors by a pretrained model without a head; safe to share between threads."""

    def __init__(self, reader: TextReader, engine: Engine, max_tokens: int, name: str) -> None:
        self.engine_name = name
        self.max_tokens = max_tokens
        self.size_bytes = engine.size_bytes
        self._reader = reader
        self._engine = engine

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, H) float32 of length 1 each; of a long text, the mean over its windows.

        Raises:
            TextError: a text is not a str or is blank.
        """
        windows = self._reader.read(texts)
        rows = self._reader.forward(windows, self._mean_pooled, self._engine.batching)
        means = weighted_mean(rows, windows, len(texts))  # (W, H) -> (N, H)
        unit: NDArray[np.float32] = means / np.linalg.norm(means, axis=1, keepdims=True)
        return unit

    def _mean_pooled(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return the mean over a window's tokens, padding left out: (B, T) -> (B, H)."""
        hidden = self._engine.run(input_ids, attention_mask)  # (B, T, H)
        weights = attention_mask[:, :, None].astype(np.float32)  # (B, T, 1)
        pooled: NDArray[np.float32] = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
        return pooled


class ZeroShot:
    """An encoder with a description for each label; safe to share between threads."""

    def __init__(self, bundle: Bundle, encoder: Embedder, descriptions: Sequence[str]) -> None:
        """Encode the descriptions, one for each label of the bundle, in their order."""
        self.bundle = bundle
        self.engine_name = encoder.engine_name
        self.size_bytes = encoder.size_bytes
        self._encoder = encoder
        self._labels = encoder.embed([*descriptions, NOTHING])  # (C + 1, H)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, H) float32 of length 1 each, whatever the labels.

        Raises:
            TextError: a text is not a str or is blank.
        """
        return self._encoder.embed(texts)

    def score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, C) float32 in [0, 1], in the order of the texts.

        Single-label: softmax of 20 x cosine to the descriptions. Multi-label: for each label, the
        softmax over its description and that of an ordinary message, so 0.5 means "as near to one
        as to the other".

        Raises:
            TextError: a text is not a str or is blank.
        """
        count = len(self.bundle.labels)
        if not texts:
            return np.empty((0, count), np.float32)
        cosines = self._encoder.embed(texts) @ self._labels.T  # (N, C + 1)
        logits = np.multiply(cosines, SCALE, dtype=np.float32)
        if self.bundle.is_multilabel:
            # (N, C) less (N, 1), how near it is to nothing
            return activate(logits[:, :count] - logits[:, count:], is_multilabel=True)
        return activate(logits[:, :count], is_multilabel=False)


def load_encoder(folder: Path, *, threads: int = 0, device: str = "cpu") -> Encoder:
    """Load an encoder.

    Takes an ONNX file of the folder that returns last_hidden_state, else its safetensors weights.

    Raises:
        ModelError: the folder holds no encoder that can be read.
    """
    present = [name for name, file in ONNX_FILES.items() if (folder / file).is_file()]
    name = present[0] if present else TORCH
    max_tokens = token_limit(folder)
    engine = load_engine(folder, name, output=HIDDEN, threads=threads, device=device)
    return Encoder(load_reader(folder, max_tokens, name), engine, max_tokens, name)


def load(
    folder: Path,
    descriptions: Mapping[str, str],
    *,
    problem_type: str,
    threads: int = 0,
    device: str = "cpu",
) -> ZeroShot:
    """Load an encoder as a classifier; the keys of descriptions are the labels, in this order.

    Raises:
        ModelError: a description is blank, or the folder holds no encoder that can be read.
    """
    _refuse_blank(descriptions)  # before anything is loaded
    encoder = load_encoder(folder, threads=threads, device=device)
    return describe(encoder, descriptions, problem_type)


def describe(encoder: Embedder, descriptions: Mapping[str, str], problem_type: str) -> ZeroShot:
    """An encoder as a classifier; the keys of descriptions are the labels, in this order.

    Raises:
        ModelError: a description is blank.
    """
    _refuse_blank(descriptions)
    labels = tuple(descriptions)
    bundle = Bundle(labels, problem_type, text_fields=(), max_tokens=encoder.max_tokens)
    return ZeroShot(bundle, encoder, [descriptions[label] for label in labels])


def _refuse_blank(descriptions: Mapping[str, str]) -> None:
    blank = [label for label, text in descriptions.items() if not text.strip()]
    if blank:
        raise ModelError(f"label_descriptions of {', '.join(blank)} is blank; describe each label")
