import json
from pathlib import Path

import pytest

from inference.chat import chat_bundle
from inference.chat.chat_bundle import BaseReference, ChatBundle
from inference.core.errors import ModelError

BASE = BaseReference("demo/base", "a" * 40, "b" * 64)
BUNDLE = ChatBundle(BASE, system_prompt="Be brief – please.", max_length=512, end_of_turn=(2, 7))


@pytest.mark.parametrize("system_prompt", [None, "", "Be brief – please."])
def test_what_is_saved_is_loaded(tmp_path: Path, system_prompt: str | None):
    bundle = ChatBundle(BASE, system_prompt, max_length=512, end_of_turn=(2, 7))
    chat_bundle.save(bundle, tmp_path)
    assert chat_bundle.load(tmp_path) == bundle


def test_the_file_has_the_keys_of_its_format(tmp_path: Path):
    chat_bundle.save(BUNDLE, tmp_path)
    assert json.loads((tmp_path / "chat.json").read_text("utf-8")) == {
        "format": 1,
        "base_model": {
            "repo_id": "demo/base",
            "revision": "a" * 40,
            "weights_sha256": "b" * 64,
        },
        "system_prompt": "Be brief – please.",
        "max_length": 512,
        "end_of_turn": [2, 7],
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "format 2, this program reads 1"),
        ({"temperature": 1.0}, "unknown key.s. temperature"),
        ({"max_length": None}, "max_length is None; expected a whole number"),
        ({"max_length": True}, "max_length is True"),
        ({"max_length": 3}, "at least 8 tokens, seen 3"),
        ({"end_of_turn": []}, "would never end"),
        ({"end_of_turn": "2"}, "expected a list of token ids"),
        ({"end_of_turn": [-1]}, "end_of_turn is -1"),
        ({"system_prompt": 5}, "system_prompt is 5; expected a text"),
        ({"base_model": "demo/base"}, "base_model is 'demo/base'; expected an object"),
        ({"base_model": {"repo_id": "demo/base"}}, "lacks the key.s. revision, weights_sha256"),
        (
            {"base_model": {"repo_id": "a/b", "revision": "c", "weights_sha256": "xyz"}},
            "expected 64 hex digits",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_value(
    tmp_path: Path, change: dict[str, object], said: str
):
    chat_bundle.save(BUNDLE, tmp_path)
    path = tmp_path / "chat.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), "utf-8")
    with pytest.raises(ModelError, match=said.replace(".s.", r"\(s\)")):
        chat_bundle.load(tmp_path)


def test_a_missing_file_is_said(tmp_path: Path):
    with pytest.raises(ModelError, match="chat.json"):
        chat_bundle.load(tmp_path)
