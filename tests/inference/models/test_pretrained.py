"""Loading by transformers, which replaces functions of the whole process while it lasts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, PreTrainedModel

from inference.chat.torch_decoder import TorchDecoder
from inference.core.errors import ModelError
from inference.models import pretrained
from tests.tiny_chat import make_tiny_chat


@pytest.fixture
def tying() -> Iterator[object]:
    """The function that ties embeddings; put back, so that a failure here stays here."""
    original = PreTrainedModel.tie_weights
    yield original
    PreTrainedModel.tie_weights = original


def test_embeddings_stay_tied_though_several_threads_load_at_once(
    tiny_model: Path, tmp_path: Path, tying: object
):
    def load(_: int) -> None:
        pretrained.load(AutoModelForSequenceClassification, tiny_model)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(load, range(24)))
    assert PreTrainedModel.tie_weights is tying
    model, missing = pretrained.load(AutoModelForCausalLM, make_tiny_chat(tmp_path))
    assert missing == []
    assert model.lm_head.weight is model.model.embed_tokens.weight


def test_a_chat_model_that_lacks_a_weight_is_refused(tmp_path: Path):
    folder = make_tiny_chat(tmp_path, "gemma2", sliding_window=64)
    file = folder / "model.safetensors"
    weights = load_file(file)
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"lack model\.layers\.1\.mlp\.up_proj\.weight"):
        TorchDecoder(folder, None, 128, threads=1)
