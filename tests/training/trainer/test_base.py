"""The pretrained model: where it comes from, its head and its tokenizer."""

import json
import shutil

import pytest
import torch

from hub.client import connect
from hub.errors import HubError
from inference.core.errors import ConfigError, ModelError
from inference.data.problem_types import SINGLE
from tests.training.toy import toy_config
from training.trainer.base import Base, find_base, load_model, load_tokenizer

SILENT_HUB = connect("http://127.0.0.1:9")


@pytest.fixture
def copy(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "model")


def test_a_path_is_taken_as_a_folder(tiny_model):
    base = find_base(toy_config(model_name_or_path=str(tiny_model)).model, SILENT_HUB)
    assert base == Base(tiny_model, "", "")
    assert len(base.fingerprint()) == 64


def test_a_repo_id_is_resolved_to_a_commit(tiny_model, hub_server, tmp_path):
    api = hub_server.api()
    api.create_repo("demo/base-of-tests", exist_ok=True)
    sha = api.upload_folder(repo_id="demo/base-of-tests", folder_path=tiny_model).oid
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path)
    base = find_base(toy_config(model_name_or_path="demo/base-of-tests").model, hub)
    assert (base.repo_id, base.revision, base.fingerprint()) == ("demo/base-of-tests", sha, sha)


def test_a_folder_named_like_a_repo_does_not_shadow_the_hub(copy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path.parent)
    name = f"{tmp_path.name}/model"
    hub = connect("http://127.0.0.1:9", cache_dir=tmp_path / "cache")
    with pytest.raises(HubError, match=f"write ./{name}"):
        find_base(toy_config(model_name_or_path=name).model, hub)


def test_weights_that_are_no_safetensors_are_refused(copy):
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"no model\.safetensors"):
        find_base(toy_config(model_name_or_path=str(copy)).model, SILENT_HUB)


def test_a_folder_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="holds no config.json"):
        find_base(toy_config(model_name_or_path="./nowhere").model, SILENT_HUB)


def test_the_head_is_fresh_named_and_a_function_of_the_seed(tiny_model):
    labels = ["a", "b", "c", "d"]

    def head(seed: int) -> torch.Tensor:
        model = load_model(Base(tiny_model, "", ""), labels, SINGLE, seed=seed)
        assert model.config.id2label == dict(enumerate(labels))
        assert model.config.problem_type == SINGLE
        return model.classifier.weight

    assert head(1).shape == (4, 32)
    assert torch.equal(head(1), head(1))
    assert not torch.equal(head(1), head(2))


def test_the_tokenizer_neither_cuts_nor_pads_by_itself(copy):
    path = copy / "tokenizer.json"
    content = json.loads(path.read_text())
    content["truncation"] = {
        "direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0,
    }  # fmt: skip
    path.write_text(json.dumps(content))
    tokenizer = load_tokenizer(Base(copy, "", ""))
    assert len(tokenizer("good " * 20)["input_ids"]) == 22
    assert tokenizer.model_max_length == 64
    tokenizer.save_pretrained(copy)
    assert json.loads(path.read_text())["truncation"] is None


def test_a_folder_without_a_tokenizer_is_refused(copy):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (copy / name).unlink()
    with pytest.raises(ModelError, match="tokenizer"):
        load_tokenizer(Base(copy, "", ""))
