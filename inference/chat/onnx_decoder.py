"""A causal model of the Llama family on ONNX Runtime: tokens in, logits of the next one out.

Holds keys and values of what it has read, in memory that the graph writes to in place. Reading
releases the interpreter, so the pages of other visitors go on meanwhile; torch is not needed.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from inference.chat import llama_config, llama_graph
from inference.chat.weights import Weights
from inference.core.errors import ModelError


class OnnxDecoder:
    """One model and one conversation; not to be used by two threads at once."""

    def __init__(self, folder: Path, adapter: Path | None, positions: int, threads: int) -> None:
        """Round the weights, merge the adapter and load the graph, for `positions` tokens at most.

        threads: size of this model's own thread pool, 0 = ONNX Runtime's choice.

        Raises:
            ModelError: a weight is missing, or the model is of another family.
        """
        config = llama_config.read(folder)
        if config is None:
            raise ModelError(f"the model in {folder} is not of a family that this engine knows")
        weights = Weights(folder, adapter)
        weights.check_adapter()
        graph = llama_graph.build(config, weights, positions)
        self.positions = positions
        self.size_bytes = graph.size_bytes
        self._embeddings = graph.embeddings
        self._arrays = graph.arrays  # ONNX Runtime reads them where they are
        self._session = _session(graph, threads)
        shape = (1, config.kv_heads, positions, config.head_size)
        self._kept = [
            ort.OrtValue.ortvalue_from_numpy(np.zeros(shape, np.float32))
            for _ in range(2 * config.layers)
        ]
        self._binding = self._session.io_binding()
        names = [f"{kind}.{n}" for n in range(config.layers) for kind in ("key", "value")]
        self._binding.bind_output("logits")
        for name, kept in zip(names, self._kept, strict=True):
            self._binding.bind_ortvalue_input(name, kept)
            self._binding.bind_ortvalue_output(f"new_{name}", kept)

    def extend(self, ids: Sequence[int], kept: int) -> NDArray[np.float32]:
        """Read tokens after the first `kept` of those read before; (V,) logits of the next one."""
        total = kept + len(ids)
        assert ids and total <= self.positions, (len(ids), kept, self.positions)
        hidden = self._embeddings.rows(np.asarray(ids))[None]
        self._binding.bind_cpu_input("hidden", hidden)
        self._binding.bind_cpu_input("last", np.array([total - 1], np.int32))
        self._binding.bind_cpu_input("total", np.array(total, np.int32))
        self._session.run_with_iobinding(self._binding)
        # A copy: the next reading may write to the same memory.
        logits: NDArray[np.float32] = self._binding.get_outputs()[0].numpy().reshape(-1).copy()
        return logits


def _session(graph: llama_graph.Graph, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # As for classifiers: threads that spin take the cores from the page and the other model.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    names = list(graph.arrays)
    values = [ort.OrtValue.ortvalue_from_numpy(graph.arrays[name]) for name in names]
    options.add_external_initializers(names, values)
    return ort.InferenceSession(graph.model, options, providers=["CPUExecutionProvider"])
