"""space_config.e5_base on a tiny file; the real one is fetched by test_packages.py."""

from pathlib import Path

import numpy as np
import pytest

from inference.core.errors import ModelError
from space_config import e5_base
from space_config.e5_file import E5File
from tests.space_config.e5_files import TinyE5

pytestmark = pytest.mark.slow  # transformers and torch


def opened(tmp_path: Path, tiny: TinyE5) -> E5File:
    path = tmp_path / "tiny.bin"
    path.write_bytes(tiny.to_bytes())
    return E5File(path)


def test_every_tensor_is_where_bert_has_it(tmp_path):
    tiny = TinyE5()
    state = e5_base.build_model(opened(tmp_path, tiny)).state_dict()
    assert len(state) == len(tiny.weights)
    places = {
        "embeddings.word_embeddings.weight": "emb.word",
        "encoder.layer.0.attention.self.key.bias": "l0.k.b",
        "encoder.layer.0.attention.output.dense.weight": "l0.ao.w",
        "encoder.layer.0.attention.output.LayerNorm.weight": "l0.aln.w",
        "encoder.layer.0.intermediate.dense.weight": "l0.fi.w",
        "encoder.layer.0.output.dense.weight": "l0.fo.w",
        "encoder.layer.0.output.LayerNorm.bias": "l0.oln.b",
    }
    for name, stored in places.items():
        assert np.array_equal(state[name].numpy(), tiny.weights[stored]), name


def test_a_tensor_that_bert_lacks_is_named(tmp_path):
    tiny = TinyE5()
    tiny.tensors["l1.q.b"] = tiny.tensors["l0.q.b"]
    with pytest.raises(ModelError, match=r"tensors that BertModel lacks: l1\.q\.b"):
        e5_base.build_model(opened(tmp_path, tiny))


def test_special_tokens_elsewhere_are_refused(tmp_path):
    with pytest.raises(ModelError, match=r"piece 4 is ▁, expected <s>"):
        e5_base.build_tokenizer(opened(tmp_path, TinyE5(bos_id=4)))


def test_characters_that_the_file_replaces_in_another_way_are_named(tmp_path):
    tiny = TinyE5(replacements={"\t": " ", "～": "~"})
    with pytest.raises(ModelError, match=r"does not replace U\+FF5E as the file says"):
        e5_base.build_tokenizer(opened(tmp_path, tiny))


def test_the_folder_is_whole(tmp_path):
    path = tmp_path / "tiny.bin"
    path.write_bytes(TinyE5().to_bytes())
    e5_base.convert([path], tmp_path / "made")
    made = {
        str(file.relative_to(tmp_path / "made"))
        for file in (tmp_path / "made").rglob("*")
        if file.is_file()
    }
    assert made == {
        *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"),
        *("modules.json", "1_Pooling/config.json", "sentence_bert_config.json", "README.md"),
    }
