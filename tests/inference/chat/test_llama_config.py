import json
from pathlib import Path

import numpy as np
import pytest
from transformers import AutoConfig, LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from inference.chat import llama_config
from inference.core.errors import ModelError

SIZES = {
    "model_type": "llama",
    "vocab_size": 100,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
LLAMA_3 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 32.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}


def written(folder: Path, **changes: object) -> Path:
    (folder / "config.json").write_text(json.dumps({**SIZES, **changes}), "utf-8")
    return folder


def test_what_is_not_said_is_as_in_transformers(tmp_path: Path):
    config = llama_config.read(written(tmp_path))
    theirs = AutoConfig.from_pretrained(tmp_path)
    assert config is not None
    assert (config.kv_heads, config.head_size) == (theirs.num_key_value_heads, theirs.head_dim)
    assert (config.norm_epsilon, config.max_positions, config.is_tied) == (
        theirs.rms_norm_eps,
        theirs.max_position_embeddings,
        theirs.tie_word_embeddings,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"model_type": "gemma2"},
        {"hidden_act": "gelu"},
        {"rope_parameters": {"rope_type": "yarn", "factor": 4.0}},
        {"model_type": "mistral", "sliding_window": 64},
        {"model_type": "qwen2", "use_sliding_window": True},
        {"quantization_config": {"quant_method": "awq"}},
    ],
)
def test_what_this_engine_cannot_compute_is_left_to_torch(
    tmp_path: Path, changes: dict[str, object]
):
    assert llama_config.read(written(tmp_path, **changes)) is None


@pytest.mark.parametrize("changes", [{"hidden_size": None}, {"num_attention_heads": "4"}])
def test_a_size_that_is_missing_is_said(tmp_path: Path, changes: dict[str, object]):
    with pytest.raises(ModelError, match=f"{next(iter(changes))} is"):
        llama_config.read(written(tmp_path, **changes))


@pytest.mark.parametrize("key", ["rope_parameters", "rope_scaling"])
def test_the_slowed_waves_of_llama_3_are_those_of_transformers(tmp_path: Path, key: str):
    config = llama_config.read(written(tmp_path, **{key: LLAMA_3}))
    assert config is not None
    theirs = LlamaConfig(**{**SIZES, "rope_parameters": LLAMA_3})
    expected, _ = ROPE_INIT_FUNCTIONS["llama3"](theirs, "cpu")
    np.testing.assert_allclose(
        llama_config.rotary_angles(config, 3)[1], expected.numpy(), rtol=1e-6
    )
