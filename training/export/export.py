"""Trained weights as ONNX files; float32 is held against the weights before it is put in place.

Owns onnx/model.onnx (float32) and onnx/model_quantized.onnx (int8) of a run folder. Both are whole
(no .data beside them) and have these names because transformers.js looks for them. A model family
that cannot be converted ships without them; torch then serves it. Converting the graph is
graph.py; what int8 costs is measured on the test part with all else, see
inference/evaluation/verdict.py.

Try: python -c "from pathlib import Path; from training.export import export; \
export.export_encoder(Path('DIR'), Path('model.onnx'))"
"""

import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.core.errors import ModelError
from inference.models.bundle import load_bundle
from inference.models.classifier import (
    ONNX_FILES,
    ONNX_FP32,
    ONNX_INT8,
    TORCH,
    load_engine,
    load_reader,
)
from inference.models.model_files import token_limit
from inference.models.windows import Batching
from training.export import graph
from training.export.graph import Converted, NotConvertible
from training.run.run_folder import sha256_of

FP32_TOLERANCE = 1e-4

_ENCODER_OUTPUT = "last_hidden_state"
_LONGEST_CHECK = 512  # tokens; beyond it the check costs more than it could find
_ONE_BATCH = Batching(tokens=2**40)  # a budget that no group of texts exceeds
_REAL_TEXTS = 32
RANGE_TEXTS = 128
"""How many texts decide the ranges of the int8 file's activations, if there are as many."""
_BESIDE_THE_GRAPH = ("config.json", "tokenizer.json", "tokenizer_config.json", "decision.json")


class ParityError(ModelError):
    """An ONNX file does not compute what the weights compute."""


@dataclass(frozen=True)
class ExportReport:
    """What was exported and how far it is from the weights; all plain values, for run.json.

    notice: why there is no ONNX file; None when there is. All figures are then None or empty.
    fp32_max_logit_difference: greatest distance from torch over all shapes that were tried.
    """

    notice: str | None
    fp32_max_logit_difference: float | None = None
    sizes_bytes: Mapping[str, int] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)
    duration_s: float = 0.0


def export_classifier(run_dir: Path, texts: Sequence[str]) -> ExportReport:
    """Write both ONNX files of a run folder, or neither and a notice that says why.

    Neither: the family cannot be converted, or the float32 file is not what the weights are. The
    weights are good all the same, so this ends no run.

    texts: as the model reads them, none of the test part: some are used to compare the float32 file
        with the weights, and they decide how large the activations of the int8 file may get.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=run_dir, prefix=".export-") as scratch:
        stage = Path(scratch)
        for name in _BESIDE_THE_GRAPH:
            if (run_dir / name).is_file():
                shutil.copy2(run_dir / name, stage / name)
        try:
            converted = graph.convert(run_dir, "logits")
            graph.save(converted.program, stage / ONNX_FILES[ONNX_FP32])
            weights = _Weights(run_dir, "logits", [*_shapes(), tuple(_spread(texts, _REAL_TEXTS))])
            difference = weights.check(stage)
            rows = weights.reader.read(_spread(texts, RANGE_TEXTS))
            fused = _fused(converted, weights, stage / "fused")
            quantized = graph.quantize(fused, [row.ids for row in rows[:RANGE_TEXTS]])
            graph.save(quantized, stage / ONNX_FILES[ONNX_INT8])
        except (NotConvertible, ParityError) as error:
            shutil.rmtree(run_dir / "onnx", ignore_errors=True)  # of other weights
            return ExportReport(notice=str(error), duration_s=time.monotonic() - started)
        (run_dir / "onnx").mkdir(exist_ok=True)
        for name in ONNX_FILES.values():
            (stage / name).replace(run_dir / name)
    files = {name: run_dir / name for name in ONNX_FILES.values()}
    return ExportReport(
        notice=None,
        fp32_max_logit_difference=difference,
        sizes_bytes={name: path.stat().st_size for name, path in files.items()},
        sha256={name: sha256_of(path) for name, path in files.items()},
        duration_s=time.monotonic() - started,
    )


def _fused(converted: Converted, weights: "_Weights", stage: Path) -> Converted:
    """The graph with attention as one operator, if that computes what the weights do, or as it was.

    Not in the float32 file, which other programs than ONNX Runtime can read as well.
    """
    fused = converted.with_fused_attention()
    if fused is None:
        return converted
    graph.save(fused.program, stage / ONNX_FILES[ONNX_FP32])
    try:
        weights.check(stage)
    except ModelError:  # other numbers, or none at all
        return converted
    return fused


def export_encoder(folder: Path, destination: Path) -> None:
    """Write a bare encoder as one float32 ONNX file with the output last_hidden_state.

    Raises:
        ModelError: it cannot be converted, or (ParityError) does not compute what the weights do.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".export-") as scratch:
        stage = Path(scratch)
        path = stage / ONNX_FILES[ONNX_FP32]
        try:
            graph.save(graph.convert(folder, _ENCODER_OUTPUT).program, path)
        except NotConvertible as error:
            raise ModelError(f"{error}; publish {folder} without an ONNX file") from error
        shutil.copy2(folder / "config.json", stage / "config.json")
        _Weights(folder, _ENCODER_OUTPUT, _shapes()).check(stage)
        path.replace(destination)


def _spread(texts: Sequence[str], count: int) -> Sequence[str]:
    """At most so many texts, from all over them: a file may be in the order of its labels."""
    return texts[:: -(-len(texts) // count)] if texts else texts  # the step is rounded up


def _shapes() -> list[tuple[str, ...]]:
    """Groups of texts that differ in batch size, length, padding and script."""
    long = "word " * _LONGEST_CHECK  # cut to the longest that the model reads
    scripts = (
        "Ça m'est égal 🙂",
        "天気がいいですね",
        "\u202eمرحبا بالعالم",
        "e\u0301 \u00ad x",
        "ß",
    )
    return [("a",), ("a short text",), scripts, ("a", "a longer text of a few words", "so"),
            (long,), (long, "ok")]  # fmt: skip


class _Weights:
    """What the weights of a folder compute of groups of texts, which its ONNX files must as well.

    reader: turns texts into the windows that this model reads.
    """

    def __init__(self, folder: Path, output: str, groups: Sequence[tuple[str, ...]]) -> None:
        limit = load_bundle(folder).max_tokens if output == "logits" else token_limit(folder)
        self.reader = load_reader(folder, min(_LONGEST_CHECK, limit), TORCH)
        self._folder, self._output = folder, output
        # the group's own windows only, as one batch: (B, C) logits or (B, T, H) states
        self._groups = [self.reader.read(group)[: len(group)] for group in groups]
        self._expected = self._answers(folder, TORCH)

    def check(self, stage: Path) -> float:
        """The greatest difference of the float32 file in `stage` from the weights.

        Raises:
            ModelError: the file does not run.
            ParityError: the difference reaches the tolerance for one of the groups.
        """
        worst = 0.0
        answers = self._answers(stage, ONNX_FP32)
        for windows, got, expected in zip(self._groups, answers, self._expected, strict=True):
            difference = float(np.abs(got - expected).max())  # (B, C) or (B, T, H)
            if not difference < FP32_TOLERANCE:  # also when it is not a number
                longest = max(len(window.ids) for window in windows)
                raise ParityError(
                    f"the ONNX file of {self._folder} differs from its weights by {difference:.2g} "
                    f"for {len(windows)} texts of up to {longest} tokens; expected less than "
                    f"{FP32_TOLERANCE:g}. It was not kept; torch serves the weights"
                )
            worst = max(worst, difference)
        return worst

    def _answers(self, folder: Path, engine: str) -> list[NDArray[np.float32]]:
        loaded = load_engine(folder, engine, output=self._output, threads=0, device="cpu")
        return [self.reader.forward(group, loaded.run, _ONE_BATCH) for group in self._groups]
