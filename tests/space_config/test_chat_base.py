"""space_config.chat_base: the real packaged model, fetched and converted once, then cached."""

import pytest
from safetensors import safe_open

from space_config import chat_base, packages

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(chat_base.folder())


def test_the_weights_are_plain_float32_tensors_under_the_names_of_llama():
    with safe_open(chat_base.folder() / "model.safetensors", "pt") as weights:
        names = set(weights.keys())
        query = weights.get_slice("model.layers.0.self_attn.q_proj.weight")
        assert query.get_shape() == [576, 576] and query.get_dtype() == "F32"
    # embeddings and output share one matrix, so there are 9 tensors a layer and two more
    assert len(names) == 30 * 9 + 2 and "lm_head.weight" not in names


def test_the_template_is_the_models_own(tokenizer):
    asked = [{"role": "user", "content": "Hi"}]
    text = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
    assert text.startswith("<|im_start|>system\nYou are a helpful AI assistant named SmolLM")
    assert text.endswith("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
    assert tokenizer.convert_tokens_to_ids("<|im_end|>") == tokenizer.eos_token_id == 2


def test_digits_are_cut_apart_before_blanks_are(tokenizer):
    assert tokenizer.tokenize("a  12") == ["a", "ĠĠ", "1", "2"]


def test_a_made_folder_is_used_again(tmp_path):
    made = tmp_path / f"{packages.CHAT_MODEL.name}-{packages.CHAT_MODEL.version}-safetensors"
    made.mkdir()
    assert chat_base.folder(tmp_path) == made and list(tmp_path.iterdir()) == [made]
