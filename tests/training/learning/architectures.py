"""Small random classifiers of several architectures, each the same whenever it is made."""

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


def named(config: PreTrainedConfig) -> str:
    return config.model_type


def made(config: PreTrainedConfig) -> PreTrainedModel:
    torch.manual_seed(1)
    return AutoModelForSequenceClassification.from_config(config)
