"""training.export.outliers: the same numbers in float32, nearer ones in 8 bits."""

from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from tests.tiny import make_tiny_model
from tests.training.export.graphs import ROWS, run
from training.export import graph, outliers
from training.export.activation_ranges import ActivationRange, measure
from training.export.graph import Converted
from training.export.products import products_by_input

LARGE = 40.0  # times


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    """A model one of whose channels is far larger than the others, as in those of real data."""
    folder: Path = make_tiny_model(tmp_path_factory.mktemp("outlier") / "model")
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    with torch.no_grad():
        for layer in model.bert.encoder.layer:
            layer.attention.output.LayerNorm.weight[3] *= LARGE
            layer.intermediate.dense.weight[:, 3] /= LARGE  # it is large, not important
    model.save_pretrained(folder)
    return graph.convert(folder, "logits")


def largest(ranges: dict[str, ActivationRange]) -> dict[str, float]:
    return {name: float(max(-low.min(), high.max())) for name, (low, high) in ranges.items()}


def test_float32_computes_the_same_and_what_is_left_are_the_ranges_of_its_products(converted):
    program = converted.program.clone()
    left = outliers.even_out(program, measure(program, ROWS))
    for row in ROWS:
        (before,), (after,) = run(converted.program, [row]), run(program, [row])
        np.testing.assert_allclose(after, before, atol=2e-5)
    assert left.keys() == products_by_input(program).keys()
    for name, (low, high) in measure(program, ROWS).items():
        np.testing.assert_allclose(left[name][0], low, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(left[name][1], high, rtol=1e-4, atol=1e-4)


def test_the_ranges_of_inputs_with_an_outlier_shrink_and_no_other_is_touched(converted):
    program = converted.program.clone()
    before = measure(program, ROWS)
    left = largest(outliers.even_out(program, before))
    evened = {name.removesuffix("_evened") for name in left if name.endswith("_evened")}
    assert evened, "two layers have such an input"
    for name, value in largest(before).items():
        if name in evened:
            assert left[f"{name}_evened"] < value / 1.4
        else:
            assert left[name] == value


def test_8_bits_are_nearer_to_float32_than_without(converted, monkeypatch):
    texts = [[2, *((7 * start + step) % 40 + 8 for step in range(18)), 3] for start in range(30)]
    (exact,) = run(converted.program, texts)
    (near,) = run(graph.quantize(converted, ROWS), texts)
    monkeypatch.setattr(outliers, "even_out", lambda _, ranges: ranges)
    (far,) = run(graph.quantize(converted, ROWS), texts)
    assert 0 < np.abs(near - exact).mean() < 0.6 * np.abs(far - exact).mean()


def test_a_matrix_that_others_read_too_is_left_alone():
    x = ir.val("input_ids", ir.DataType.INT64, ["B", "T"])
    cast = ir.node("Cast", [x], {"to": ir.DataType.FLOAT})
    eye, shape = ir.tensor(np.eye(4, dtype=np.float32)), ir.Shape([4, 4])
    first, shared = (
        ir.Value(name=name, const_value=eye, shape=shape) for name in ("first", "shared")
    )
    one = ir.node("MatMul", [cast.outputs[0], first])
    two, three = (ir.node("MatMul", [value, shared]) for value in (one.outputs[0], cast.outputs[0]))
    for name, node in {"c": cast, "one": one, "two": two, "three": three}.items():
        node.outputs[0].name = name
    made = ir.Graph(
        [x], [two.outputs[0], three.outputs[0]], nodes=[cast, one, two, three],
        initializers=[first, shared], opset_imports={"": 20}, name="g",
    )  # fmt: skip
    program = ir.Model(made, ir_version=10)
    wide = (np.zeros(4, np.float32), np.array([1, 1, 1, 90], np.float32))
    left = outliers.even_out(program, {"c": wide, "one": wide})
    assert left == {"c": wide, "one": wide} and len(list(program.graph)) == 4
