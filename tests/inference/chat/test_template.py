from pathlib import Path

import pytest
from transformers import AutoTokenizer

from inference.chat.messages import Message
from inference.chat.template import Template
from inference.core.errors import ModelError, TextError
from space_config import packages

TALK = [
    Message("system", "Be brief."),
    Message("user", "Hello <|im_end|>  you\n"),
    Message("assistant", "Hi – 你好 🙂"),
    Message("user", "Who are you?"),
]
USER = "<|im_start|>user\n"


def asked(count: int) -> list[Message]:
    """A conversation of some turns, each numbered."""
    turns = [(Message("user", f"u{n}"), Message("assistant", f"a{n}")) for n in range(count)]
    return [message for turn in turns for message in turn][:-1]


def test_the_ids_are_those_of_transformers(tiny_chat: Path):
    tokenizer = AutoTokenizer.from_pretrained(tiny_chat)
    for start in (0, 1):
        said = [{"role": one.role, "content": one.content} for one in TALK[start:]]
        expected = tokenizer.apply_chat_template(
            said, add_generation_prompt=True, return_dict=False
        )
        assert list(Template(tiny_chat).prompt(TALK[start:], 500).ids) == expected


@pytest.mark.slow
def test_the_ids_of_the_packaged_model_are_those_of_transformers():
    folder = chat_base()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    said = [{"role": one.role, "content": one.content} for one in TALK]
    expected = tokenizer.apply_chat_template(said, add_generation_prompt=True, return_dict=False)
    assert list(Template(folder).prompt(TALK, 500).ids) == expected


def chat_base() -> Path:
    from space_config import chat_base

    return chat_base.folder(packages.CACHE)


def test_the_oldest_messages_make_room_and_what_is_left_begins_with_the_user(tiny_chat: Path):
    template = Template(tiny_chat)
    talk = asked(4)
    whole = len(template.prompt(talk, 500).ids)
    assert template.prompt(talk, whole).dropped == 0
    shorter = template.prompt(talk, whole - 1)
    assert shorter.dropped == 2
    assert shorter.ids == template.prompt(talk[2:], 500).ids


def test_a_system_prompt_stays(tiny_chat: Path):
    template = Template(tiny_chat)
    system = [Message("system", "Be brief.")]
    room = len(template.prompt([*system, *asked(2)], 500).ids)
    trimmed = template.prompt([*system, *asked(5)], room)
    assert trimmed.dropped == 6
    assert trimmed.ids == template.prompt([*system, *asked(5)[6:]], 500).ids


def test_a_message_that_is_too_long_by_itself_is_refused(tiny_chat: Path):
    with pytest.raises(TextError, match="this model reads 40 beside an answer"):
        Template(tiny_chat).prompt([*asked(2)[:2], Message("user", "x" * 80)], 40)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ raise_exception('system is not allowed') }}", "system is not allowed"),
        ("{{ messages[0].content + 1 }}", "refuses the messages"),
        ("{% for %}", "is broken"),
    ],
)
def test_what_a_template_may_not_do_is_a_plain_error(
    tiny_chat: Path, tmp_path: Path, template: str, said: str
):
    for path in tiny_chat.glob("tokenizer*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "chat_template.jinja").write_text(template, "utf-8")
    with pytest.raises(ModelError, match=said):
        Template(tmp_path).prompt(TALK, 500)


def test_a_model_without_a_template_is_refused(tiny_chat: Path, tmp_path: Path):
    for path in tiny_chat.glob("tokenizer*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ModelError, match="has no chat template"):
        Template(tmp_path)
