"""training.chat_tuning.template: the answers are learned to their end, and nothing else is."""

from dataclasses import replace

import pytest
from transformers import AutoTokenizer, GenerationConfig

from inference.chat.messages import Message
from inference.core.errors import ModelError
from space_config import chat_base
from training.chat_tuning import template
from training.chat_tuning.messages import Dialogue
from training.chat_tuning.template import Reader

TWO_TURNS = Dialogue(
    (
        Message("user", "Hi"),
        Message("assistant", "Hello! I am 7."),
        Message("user", "Bye"),
        Message("assistant", "Goodbye."),
    ),
    row=1,
)


def pieces(reader: Reader, dialogue: Dialogue) -> list[tuple[str, bool]]:
    """Every token as text, and whether it is learned."""
    read = reader.read(dialogue)
    return [
        (reader.tokenizer.decode([token]), bool(learned))
        for token, learned in zip(read.ids, read.learned, strict=True)
    ]


def learned_text(reader: Reader, dialogue: Dialogue) -> str:
    return "".join(text for text, learned in pieces(reader, dialogue) if learned)


def test_answers_and_the_token_that_ends_each_are_learned(tiny):
    text = learned_text(replace(tiny.reader, max_tokens=500), TWO_TURNS)
    assert text == "Hello! I am 7.<|im_end|>Goodbye.<|im_end|>"


def test_a_control_learns_all_but_the_ends(tiny):
    control = replace(tiny.reader, learns_end=False, max_tokens=500)
    assert learned_text(control, TWO_TURNS) == "Hello! I am 7.Goodbye."


def test_a_long_dialogue_is_cut_and_learns_no_end(tiny):
    whole = replace(tiny.reader, max_tokens=500).read(TWO_TURNS)
    cut = replace(tiny.reader, max_tokens=len(whole.ids) - 5).read(TWO_TURNS)
    assert cut.whole == len(whole.ids) and cut.ids.tolist() == whole.ids[:-5].tolist()
    assert cut.learned[-1] and cut.ids[-1] not in tiny.reader.end_of_turn


def test_the_prompt_is_the_text_before_the_last_answer(tiny):
    read = replace(tiny.reader, max_tokens=500).read(TWO_TURNS)
    prompt = tiny.reader.prompt(TWO_TURNS)
    assert prompt == read.ids[: len(prompt)].tolist()
    assert tiny.reader.tokenizer.decode(prompt).endswith("Bye<|im_end|>\n<|im_start|>assistant\n")


def test_a_system_prompt_is_read_and_not_learned(tiny):
    told = replace(tiny.reader, system_prompt="Be kind.", max_tokens=500)
    text = tiny.reader.tokenizer.decode(told.read(TWO_TURNS).ids)
    assert text.startswith("<|im_start|>system\nBe kind.<|im_end|>\n")
    assert learned_text(told, TWO_TURNS) == "Hello! I am 7.<|im_end|>Goodbye.<|im_end|>"


def test_a_template_that_ends_no_turn_is_refused(tiny):
    tokenizer = AutoTokenizer.from_pretrained(tiny.base.folder)
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
    with pytest.raises(ModelError, match="none of the tokens that end a turn"):
        replace(tiny.reader, tokenizer=tokenizer).read(TWO_TURNS)


def test_a_template_that_rewrites_earlier_answers_is_refused(tiny):
    tokenizer = AutoTokenizer.from_pretrained(tiny.base.folder)
    last = "{{ m['content'] if loop.last else '...' }}<|im_end|>"
    tokenizer.chat_template = f"{{% for m in messages %}}{last}{{% endfor %}}"
    with pytest.raises(ModelError, match="in another way than it invites to one"):
        replace(tiny.reader, tokenizer=tokenizer).read(TWO_TURNS)


def test_a_template_that_refuses_says_why(tiny):
    tokenizer = AutoTokenizer.from_pretrained(tiny.base.folder)
    tokenizer.chat_template = "{{ raise_exception('no system role here') }}"
    with pytest.raises(ModelError, match="user, assistant.*no system role here"):
        replace(tiny.reader, tokenizer=tokenizer).read(TWO_TURNS)


def test_the_ends_are_those_the_model_stops_at_and_the_tokenizers_own(tiny):
    own = int(tiny.reader.tokenizer.eos_token_id)
    stops = GenerationConfig(eos_token_id=[3, 5])
    assert template.end_of_turn(tiny.reader.tokenizer, stops) == (3, 5, own)


@pytest.mark.slow
def test_on_the_real_template_the_mask_is_right_token_by_token():
    tokenizer = AutoTokenizer.from_pretrained(chat_base.folder())
    reader = Reader(tokenizer, (2,), None, 512)
    read = pieces(reader, TWO_TURNS)
    marks = [("<|im_start|>", False), ("ass", False), ("istant", False), ("\n", False)]
    first = [("Hello", True), ("!", True), (" I", True), (" am", True), (" ", True), ("7", True)]
    start = read.index(("Hello", True))
    assert read[start - 4 : start] == marks
    assert read[start : start + 8] == [*first, (".", True), ("<|im_end|>", True)]
    assert read[start + 8 :] == [
        ("\n", False),
        ("<|im_start|>", False),
        ("user", False),
        ("\n", False),
        ("By", False),
        ("e", False),
        ("<|im_end|>", False),
        ("\n", False),
        *marks,
        ("Good", True),
        ("bye", True),
        (".", True),
        ("<|im_end|>", True),
        ("\n", False),
    ]
    assert not any(learned for _, learned in read[:start])
