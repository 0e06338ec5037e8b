"""training.export.attention: one operator an attention, the same numbers, or nothing at all."""

from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest
from transformers import ModernBertConfig, ModernBertForSequenceClassification

from inference.data.problem_types import SINGLE
from inference.models.bundle import Bundle, save_bundle
from tests.tiny import make_tokenizer
from tests.training.export.graphs import run, types
from training.export import attention
from training.export.export import FP32_TOLERANCE, export_classifier
from training.export.graph import Converted


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 9), (3, 60)], ids=str)
def test_the_numbers_stay_for_every_shape_and_padding(converted: Converted, shape: tuple[int, int]):
    fused = converted.with_fused_attention()
    assert fused is not None
    draws = np.random.default_rng(0)
    ids, mask = draws.integers(5, 100, shape), np.ones(shape, np.int64)
    mask[0, shape[1] // 2 + 1 :] = 0
    expected = run(converted.program, ids, mask=mask)[0]
    assert np.abs(run(fused.program, ids, mask=mask)[0] - expected).max() < FP32_TOLERANCE / 10


def test_one_operator_a_layer_and_nothing_left_of_what_it_replaces(converted: Converted):
    before = types(converted.program)
    fused = converted.with_fused_attention()
    assert fused is not None
    found = types(fused.program)
    assert found["MultiHeadAttention"] == before["Softmax"] == 2
    assert not {"Softmax", "Where", "Transpose", "GatherND"} & set(found)
    assert found.total() < before.total() / 2
    assert types(converted.program) == before, "the graph that was given is left as it was"


def test_another_form_of_attention_is_left_alone(converted: Converted):
    program = converted.program.clone()
    softmax = next(node for node in program.graph if node.op_type == "Softmax")
    doubled = ir.node("Add", [softmax.outputs[0], softmax.outputs[0]])
    program.graph.insert_after(softmax, doubled)
    softmax.outputs[0].consumers()[0].replace_input_with(0, doubled.outputs[0])
    assert attention.fused(program, converted.heads) is None
    assert types(program)["Softmax"] == 2


def test_the_int8_file_has_it_and_the_float32_file_has_not(exported_run: Path):
    int8 = types(ir.load(exported_run / "onnx" / "model_quantized.onnx"))
    exact = types(ir.load(exported_run / "onnx" / "model.onnx"))
    assert int8["MultiHeadAttention"] and not int8["Softmax"]
    assert exact["Softmax"] and not exact["MultiHeadAttention"]


@pytest.mark.slow
def test_attention_to_neighbours_alone_is_not_taken_for_attention_to_all(tmp_path: Path):
    """ModernBERT's local layers: the operator would read the whole text."""
    tokenizer = make_tokenizer()
    config = ModernBertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=3, num_attention_heads=2,
        intermediate_size=48, num_labels=3, pad_token_id=0, local_attention=8,
        initializer_range=0.5, max_position_embeddings=64,
    )  # fmt: skip
    ModernBertForSequenceClassification(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    save_bundle(Bundle(("LABEL_0", "LABEL_1", "LABEL_2"), SINGLE, max_tokens=64), tmp_path)
    assert export_classifier(tmp_path, ["a text", "a longer text of a few words"]).notice is None
    int8 = types(ir.load(tmp_path / "onnx" / "model_quantized.onnx"))
    assert int8["Softmax"] and not int8["MultiHeadAttention"]
