"""What the tests of the graphs share: texts as ids, a run of a graph, the operators in it."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnx_ir as ir
import onnxruntime as ort
from transformers import FunnelConfig, FunnelForSequenceClassification

from tests.tiny import make_tokenizer

ROWS = [[2, *range(10 + length, 10 + 2 * length), 3] for length in (2, 3, 5, 8, 12, 16, 20, 25)]


def run(
    program: ir.Model,
    ids: list[list[int]] | np.ndarray,
    *names: str,
    mask: np.ndarray | None = None,
) -> list[np.ndarray]:
    session = ort.InferenceSession(ir.to_proto(program).SerializeToString())
    array = np.array(ids, np.int64)
    given = {"input_ids": array, "attention_mask": np.ones_like(array) if mask is None else mask}
    fed = {one.name: given.get(one.name, np.zeros_like(array)) for one in session.get_inputs()}
    return session.run(list(names) or None, fed)


def types(program: ir.Model) -> Counter[str]:
    return Counter(node.op_type for node in program.graph)


def make_funnel(folder: Path) -> Path:
    """A random Funnel Transformer, which cannot be exported with free axes."""
    tokenizer = make_tokenizer()
    config = FunnelConfig(
        vocab_size=len(tokenizer), block_sizes=[1, 1], d_model=32, n_head=2, d_head=16, d_inner=64,
        num_labels=3,
    )  # fmt: skip
    FunnelForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
