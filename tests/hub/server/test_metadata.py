"""What README.md and config.json say about a repo."""

import json

import pytest

from hub.server.metadata import BadCard, front_matter, read_metadata

BOMB = "---\na: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text, card",
    [
        ("", {}),
        ("no front matter", {}),
        ("---\nnever closed: 1", {}),
        ("---\n---\ntext", {}),
        ("---\nlicense: mit\ntags:\n- a\n---\n", {"license": "mit", "tags": ["a"]}),
        ("\ufeff---\r\nlicense: mit\r\n---\r\n", {"license": "mit"}),
        (
            "---\ndate: 2026-01-31\nvalue: .nan\n1: x\n---",
            {"date": "2026-01-31", "value": None, "1": "x"},
        ),
        ('---\nx: "\\ud800"\n---', {"x": "?"}),
    ],
)
def test_front_matter(text, card):
    assert front_matter(text) == card


@pytest.mark.parametrize(
    "text",
    [
        "---\na: [\n---",
        "---\n- a\n---",
        BOMB + "---",
        "---\na: &a [*a]\n---",
        "---\n" + "[" * 500 + "\n---",
        "---\na: " + "x" * 2**17 + "\n---",
    ],
)
def test_an_unusable_card_is_named_or_ignored(text):
    with pytest.raises(BadCard, match=r"README\.md"):
        front_matter(text)
    assert read_metadata(text.encode(), None).card == {}


@pytest.mark.parametrize(
    "architecture, task",
    [
        ("BertForSequenceClassification", "text-classification"),
        ("LlamaForCausalLM", "text-generation"),
        ("BertModel", "feature-extraction"),
        ("Strange", None),
    ],
)
def test_task_and_library_are_inferred_from_the_config(architecture, task):
    config = json.dumps({"model_type": "bert", "architectures": [architecture]}).encode()
    found = read_metadata(None, config)
    assert (found.pipeline_tag, found.library_name) == (task, "transformers")


def test_the_card_goes_before_what_is_inferred():
    config = b'{"model_type": "bert", "architectures": ["BertModel"]}'
    card = b"---\npipeline_tag: fill-mask\nlibrary_name: onnx\nlicense: mit\nbase_model: [a/b]\n---"
    found = read_metadata(card, config)
    assert (found.pipeline_tag, found.library_name) == ("fill-mask", "onnx")
    assert found.tags == ("onnx", "bert", "fill-mask", "license:mit", "base_model:a/b")


@pytest.mark.parametrize("config", [b"", b"[", b"[]", b"\xff", b'{"model_type": 3}', b"[" * 5009])
def test_a_strange_config_says_nothing(config):
    assert read_metadata(None, config).library_name is None
