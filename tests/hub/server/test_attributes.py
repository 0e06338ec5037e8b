"""Which paths .gitattributes names as large."""

import pytest

from hub.server import attributes

LINE = "{} filter=lfs diff=lfs merge=lfs -text"


def test_the_first_text_names_every_pattern():
    assert attributes.large_patterns(attributes.FIRST) == list(attributes.LARGE_PATTERNS)
    assert LINE.format("*.safetensors") in attributes.FIRST.splitlines()


@pytest.mark.parametrize("path", ["a.bin", "deep/in/b.onnx", "saved_model.pb"])
def test_a_known_ending_is_named_already(path):
    assert attributes.completed(attributes.FIRST, [path]) == attributes.FIRST


@pytest.mark.parametrize(
    "path, pattern",
    [
        ("model.gguf", "model.gguf"),
        ("data/big file.csv", "data/big[[:space:]]file.csv"),
        ("#1.csv", r"\#1.csv"),
        ("a[1]*.csv", r"a\[1]\*.csv"),
    ],
)
def test_another_gets_a_line_of_its_own_once(path, pattern):
    text = attributes.completed("*.x text", [path])
    assert text == "*.x text\n" + LINE.format(pattern) + "\n"
    assert attributes.completed(text, [path]) == text
    assert attributes.names(attributes.large_patterns(text), path)


def test_no_large_file_changes_nothing():
    assert attributes.completed("*.x text", []) == "*.x text"
