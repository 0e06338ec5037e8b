"""Small random classifiers of several architectures, each the same whenever made, and a batch."""

import torch
from transformers import AutoModelForSequenceClassification, PreTrainedConfig, PreTrainedModel

SIZE = {
    "vocab_size": 60,
    "hidden_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "pad_token_id": 0,
}
DISTIL = {"vocab_size": 60, "dim": 32, "n_layers": 4, "n_heads": 2, "hidden_dim": 48}


def named(config: PreTrainedConfig) -> str:
    return config.model_type


def made(config: PreTrainedConfig) -> PreTrainedModel:
    torch.manual_seed(1)
    return AutoModelForSequenceClassification.from_config(config)


def batch() -> dict[str, torch.Tensor]:
    """Four texts of 11, 7, 3 and 9 tokens, padded."""
    ids = torch.randint(1, 60, (4, 11), generator=torch.Generator().manual_seed(3))
    mask = torch.ones_like(ids)
    for row, length in enumerate((11, 7, 3, 9)):
        ids[row, length:], mask[row, length:] = 0, 0
    return {"input_ids": ids, "attention_mask": mask}
