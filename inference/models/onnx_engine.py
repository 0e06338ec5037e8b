"""Token ids -> numbers by ONNX Runtime on the CPU; the only import of onnxruntime for classifiers.

Neither torch nor transformers is needed: a served int8 model costs tens of megabytes.

Letters: B windows of a batch, T tokens, C labels, H hidden.
"""

import mmap
import os
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from inference.core.errors import ModelError
from inference.models.windows import Batching

# Of 0, 256, 512 and 1024 the least processor time a text: MiniLM, 34 tokens in the mean.
_BATCH_TOKENS = 256


class OnnxEngine:
    """One ONNX graph, loaded; safe to run from several threads at once.

    batching: one window at a time for graphs that would otherwise give a text other numbers beside
        other texts.
    """

    def __init__(self, path: Path, *, output: str, threads: int) -> None:
        """Load the graph at path; `output` names the array that run() returns.

        threads: cores that this graph may use, 0 = ONNX Runtime's choice. Of an 8-bit graph as
            many batches run at once, on a thread each.

        Raises:
            ModelError: the file is no ONNX graph, or its inputs or outputs are unknown to us.
        """
        is_8_bit, is_one_by_one = _quantized(path)
        options = ort.SessionOptions()
        # One short text gains nothing by a second thread, and many texts lose a sixth of their
        # rate by it (MiniLM int8, two cores, idle, 2026-11-22).
        options.intra_op_num_threads = 1 if is_8_bit else threads
        options.inter_op_num_threads = 1
        # Waiting threads that spin take the cores from the other model, the page and the server.
        # Without: 1.5 to 2.5 times the texts a second on two busy cores (2026-11-21).
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # The arena keeps the memory of the longest batch ever seen: two int8 models held 300 MiB
        # after a few long texts, 200 without it, at the same speed (2026-11-21).
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3  # errors only: warnings on the graph are not for users
        try:
            self._session = ort.InferenceSession(
                str(path),
                options,
                providers=["CPUExecutionProvider"],
                # one operator for a sum and its LayerNormalization, but three times slower than
                # both: a sixth of an 8-bit text's time (MiniLM, AVX512, 2026-11-22)
                disabled_optimizers=["SkipLayerNormFusion"],
            )
        except Exception as error:  # the classes in onnxruntime.capi derive from Exception alone
            raise ModelError(f"{path} cannot be loaded ({error}); download it again") from None
        self._inputs = [entry.name for entry in self._session.get_inputs()]
        self._output = output
        unknown = set(self._inputs) - {"input_ids", "attention_mask", "token_type_ids"}
        outputs = [entry.name for entry in self._session.get_outputs()]
        if unknown or "input_ids" not in self._inputs or output not in outputs:
            raise ModelError(
                f"{path} has inputs {', '.join(self._inputs)} and outputs {', '.join(outputs)}; "
                f"expected input_ids, attention_mask, token_type_ids and {output}"
            )
        self.batching = Batching(
            tokens=0 if is_one_by_one else _BATCH_TOKENS,
            workers=threads or os.cpu_count() or 1,
            # sums of a row rounded in another order, as beside padding, can tip an 8-bit rounding
            mixes_lengths=not is_8_bit,
        )
        self.size_bytes = sum(
            part.stat().st_size for part in path.parent.iterdir() if part.name.startswith(path.name)
        )

    def run(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return the output for (B, T) ids and mask: (B, C) logits or (B, T, H) hidden states."""
        tensors = {"input_ids": input_ids, "attention_mask": attention_mask}
        if "token_type_ids" in self._inputs:
            tensors["token_type_ids"] = np.zeros_like(input_ids)  # (B, T): a single segment
        fed = {name: tensors[name] for name in self._inputs}
        result: NDArray[np.float32] = self._session.run([self._output], fed)[0]
        return result


def open_session(path: Path) -> ort.InferenceSession:
    """A graph to look into, as the exporter left it, with ONNX Runtime's own choices."""
    return ort.InferenceSession(path, providers=["CPUExecutionProvider"])


def _quantized(path: Path) -> tuple[bool, bool]:
    """Return whether activations are 8-bit, and whether the texts beside a text change its numbers.

    DynamicQuantizeLinear, of models that were published by other means or before ranges were fixed
    (training/export/activation_ranges.py), scales all activations of a batch by their common
    range. On tweets that moved scores by 0.01 in the median and 0.18 at most, and changed 3 of 200
    decisions (MiniLM fine-tuned on tweets, 2026-11-21). A file that is missing or empty is told by
    loading it.
    """
    if not path.is_file() or not path.stat().st_size:
        return False, False
    # operator names stand in the file as plain bytes; parsing it would need the package onnx
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find(b"QuantizeLinear") < 0:
            return False, False
        return True, content.find(b"DynamicQuantizeLinear") >= 0
