"""The longest input of a model is the least that any of its files states."""

import json

import pytest

from inference.models.model_files import token_limit


@pytest.mark.parametrize(
    "config, files, limit",
    [
        ({"max_position_embeddings": 512}, {}, 512),
        ({"max_position_embeddings": 514, "model_type": "roberta"}, {}, 512),
        ({"max_position_embeddings": 130, "model_type": "roberta", "pad_token_id": 1}, {}, 128),
        ({"max_position_embeddings": 512}, {"tokenizer_config": {"model_max_length": 10**30}}, 512),
        ({"max_position_embeddings": 512}, {"sentence_bert_config": {"max_seq_length": 256}}, 256),
        ({}, {}, 512),
    ],
)
def test_the_token_limit_is_the_least_that_a_file_states(tmp_path, config, files, limit):
    for name, content in {"config": config, **files}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    assert token_limit(tmp_path) == limit
