"""The products of an ONNX graph that have weights: what each reads, and its matrix.

Letters: K channels of what is read, M columns of what is made.
"""

from dataclasses import dataclass

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

FUSED_DOMAIN = "com.microsoft"
"""ONNX Runtime's own operators, which its builds for browsers have as well."""


@dataclass(frozen=True)
class Product:
    """A MatMul or Gemm of an activation, (..., K), and a constant matrix."""

    node: ir.Node
    input: ir.Value
    weights: ir.Value

    @property
    def owns_weights(self) -> bool:
        """Whether they may be changed: layers can share a matrix, and an output the embeddings."""
        return len(self.weights.uses()) == 1 and len(self.weights.shape or ()) == 2

    def multiply(self, factors: NDArray[np.float32]) -> None:
        """Multiply the weights of each channel, (K,)."""
        assert self.weights.const_value is not None
        matrix = self.weights.const_value.numpy()
        # weights are (K, M), with transB (M, K): (K,) -> (K, 1) or (1, K)
        by_row = factors[None, :] if _is_transposed(self.node) else factors[:, None]
        self.weights.const_value = ir.tensor(matrix * by_row, name=self.weights.name)


def products_by_input(program: ir.Model) -> dict[str, list[Product]]:
    """The products by the name of what they read."""
    by_input: dict[str, list[Product]] = {}
    for node in program.graph:
        if node.op_type in ("MatMul", "Gemm"):
            read, weights = node.inputs[:2]
            # channels of a transposed input are not its last axis
            if read is None or weights is None or node.attributes.get_int("transA", False):
                continue
            # the products inside attention have no constant matrix
            if read.producer() is not None and weights.is_initializer():
                by_input.setdefault(str(read.name), []).append(Product(node, read, weights))
    return by_input


def _is_transposed(node: ir.Node) -> bool:
    return bool(node.attributes.get_int("transB", False))
