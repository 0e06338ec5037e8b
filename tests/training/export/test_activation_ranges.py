"""training.export.activation_ranges: ranges come from texts; the graph computes the same."""

import numpy as np
import onnx_ir as ir

from tests.training.export.graphs import ROWS, run, types
from training.export import graph
from training.export.activation_ranges import measure
from training.export.graph import Converted


def test_no_activation_is_measured_any_more_and_every_product_is_one_operator(converted):
    before = types(converted.program)
    found = types(graph.quantize(converted, ROWS))
    assert not found["DynamicQuantizeLinear"] and not found["MatMulInteger"]
    # the products of attention alone have no weights
    assert 0 < found["MatMulIntegerToFloat"] == before["Gemm"] + before["MatMul"] - found["MatMul"]
    assert types(converted.program) == before


def test_the_float32_graph_is_left_as_it_was(converted):
    (before,) = run(converted.program, ROWS[:1])
    graph.quantize(converted, ROWS)
    (after,) = run(converted.program, ROWS[:1])
    np.testing.assert_array_equal(after, before)


def test_numbers_stay_near_those_of_float32(converted):
    quantized = graph.quantize(converted, ROWS)
    texts = [[2, *((7 * start + step) % 40 + 8 for step in range(18)), 3] for start in range(30)]
    (exact,), (near,) = run(converted.program, texts), run(quantized, texts)
    assert near.shape == exact.shape == (30, 3)
    assert 0 < np.abs(near - exact).mean() < 0.2 * np.abs(exact).mean()


def test_a_text_has_its_own_numbers_beside_any_other_of_its_length(converted):
    quantized = graph.quantize(converted, ROWS)
    texts = [[2, *((start + step) % 40 + 8 for step in range(12)), 3] for start in range(9)]
    (together,) = run(quantized, texts)
    alone = np.concatenate([run(quantized, [text])[0] for text in texts])
    np.testing.assert_array_equal(together, alone)


def test_ranges_hold_what_the_texts_made_of_each_channel_and_0(converted):
    ranges = measure(converted.program, ROWS)
    made = {value.name: value for node in converted.program.graph for value in node.outputs}
    outputs = list(converted.program.graph.outputs)
    converted.program.graph.outputs[:] = [made[name] for name in ranges]
    seen = [run(converted.program, [row], *ranges) for row in ROWS]
    converted.program.graph.outputs[:] = outputs
    assert len(ranges) > 4
    for place, (low, high) in enumerate(ranges.values()):
        values = np.concatenate([arrays[place].reshape(-1, len(low)) for arrays in seen])
        np.testing.assert_array_equal(low, np.minimum(values.min(axis=0), 0))
        np.testing.assert_array_equal(high, np.maximum(values.max(axis=0), 0))


def test_what_lies_in_range_is_off_by_half_a_step_at_most(converted):
    ranges = measure(converted.program, ROWS)
    quantized = graph.quantize(converted, ROWS)
    constants = {name: value.const_value for name, value in quantized.graph.initializers.items()}
    for node in quantized.graph:
        name = str(node.inputs[0].name) if node.op_type == "QuantizeLinear" else ""
        if name in ranges:  # those that were evened out have ranges of their own
            step, zero = (float(constants[value.name].numpy()) for value in node.inputs[1:])
            low, high = ranges[name][0].min(), ranges[name][1].max()
            assert -zero * step <= low + step / 2 and (255 - zero) * step >= high - step / 2
            assert 255 * step <= (high - low) * 1.01 + 1e-6


def test_a_product_without_a_bias_is_one_operator_too():
    x = ir.val("input_ids", ir.DataType.INT64, ["B", "T"])
    weights = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    cast = ir.node("Cast", [x], {"to": ir.DataType.FLOAT})
    table = ir.Value(name="table", const_value=ir.tensor(np.eye(1, 4, dtype=np.float32)))
    spread = ir.node("Unsqueeze", [cast.outputs[0], _constant_axes()])
    wide = ir.node("Mul", [spread.outputs[0], table])
    matrix = ir.Value(name="w", const_value=ir.tensor(weights))
    product = ir.node("MatMul", [wide.outputs[0], matrix])
    twice = ir.node("Add", [product.outputs[0], product.outputs[0]])
    for name, node in {"c": cast, "s": spread, "m": wide, "p": product, "logits": twice}.items():
        node.outputs[0].name = name
    nodes = [cast, spread, wide, product, twice]
    made = ir.Graph(
        [x], [twice.outputs[0]], nodes=nodes,
        initializers=[table, matrix, spread.inputs[1]], opset_imports={"": 20}, name="g",
    )  # fmt: skip
    program = ir.Model(made, ir_version=10)
    sample = {"input_ids": np.array([[1, 2, 3]])}
    quantized = graph.quantize(Converted(program, sample, heads=0), [[1, 7, 9]])
    assert types(quantized)["MatMulIntegerToFloat"] == 1
    (exact,), (near,) = run(program, [[2, 8]]), run(quantized, [[2, 8]])
    np.testing.assert_allclose(near, exact, atol=0.3)


def _constant_axes() -> ir.Value:
    return ir.Value(name="axes", const_value=ir.tensor(np.array([2], np.int64)))
