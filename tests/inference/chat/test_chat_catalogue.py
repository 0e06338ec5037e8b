from pathlib import Path

import pytest
import yaml

from inference.chat import chat_catalogue
from inference.chat.chat_catalogue import ChatCatalogue, ChatEntry
from inference.core.errors import ConfigError

SHOWN = ChatCatalogue(
    title="Small talk: 你好",
    base=ChatEntry("demo/base", "a" * 40),
    tuned=ChatEntry("demo/tuned"),
    system_prompt="Be brief.",
    examples=("What is your name?", "yes"),
)


def test_a_catalogue_without_the_file_has_no_chat(tmp_path: Path):
    assert chat_catalogue.load(tmp_path) is None


@pytest.mark.parametrize("shown", [SHOWN, ChatCatalogue("x", SHOWN.base, SHOWN.tuned)])
def test_what_is_saved_is_loaded(tmp_path: Path, shown: ChatCatalogue):
    chat_catalogue.save(shown, tmp_path)
    assert chat_catalogue.load(tmp_path) == shown


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"titel": "x"}, "unknown key(s) titel"),
        ({"title": ""}, "title is ''"),
        ({"base": None}, "base is None"),
        ({"tuned": {"repo_id": "../x", "revision": None}}, "'../x'"),
        ({"tuned": {"repo_id": "demo/x", "revision": "main"}}, "expected null, or a commit"),
        ({"tuned": {"repo_id": "demo/x", "role": "x"}}, "unknown key(s) role"),
        ({"system_prompt": 5}, "system_prompt is 5"),
        ({"examples": "Hello"}, "expected a list"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(
    tmp_path: Path, change: dict[str, object], said: str
):
    chat_catalogue.save(SHOWN, tmp_path)
    path = tmp_path / "chat.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text("utf-8")), **change}), "utf-8")
    with pytest.raises(ConfigError) as refused:
        chat_catalogue.load(tmp_path)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)
