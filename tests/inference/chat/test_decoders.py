"""Both engines against transformers and peft on the same weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from inference.chat.onnx_decoder import OnnxDecoder
from inference.chat.torch_decoder import TorchDecoder
from inference.core.errors import ModelError
from tests.tiny_chat import make_tiny_adapter, make_tiny_chat

IDS = [256, 117, 115, 101, 114, 10, 72, 105, 257, 10, 256, 97, 10]
MORE = [84, 104, 101, 257]
POSITIONS = 128
# Nats; random weights magnify what rounding does to them, the real model is 0.0002 away.
NEAR, FAR = 0.1, 0.5
LLAMA_3 = {
    "rope_type": "llama3",
    "rope_theta": 500.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
MODELS = {
    "llama": ("llama", {}),
    "llama with a head of its own": ("llama", {"tie_word_embeddings": False}),
    "llama with biases": ("llama", {"attention_bias": True}),
    "llama 3, slowed waves": ("llama", {"rope_parameters": LLAMA_3}),
    "qwen 2": ("qwen2", {}),
}


def expected(folder: Path, ids: list[int], adapter: Path | None = None) -> np.ndarray:
    """(T, V) log probabilities by transformers in float32."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    if adapter is not None:
        model = PeftModel.from_pretrained(model, adapter)
    with torch.inference_mode():
        return model.eval()(torch.tensor([ids])).logits[0].log_softmax(-1).numpy()


def distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Kullback-Leibler divergence of our next token from theirs, in nats."""
    logs = torch.from_numpy(ours.copy()).log_softmax(-1).numpy()
    return float((np.exp(theirs) * (theirs - logs)).sum())


@pytest.mark.parametrize("name", MODELS)
def test_eight_bits_say_nearly_what_transformers_says(name: str, tmp_path: Path):
    kind, changes = MODELS[name]
    folder = make_tiny_chat(tmp_path, kind, **changes)
    theirs = expected(folder, IDS + MORE)
    decoder = OnnxDecoder(folder, None, POSITIONS, threads=1)
    seen = [distance(decoder.extend(IDS, 0), theirs[len(IDS) - 1])]
    for number, token in enumerate(MORE, start=len(IDS)):
        seen.append(distance(decoder.extend([token], number), theirs[number]))
    assert max(seen) < NEAR, seen


def test_another_model_is_far_away(tiny_chat: Path, tmp_path: Path):
    other = make_tiny_chat(tmp_path, seed=5)
    decoder = OnnxDecoder(tiny_chat, None, POSITIONS, threads=1)
    assert distance(decoder.extend(IDS, 0), expected(other, IDS)[-1]) > FAR


@pytest.mark.parametrize("engine", [OnnxDecoder, TorchDecoder])
@pytest.mark.parametrize("use_rslora", [False, True])
def test_an_adapter_is_merged_as_peft_applies_it(
    engine: Callable[..., OnnxDecoder], use_rslora: bool, tiny_chat: Path, tmp_path: Path
):
    adapter = make_tiny_adapter(tmp_path, tiny_chat, "demo/x", "a" * 40, use_rslora=use_rslora)
    theirs = expected(tiny_chat, IDS, adapter)[-1]
    ours = engine(tiny_chat, adapter, POSITIONS, threads=1).extend(IDS, 0)
    assert distance(ours, theirs) < NEAR
    assert distance(ours, expected(tiny_chat, IDS)[-1]) > FAR, "the adapter changes nothing"


@pytest.mark.parametrize("engine", [OnnxDecoder, TorchDecoder])
def test_what_was_read_is_taken_up_at_any_token(
    engine: Callable[..., OnnxDecoder], tiny_chat: Path
):
    decoder = engine(tiny_chat, None, POSITIONS, threads=1)
    whole = decoder.extend(IDS + MORE, 0)
    decoder.extend([*IDS, 1, 2, 3, 4, 5], 0)
    again = decoder.extend(MORE, len(IDS))
    assert not np.shares_memory(again, whole)
    np.testing.assert_allclose(again, whole, atol=2e-3)
    np.testing.assert_allclose(decoder.extend(IDS + MORE, 0), whole, atol=2e-3)


def test_torch_says_exactly_what_transformers_says(tmp_path: Path):
    folder = make_tiny_chat(tmp_path, "gemma2", sliding_window=64)
    ours = TorchDecoder(folder, None, POSITIONS, threads=1).extend(IDS, 0)
    assert distance(ours, expected(folder, IDS)[-1]) < 1e-5


def test_an_adapter_of_another_base_is_refused(tiny_adapter: Path, tmp_path: Path):
    other = make_tiny_chat(tmp_path, num_hidden_layers=1)
    with pytest.raises(ModelError, match="trained on another base model"):
        OnnxDecoder(other, tiny_adapter, POSITIONS, threads=1)


def test_an_adapter_beyond_plain_lora_is_refused(tiny_chat: Path, tmp_path: Path):
    adapter = make_tiny_adapter(tmp_path, tiny_chat, "demo/x", "a" * 40, use_dora=True)
    with pytest.raises(ModelError, match="merge_adapter"):
        OnnxDecoder(tiny_chat, adapter, POSITIONS, threads=1)
