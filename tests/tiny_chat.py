"""A random chat model of a few thousand weights that reads bytes, and a random adapter for it."""

import json
from pathlib import Path

from inference.chat import chat_bundle
from inference.chat.chat_bundle import BaseReference, ChatBundle

START, END = "<|im_start|>", "<|im_end|>"
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + "
    "message['content'] + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
POSITIONS = 1280  # room for an answer as long as the page allows
BYTES = 256


def make_tiny_chat(folder: Path, kind: str = "llama", seed: int = 0, **changes: object) -> Path:
    """Save model and tokenizer to a folder; kind is a model_type of transformers.

    Large initial weights, so that different messages get clearly different answers.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(seed)
    tokenizer = make_tokenizer()
    sizes = {
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "tie_word_embeddings": True,
    }
    config = AutoConfig.for_model(
        kind,
        vocab_size=len(tokenizer),
        max_position_embeddings=POSITIONS,
        initializer_range=0.3,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
        **{**sizes, **changes},
    )
    AutoModelForCausalLM.from_config(config).eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_tokenizer():
    """A tokenizer with a token for every byte, and the marks of a turn."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    assert len(alphabet) == BYTES, len(alphabet)
    tokenizer = Tokenizer(models.BPE(vocab={one: n for n, one in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([START, END])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=POSITIONS,
        eos_token=END,
        pad_token=END,
        chat_template=TEMPLATE,
    )


def make_tiny_adapter(
    folder: Path, base: Path, repo_id: str, revision: str, seed: int = 1, **changes: object
) -> Path:
    """Save a random LoRA adapter with its tokenizer and chat.json, as a training does."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    config = LoraConfig(
        r=4,
        lora_alpha=8,
        target_modules=[
            "q_proj",
            "k_proj",
            "v_proj",
            "o_proj",
            "gate_proj",
            "up_proj",
            "down_proj",
        ],
        init_lora_weights=False,
        task_type="CAUSAL_LM",
        **changes,
    )
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    model.save_pretrained(folder)
    path = folder / "adapter_config.json"
    said = json.loads(path.read_text("utf-8"))
    said |= {"base_model_name_or_path": repo_id, "revision": revision}
    path.write_text(json.dumps(said), "utf-8")
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(folder)
    bundle = ChatBundle(
        BaseReference(repo_id, revision, "0" * 64), None, POSITIONS, (tokenizer.eos_token_id,)
    )
    chat_bundle.save(bundle, folder)
    return folder
