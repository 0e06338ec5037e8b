"""Attention as one operator of ONNX Runtime, in place of the two dozen that the exporter writes.

Owns that change of a graph. It takes for granted that the mask of every attention is that of the
padding, which holds for BERT and its kin, but not where a token looks at its neighbours alone or
where positions are added: export.py holds the changed graph against the weights, long texts too.
What it saves, a tenth of a text's time, stands in benchmarks/LOG.md (2026-11-22).

Letters: B texts of a batch, T tokens, H hidden.
"""

import onnx_ir as ir

from training.export.products import FUSED_DOMAIN

_MASK = "attention_mask"
_BEFORE = ("Mul", "Transpose", "Reshape")  # what makes heads of (B, T, H), and scales them
_AFTER = ("Where", "Transpose", "Reshape")  # what makes (B, T, H) of heads, empty texts left out


class _NotThis(Exception):
    """A softmax has something else around it."""


def fused(program: ir.Model, heads: int) -> ir.Model | None:
    """The graph with each attention as one MultiHeadAttention; None where one has another form.

    heads: how many every attention has.
    """
    made = program.clone()
    graph = made.graph
    masks = [value for value in graph.inputs if value.name == _MASK]
    softmaxes = [node for node in graph if node.op_type == "Softmax"]
    if not masks or not softmaxes:
        return None
    # (B, T) int64 -> int32, as the operator asks
    mask = ir.node("Cast", masks, attributes={"to": ir.DataType.INT32})
    graph.insert_before(next(iter(graph)), mask)
    try:
        for softmax in softmaxes:
            _fuse(graph, softmax, mask.outputs[0], heads)
    except _NotThis:
        return None
    ir.passes.common.RemoveUnusedNodesPass()(made)
    graph.opset_imports[FUSED_DOMAIN] = 1
    return made


def _fuse(graph: ir.Graph, softmax: ir.Node, mask: ir.Value, heads: int) -> None:
    shares = softmax.outputs[0]  # (B, heads, 1 or T, T)
    scores = _made_by(softmax.inputs[0], "MatMul", "Add")
    if scores.op_type == "Add":  # of the mask
        scores = _made_by(scores.inputs[0], "MatMul")
    query, query_scale = _source(scores.inputs[0])  # (B, T, H); (B, 1, H) for the first token alone
    key, key_scale = _source(scores.inputs[1])  # (B, T, H)
    product = _only_reader(shares)
    if product is None or product.op_type != "MatMul" or product.inputs[0] is not shares:
        raise _NotThis
    value, _ = _source(product.inputs[1])  # (B, T, H)
    # what puts the heads together again goes into the operator as well
    last = product
    while (reader := _only_reader(last.outputs[0])) is not None and reader.op_type in _AFTER:
        last = reader
    # the exporter scales query and key by a root each, the operator once by the whole
    attention = ir.node(
        "MultiHeadAttention",
        [query, key, value, None, mask],
        attributes={"num_heads": heads, "scale": query_scale * key_scale},
        domain=FUSED_DOMAIN,
    )
    graph.insert_before(last, attention)
    old, new = last.outputs[0], attention.outputs[0]
    new.shape, new.type = old.shape, old.type
    name, old.name = old.name, None
    old.replace_all_uses_with(new)
    new.name = name


def _source(value: ir.Value | None) -> tuple[ir.Value, float]:
    """The (B, T, H) that heads were made of, and by what they were multiplied."""
    scale = 1.0
    while value is not None and (node := value.producer()) is not None:
        if node.op_type not in _BEFORE:
            break
        if node.op_type == "Mul":
            factor = node.inputs[1].const_value if node.inputs[1] is not None else None
            if factor is None or factor.size != 1:
                break
            scale *= float(factor.numpy().item())
        value = node.inputs[0]
    if value is None or len(value.shape or ()) != 3:
        raise _NotThis
    return value, scale


def _made_by(value: ir.Value | None, *op_types: str) -> ir.Node:
    node = value.producer() if value is not None else None
    if node is None or node.op_type not in op_types:
        raise _NotThis
    return node


def _only_reader(value: ir.Value) -> ir.Node | None:
    users = value.consumers()
    return users[0] if len(users) == 1 and not value.is_graph_output() else None
