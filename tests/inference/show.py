"""Catalogues and the models in them, on a loopback Hub: what is shown, opened and compared."""

import shutil
from pathlib import Path

import pytest
import yaml

from hub.client import Hub, connect
from inference.catalogue import catalogue
from inference.data.problem_types import MULTI, SINGLE
from tests.tiny import LABELS, with_config

DESCRIPTIONS = {label: f"a {label} message" for label in LABELS}
MODEL = {"repo_id": "demo/tuned", "revision": None, "role": "fine-tuned", "title": "Tuned"}
GOOD = {
    "title": "Sentiment",
    "task": {"labels": list(LABELS), "problem_type": SINGLE},
    "models": [
        MODEL,
        {
            "repo_id": "demo/other",
            "role": "pretrained",
            "label_map": {"a": "negative", "b": None},
            "problem_type": MULTI,
        },
        {"repo_id": "demo/base", "role": "zero-shot", "label_descriptions": DESCRIPTIONS},
    ],
}
TUNED = MODEL | {"repo_id": "demo/cat-tuned"}
OTHER = {
    "repo_id": "demo/cat-other",
    "role": "pretrained",
    "label_map": {"a": "positive", "c": "negative"},
}
BASE = {"repo_id": "demo/cat-base", "role": "zero-shot", "label_descriptions": DESCRIPTIONS}


def written(folder: Path, models: object = GOOD, messages: object = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "models.yaml").write_text(yaml.safe_dump(models))
    (folder / "messages.yaml").write_text(yaml.safe_dump(messages or {"messages": ["Hello", "Hm"]}))
    return folder


@pytest.fixture(scope="session")
def show_hub(hub_server, onnx_model, encoder, tmp_path_factory) -> Hub:
    """A loopback Hub with a classifier in ONNX, one in other labels without it, and an encoder."""
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path_factory.mktemp("cache"))
    folder = tmp_path_factory.mktemp("repos")
    served = shutil.copytree(onnx_model, folder / "served")
    (served / "results").mkdir()
    (served / "results" / "golden.json").write_text("{}")
    other = with_config(onnx_model, folder / "other", id2label={"0": "a", "1": "b", "2": "c"})
    shutil.rmtree(other / "onnx")
    pickled = shutil.copytree(other, folder / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    hub.publish(served, "demo/cat-tuned", message="A classifier")
    hub.publish(other, "demo/cat-other", message="A classifier without ONNX")
    hub.publish(pickled, "demo/cat-pickled", message="A classifier in pickle")
    hub.publish(encoder, "demo/cat-base", message="An encoder")
    return hub


@pytest.fixture
def shown(tmp_path) -> catalogue.Catalogue:
    return catalogue.load_catalogue(
        written(tmp_path / "cat", GOOD | {"models": [TUNED, OTHER, BASE]})
    )
