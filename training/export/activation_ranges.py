"""8-bit activations by ranges that are measured once, on texts, in place of at every run.

Owns the change of a graph whose products measure the range of their input each time they run: the
range becomes a constant, and product, scales and bias one operator. A text's numbers are then its
own, whatever texts are beside it, so that texts can share a batch; and a look at every activation,
a cast and two multiplications a product are saved. Converting and quantizing the graph is graph.py.

Asymmetric 8-bit quantization by the least and the greatest value seen (Jacob et al. 2018,
arXiv:1712.05877, section 2.1); what lies outside of them later is clipped.

Letters: T tokens, K channels.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from inference.models.onnx_engine import open_session
from training.export.products import FUSED_DOMAIN, products_by_input

_LEVELS = 255
_LEAST_SCALE = 1e-8  # of an input that is always 0


ActivationRange = tuple[NDArray[np.float32], NDArray[np.float32]]
"""The least and the greatest value of each channel, (K,) each, and 0."""


def measure(program: ir.Model, rows: Sequence[Sequence[int]]) -> dict[str, ActivationRange]:
    """The ranges of what the products of a float32 graph read, by name.

    rows: token ids of one text or more, such as the model will read, (T,) each.
    """
    names = list(products_by_input(program))
    made = {_name(value): value for node in program.graph for value in node.outputs}
    outputs = list(program.graph.outputs)
    try:
        # what the products read is given out as long as it is measured
        program.graph.outputs[:] = [made[name] for name in names]
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "model.onnx"
            ir.save(program, path)
            session = open_session(path)
    finally:
        program.graph.outputs[:] = outputs
    ranges: dict[str, ActivationRange] = {}
    for row in rows:
        ids = np.array([row], np.int64)  # (1, T): alone, so that no padding is measured
        tensors = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        # an input beyond the two is token_type_ids: all of a single segment
        fed = {
            argument.name: tensors.get(argument.name, np.zeros_like(ids))
            for argument in session.get_inputs()
        }
        for name, array in zip(names, session.run(names, fed), strict=True):
            tokens = array.reshape(-1, array.shape[-1])  # (1, T, K) or (1, K) -> (tokens, K)
            # 0 is within every range, as it needs a whole number of its own, the zero point
            low, high = ranges.get(name, (np.float32(0), np.float32(0)))
            ranges[name] = (
                np.minimum(low, tokens.min(axis=0)),  # (tokens, K) -> (K,)
                np.maximum(high, tokens.max(axis=0)),
            )
    return ranges


def fix(quantized: ir.Model, ranges: Mapping[str, ActivationRange]) -> None:
    """Change the quantized graph in place; a product of unknown form keeps measuring."""
    graph = quantized.graph
    fixed = set()
    for node in [node for node in graph if node.op_type == "DynamicQuantizeLinear"]:
        bounds = ranges.get(_name(node.inputs[0]))
        if bounds is not None:
            # all channels share one scale: (K,) -> one number
            fixed.add(_fix(graph, node, float(bounds[0].min()), float(bounds[1].max())))
    for node in [node for node in graph if node.op_type == "MatMulInteger"]:
        _fuse(graph, node, fixed)
    ir.passes.common.RemoveUnusedNodesPass()(quantized)
    graph.opset_imports[FUSED_DOMAIN] = 1


def _fix(graph: ir.Graph, measuring: ir.Node, low: float, high: float) -> ir.Value:
    """Quantize by this range in place of the measured one; returns the scale."""
    # x becomes round(x / step) + zero, cut to 0 ... 255
    step = np.float32(max((high - low) / _LEVELS, _LEAST_SCALE))
    zero = np.uint8(np.clip(np.round(-low / step), 0, _LEVELS))
    scale, zero_point = (
        _constant(graph, f"{_name(measuring.inputs[0])}_{kind}", np.array(value))
        for kind, value in (("scale", step), ("zero_point", zero))
    )
    fixed = ir.node("QuantizeLinear", [measuring.inputs[0], scale, zero_point])
    graph.insert_before(measuring, fixed)
    for old, new in zip(measuring.outputs, (fixed.outputs[0], scale, zero_point), strict=True):
        old.replace_all_uses_with(new)
    return scale


def _fuse(graph: ir.Graph, product: ir.Node, fixed: set[ir.Value]) -> None:
    """Make one operator of MatMulInteger, Cast, Mul by both scales and, where there is one, Add.

    Nothing is changed where something else follows: an input that is still measured, say.
    """
    cast = _only_user(product, "Cast")
    scaled = _only_user(cast, "Mul") if cast else None
    scales = _other(scaled, cast.outputs[0]).producer() if cast and scaled else None
    scale = next((value for value in scales.inputs if value in fixed), None) if scales else None
    if scaled is None or scales is None or scale is None or scales.op_type != "Mul":
        return
    middle = _unless_zero(product.inputs[3])
    # A and B, their scales, their zero points, in the operator's order
    inputs = [*product.inputs[:2], scale, _other(scales, scale), product.inputs[2], middle]
    last, added = scaled, _only_user(scaled, "Add")
    bias = _other(added, scaled.outputs[0]) if added else None
    # what the operator adds itself is one number a column, a vector
    if added and bias and bias.is_initializer() and len(bias.shape or ()) == 1:
        last, inputs = added, [*inputs, bias]
    fused = ir.node("MatMulIntegerToFloat", inputs, domain=FUSED_DOMAIN)
    graph.insert_before(last, fused)
    old, new = last.outputs[0], fused.outputs[0]
    # the next operators, or the file's readers, know the result by the old name
    name, old.name = old.name, None
    old.replace_all_uses_with(new, replace_graph_outputs=True)
    new.name = name


def _unless_zero(middle: ir.Value | None) -> ir.Value | None:
    """The zero points of weights; None where all are 0, which saves 3 % of a short text's time."""
    constant = middle.const_value if middle else None
    return middle if constant is None or constant.numpy().any() else None


def _constant(graph: ir.Graph, name: str, array: np.ndarray) -> ir.Value:
    value = ir.Value(name=name, const_value=ir.tensor(array, name=name))
    graph.register_initializer(value)
    return value


def _only_user(node: ir.Node, op_type: str) -> ir.Node | None:
    """The node that reads the output of this one, if it is the only one and of that type."""
    users = node.outputs[0].consumers()
    only = users[0] if len(users) == 1 and not node.outputs[0].is_graph_output() else None
    return only if only is not None and only.op_type == op_type else None


def _other(node: ir.Node, value: ir.Value) -> ir.Value:
    """The other of the two inputs."""
    first, second = node.inputs
    other = second if first is value else first
    assert other is not None
    return other


def _name(value: ir.Value | None) -> str:
    assert value is not None and value.name is not None
    return value.name
