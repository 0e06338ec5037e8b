"""Texts -> scores (N, C) and decisions, by a fine-tuned or pretrained classifier.

Owns what happens between ids and scores: choice of the engine, one row a text out of the rows of
its windows, offsets, temperature, counted words, softmax or sigmoid, thresholds. Reading texts is
windows.py; the numbers come from onnx_engine.py or torch_engine.py, those of words from tfidf.py.

Letters: N texts, C labels, W windows, B windows of a batch, T tokens.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from inference.core.errors import ModelError
from inference.models.bundle import UNTUNED, Bundle, load_bundle
from inference.models.windows import (
    TOKENIZER_FILE,
    Batching,
    TextReader,
    Window,
    load_tokenizer,
    pad_token_id,
    weighted_mean,
)

if TYPE_CHECKING:
    from inference.models.tfidf import Tfidf

ONNX_INT8, ONNX_FP32, TORCH = "onnx_int8", "onnx_fp32", "torch"
ONNX_FILES = {ONNX_INT8: "onnx/model_quantized.onnx", ONNX_FP32: "onnx/model.onnx"}
ENGINES = ("auto", *ONNX_FILES, TORCH)


class HasScores(Protocol):
    """Texts -> scores, whatever gives them."""

    def score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, C) float32 in [0, 1], in the order of the texts; NaN: no such label."""


class Scorer(HasScores, Protocol):
    """Anything that gives every label of its bundle a score; its size and engine are known."""

    @property
    def bundle(self) -> Bundle: ...

    @property
    def size_bytes(self) -> int: ...

    @property
    def engine_name(self) -> str:
        """What computes it: onnx_int8, onnx_fp32, torch, or a library by its name."""


class Engine(Protocol):
    """Token ids -> numbers."""

    size_bytes: int
    batching: Batching

    def run(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return one row a window for (B, T) ids and mask."""


class Classifier:
    """A sequence classifier in a local folder; safe to share between threads."""

    def __init__(
        self,
        bundle: Bundle,
        reader: TextReader,
        engine: Engine,
        name: str,
        words: "Tfidf | None" = None,
    ) -> None:
        """words: what the bundle's tfidf_weight multiplies; needed where that is above 0."""
        self.bundle = bundle
        self.engine_name = name
        self.size_bytes = engine.size_bytes + (words.size_bytes if words else 0)
        self._reader = reader
        self._engine = engine
        self._words = words
        self._offsets: NDArray[np.float32] = np.array(bundle.offsets, np.float32)  # (C,)

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, C) float32: the weights' logits in the order of the texts, as they are.

        Neither offsets, temperature nor counted words are in them.

        Raises:
            TextError: a text is not a str or is blank.
        """
        if not texts:
            return np.empty((0, len(self.bundle.labels)), np.float32)
        windows = self._reader.read(texts)
        rows = self._reader.forward(windows, self._engine.run, self._engine.batching)  # (W, C)
        return pool_windows(rows, windows, len(texts), self.bundle.is_multilabel)

    def score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, C) float32 scores in [0, 1] in the order of the texts.

        Raises:
            TextError: a text is not a str or is blank.
        """
        logits = (self.logits(texts) + self._offsets) / self.bundle.temperature
        if self._words is not None:
            words = self._words.logits(self._as_counted(texts))  # (N, C)
            logits = logits + self.bundle.tfidf_weight * words
        return activate(logits, self.bundle.is_multilabel)

    def _as_counted(self, texts: Sequence[str]) -> list[str]:
        """The texts with their fields joined as the counted words have them joined."""
        assert self._words is not None, "only a model with counted words asks for this"
        own, theirs = self.bundle.field_separator, self._words.field_separator
        return [text.replace(own, theirs) for text in texts] if own != theirs else list(texts)

    def plain(self) -> "Classifier":
        """Return the model as transformers' own pipeline reads it: its weights and nothing else."""
        return Classifier(self.bundle.plain, self._reader, self._engine, self.engine_name)

    def read_as(self, problem_type: str) -> "Classifier":
        """Return the model with its logits read by sigmoid or softmax as this type asks.

        What was tuned for the other type, thresholds and temperature, is left behind; offsets are
        not, as they undo what was done to the weights.
        """
        own = self.bundle
        if problem_type == own.problem_type:
            return self
        bundle = replace(own.plain, problem_type=problem_type, thresholds=(), chosen_on=UNTUNED)
        return Classifier(bundle, self._reader, self._engine, self.engine_name)


def load_classifier(
    folder: Path, *, engine: str = "auto", threads: int = 0, device: str = "cpu"
) -> Classifier:
    """Load the classifier in a folder as save_pretrained or training.publish leaves it.

    engine: "auto" takes the first that the folder has of onnx_int8, onnx_fp32, torch; on "cuda" or
        "mps" it takes torch, as the ONNX files are made for processors.
    threads: size of the engine's thread pool; 0 = the engine's choice, which is by the cores of
        the host, also in a container that may use fewer.

    Raises:
        ModelError: a file is missing, unreadable, or at odds with the others.
    """
    name = choose_engine(folder, engine, device)
    bundle = load_bundle(folder)
    runner = load_engine(folder, name, output="logits", threads=threads, device=device)
    reader = load_reader(folder, bundle.max_tokens, name)
    classifier = Classifier(bundle, reader, runner, name, _load_words(folder, bundle))
    # any three tokens, (1, 3) -> (1, C)
    width = runner.run(np.ones((1, 3), np.int64), np.ones((1, 3), np.int64)).shape[1]
    if width != len(bundle.labels):
        raise ModelError(
            f"the {name} model in {folder} gives {width} numbers a text, but config.json names "
            f"{len(bundle.labels)} labels; export the model again"
        )
    return classifier


def _load_words(folder: Path, bundle: Bundle) -> "Tfidf | None":
    if not bundle.tfidf_weight:
        return None
    from inference.models.tfidf import load_tfidf  # scikit-learn, of which most models need nothing

    return load_tfidf(folder, bundle.labels)


def choose_engine(folder: Path, engine: str = "auto", device: str = "cpu") -> str:
    """Return the name of the engine that "auto" stands for in this folder.

    Raises:
        ModelError: the engine is unknown, or the folder lacks its file.
    """
    if engine not in ENGINES:
        raise ModelError(f"unknown engine {engine!r}; known: {', '.join(ENGINES)}")
    present = [name for name, file in ONNX_FILES.items() if (folder / file).is_file()]
    if engine == "auto":
        return present[0] if present and device not in ("cuda", "mps") else TORCH
    if engine in ONNX_FILES and engine not in present:
        raise ModelError(
            f"{folder} has no {ONNX_FILES[engine]}, which the engine {engine} needs; "
            f"it offers {', '.join([*present, TORCH])}"
        )
    return engine


def load_engine(folder: Path, name: str, *, output: str, threads: int, device: str) -> Engine:
    """Load one engine of a folder; `output` is the array it shall return.

    Raises:
        ModelError: its file is missing or unreadable.
    """
    # imported here: each costs memory and start-up time that the other has no use for
    if name in ONNX_FILES:
        from inference.models.onnx_engine import OnnxEngine

        return OnnxEngine(folder / ONNX_FILES[name], output=output, threads=threads)
    from inference.models.torch_engine import TorchEngine

    return TorchEngine(folder, output=output, threads=threads, device=device)


def load_reader(folder: Path, max_tokens: int, engine: str) -> TextReader:
    """Load the tokenizer of a folder as the reader of its texts.

    Raises:
        ModelError: tokenizer.json is missing or unreadable, and the engine is not torch.
    """
    if engine == TORCH and not (folder / TOKENIZER_FILE).is_file():
        from inference.models.torch_engine import convert_tokenizer

        tokenizer = convert_tokenizer(folder)
    else:
        tokenizer = load_tokenizer(folder)
    return TextReader(tokenizer, max_tokens, pad_token_id(folder, tokenizer))


def decide(bundle: Bundle, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which labels are chosen, (N, C) bool.

    Multi-label: score >= threshold, possibly none. Single-label: the strongest, of equals the
    first. A NaN score is never chosen.
    """
    if bundle.is_multilabel:
        # (N, C) >= (C,), in float32 as the scores: in float64 a .3 is another number
        return scores >= np.asarray(bundle.thresholds, np.float32)
    # argmax takes NaN for the greatest
    filled = np.where(np.isnan(scores), -np.inf, scores)
    # (N, C) -> (N,) -> (N, C)
    strongest = np.eye(scores.shape[1], dtype=np.bool_)[filled.argmax(axis=1)]
    return strongest & ~np.isnan(scores)


def activate(logits: NDArray[np.float32], is_multilabel: bool) -> NDArray[np.float32]:
    """Return (N, C) float32 in [0, 1]: sigmoid of each logit, or softmax over a row."""
    if is_multilabel:
        # tanh does not overflow, exp(-x) of a far negative logit does
        return (0.5 * (1 + np.tanh(0.5 * logits))).astype(np.float32)
    # less the greatest of its row, so that exp does not overflow
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    # sorted: a sum rounds by its order, and a model's scores shall not depend on that of its labels
    return (exponents / np.sort(exponents, axis=1).sum(axis=1, keepdims=True)).astype(np.float32)


def pool_windows(
    rows: NDArray[np.float32], windows: Sequence[Window], count: int, is_multilabel: bool
) -> NDArray[np.float32]:
    """Return one row a text, (W, C) -> (N, C).

    Multi-label: the greatest logit of any window, as one insult makes a long comment insulting.
    Single-label: the mean, weighted by the windows' own tokens, as one label must fit the whole.
    """
    owners = np.array([window.text for window in windows])  # (W,)
    if is_multilabel:
        greatest = np.full((count, rows.shape[1]), -np.inf, np.float32)
        np.maximum.at(greatest, owners, rows)  # (W, C) -> (N, C)
        return greatest
    return weighted_mean(rows, windows, count)
