"""A model folder -> an ONNX graph in memory, and that graph with 8-bit weights.

Owns the use of transformers' exporter and quantizer, and what they print. Whether a graph computes
the right numbers is not decided here: export.py holds it against the weights.

Letters: B texts of a batch, T tokens.
"""

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import onnx_ir
import torch
from torch.onnx import OnnxExporterError
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer
from transformers.exporters.configs import ExportFormat, OnnxConfig
from transformers.exporters.exporter_onnx import OnnxExporter
from transformers.exporters.quantizers.quantizer_onnxruntime import (
    OnnxRuntimeDynamicConfig,
    OnnxRuntimeQuantizer,
)

from hub.errors import UserError
from inference.models import encoder, pretrained
from training.export import activation_ranges, attention, outliers

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_SAMPLE = ["a text", "a second text, longer than the first"]


class NotConvertible(UserError):
    """This family of models cannot be written as ONNX with the installed versions."""


@dataclass(frozen=True)
class Converted:
    """An ONNX graph.

    sample: the inputs it was traced with, (B, T) int64 each. heads: of each attention.
    """

    program: onnx_ir.Model
    sample: dict[str, torch.Tensor]
    heads: int

    def with_fused_attention(self) -> "Converted | None":
        """The same for ONNX Runtime alone; None where attention has an unknown form."""
        program = attention.fused(self.program, self.heads)
        return replace(self, program=program) if program else None


def convert(folder: Path, output: str) -> Converted:
    """The model in the folder as a float32 graph with free B and T and the one output.

    output: "logits" for a classifier, "last_hidden_state" for the bare encoder.

    Of the two exporters in the installed versions this is the one of transformers 5.23, not
    torch.onnx.export alone: it knows the families that need patching, and the graph has no needless
    IsNaN and Where in every attention. MiniLM-L6, two cores: 12 s, torch.onnx alone 8 s; logits
    7e-8 from torch over six shapes with both.

    Raises:
        NotConvertible: the exporter does not know how to write this family.
        ModelError: the weights cannot be loaded.
    """
    kind = AutoModelForSequenceClassification if output == "logits" else AutoModel
    model = pretrained.load(kind, folder)[0].eval()
    if output == "logits":
        encoder.compute_first_token_only(model)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    read = tokenizer(_SAMPLE, padding=True, return_tensors="pt")  # (2, T) each
    sample = {name: read[name] for name in _INPUTS if name in read}
    # only the two axes that vary; Dim.AUTO on all of them takes longer to resolve
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}  # B, T
    config = OnnxConfig(dynamic_shapes=dict.fromkeys(sample, free))
    try:
        with _quiet():
            program = OnnxExporter().export(model, dict(sample), config=config).program
    # torch.export and torch.onnx have no common base class for what they cannot trace: longformer,
    # funnel and reformer end in RuntimeErrors of several kinds, big_bird in an AssertionError
    except (
        OnnxExporterError,
        RuntimeError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        AssertionError,
    ) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise NotConvertible(
            f"a {model.config.model_type} model cannot be exported to ONNX here ({reason:.200})"
        ) from error
    _keep_only(program, output)
    return Converted(program, sample, getattr(model.config, "num_attention_heads", 0))


def quantize(converted: Converted, rows: Sequence[Sequence[int]]) -> onnx_ir.Model:
    """The graph with 8-bit weights in MatMul, Gemm and Gather, and 8-bit activations.

    rows: token ids of texts such as the model will read; they decide the ranges of activations.

    Weights, measured on MiniLM-L6 fine-tuned on 4,800 tweets, 1,500 others one by one, AVX2 without
    VNNI (same decision as float32; mean distance of a logit; MCC gained; file):

        one scale a matrix                   .9527   .098   +.002   23.4 MB
        one scale a column                   .9807   .039   +.008   23.5 MB
        one scale a column, 7 bits (taken)   .9827   .040   +.006   23.5 MB
        one scale a matrix, unsigned         .9707   .066   +.005   23.4 MB
        one scale a column, unsigned         .9820   .039   -.005   23.5 MB

    Seven bits, because the sums of signed 8-bit products overflow in AVX2: the same file would
    compute other numbers there than on processors with VNNI.

    Activations, on 2,999 tweets of another model, AVX512 with VNNI, one thread (same decision as
    float32, mean distance of a logit, MCC of .622 lost, texts a second in one round):

        range measured at each run, alone   .9777   .086   .008   223
        fixed by 128 texts                  .9800   .087   .007   360
        by 16, 64, 300 texts                .9757, .9847, .9807
        by 128, outliers evened out (taken) .9883   .052   .005
        fixed, QDQ by quantize_static       .9787   .100   .005   353, but one text takes longer

    A range that is measured is that of the whole batch: beside 31 other texts a text's logits moved
    by .04 in the mean, and 18 of 1,000 decisions changed, so such graphs run one window at a time.
    QDQ feeds the sums beside the products with what was rounded to 8 bits. 8-bit blocks
    (MatMulNBits) agree to .9975, but took twice the time of the first line, more than float32.
    """
    program = converted.program.clone()
    # ranges of the float32 graph; those of a divided input come back divided, by its new name
    ranges = outliers.even_out(program, activation_ranges.measure(program, rows))
    quantizer = OnnxRuntimeQuantizer(
        OnnxRuntimeDynamicConfig(
            op_types_to_quantize=["MatMul", "Gemm", "Gather"], per_channel=True, reduce_range=True
        )
    )
    with _quiet():
        quantized = quantizer.quantize(program, converted.sample, ExportFormat.ONNX)
    activation_ranges.fix(quantized, ranges)
    return quantized


def save(program: onnx_ir.Model, path: Path) -> None:
    """Write a graph and its weights as one file, without what names folders of this machine."""
    for node in program.graph.all_nodes():
        node.metadata_props.clear()  # torch notes there the lines of code that made the operator
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx_ir.save(program, path)


def _keep_only(program: onnx_ir.Model, output: str) -> None:
    """Drop the other outputs (an encoder's pooler) and all that only they need."""
    outputs = program.graph.outputs
    wanted = [value for value in outputs if value.name == output]
    assert len(wanted) == 1, f"the graph has the outputs {[value.name for value in outputs]}"
    outputs[:] = wanted
    onnx_ir.passes.common.RemoveUnusedNodesPass()(program)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the exporters print, warn and log away from the user, who can act on none of it."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with (
            warnings.catch_warnings(),
            redirect_stdout(io.StringIO()),
            redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
