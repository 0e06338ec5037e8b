from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from inference.chat.llama_graph import rounded
from inference.chat.weights import Weights
from inference.core.errors import ModelError
from tests.tiny_chat import make_tiny_adapter

VALUES = torch.linspace(-3, 3, 12).reshape(3, 4)


@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16])
def test_every_kind_of_float_is_read_as_torch_reads_it(tmp_path: Path, kind: torch.dtype):
    save_file({"x": VALUES.to(kind)}, tmp_path / "model.safetensors")
    expected = VALUES.to(kind).float().numpy()
    np.testing.assert_array_equal(Weights(tmp_path)["x"], expected)


def test_weights_in_several_files_are_one(tmp_path: Path):
    save_file({"a": VALUES}, tmp_path / "model-00001-of-00002.safetensors")
    save_file({"b": VALUES}, tmp_path / "model-00002-of-00002.safetensors")
    assert sorted(Weights(tmp_path).names) == ["a", "b"]


def test_a_quantised_weight_is_refused(tmp_path: Path):
    save_file({"x": VALUES.to(torch.int8)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="stored as I8"):
        Weights(tmp_path)["x"]


@pytest.mark.parametrize("content", [b"", b"no safetensors at all", b"\xff" * 64])
def test_a_broken_file_is_said(tmp_path: Path, content: bytes):
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match="is no safetensors file"):
        Weights(tmp_path)


def test_pickled_weights_are_not_looked_at(tmp_path: Path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(ModelError, match="pickled weights are never loaded"):
        Weights(tmp_path)


def test_an_adapter_changes_its_targets_alone(tiny_chat: Path, tmp_path: Path):
    adapter = make_tiny_adapter(tmp_path, tiny_chat, "demo/x", "a" * 40)
    plain, tuned = Weights(tiny_chat), Weights(tiny_chat, adapter)
    changed = {name for name in plain.names if not np.array_equal(plain[name], tuned[name])}
    assert changed == tuned.adapted
    assert {name.split(".")[-2] for name in changed} == {
        *("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    }


def test_rounding_errs_by_half_a_step_at_most():
    matrix = np.random.default_rng(0).standard_normal((5, 70)).astype(np.float32)
    matrix[2] = 0
    back = rounded(matrix).rows(np.arange(5))
    assert back.shape == matrix.shape
    assert np.abs(back - matrix).max() <= np.abs(matrix).max() / 127 / 2 * 1.001
    assert not back[2].any()
