"""The spelling of a command line and of a recipe."""

import pytest

from inference.core.errors import ConfigError
from training.settings.arguments import Names, one_line, read_config_file, spell_out

NAMES = Names(
    known=("train_file", "text_fields", "label_fields", "push_to_hub", "seed", "notes"),
    lists=frozenset({"text_fields", "label_fields"}),
    switches=frozenset({"push_to_hub"}),
)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--seed", "3"], ["--seed=3"]),
        (["--seed=3"], ["--seed=3"]),
        (["--push_to_hub"], ["--push_to_hub=true"]),
        (["--push_to_hub", "false"], ["--push_to_hub=false"]),
        (["--push_to_hub", "--seed", "1"], ["--push_to_hub=true", "--seed=1"]),
        (["--text_fields", "a", "b"], ['--text_fields=["a", "b"]']),
        (["--text_fields", "a,b"], ['--text_fields=["a", "b"]']),
        (["--text_fields=a,b"], ['--text_fields=["a", "b"]']),
        (["--text_fields", '["a, b"]'], ['--text_fields=["a, b"]']),
        (["--label_field", "né"], ['--label_fields=["né"]']),
        (["--notes.one", "two words"], ["--notes.one=two words"]),
        (["--train_file", "-"], ["--train_file=-"]),
        (["-h"], ["--help"]),
        (["--config", "x.yaml"], ["--config=x.yaml"]),
    ],
)
def test_the_forms_of_transformers_examples_are_understood(argv, words):
    assert spell_out(argv, NAMES) == words


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--sed", "3"], "unknown flag: sed; did you mean seed? known are: train_file, text"),
        (["--zzz", "3"], "unknown flag: zzz; known are: train_file"),
        (["tweets.csv"], "'tweets.csv' is not a flag"),
        (["--seed"], "--seed needs a value"),
        (["--seed", "1", "2"], "--seed takes one value, but 2 were given"),
        (["--text_fields", "--seed", "1"], "--text_fields needs one or more names"),
        (["--text_fields", "a,,b"], "--text_fields needs one or more names"),
    ],
)
def test_a_word_that_means_nothing_is_refused_with_what_to_write(argv, message):
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        spell_out(argv, NAMES)


def test_a_recipe_keeps_words_that_yaml_would_turn_into_booleans_and_numbers(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("label_field: no\nnotes: {yes: on, 1: 1e-4}\ntext_fields: [null, a]\n")
    assert read_config_file(str(path), NAMES) == {
        "label_fields": ["no"],
        "notes": {"yes": "on", "1": "1e-4"},
        "text_fields": ["null", "a"],
    }


def test_a_run_json_is_a_recipe(tmp_path):
    path = tmp_path / "run.json"
    path.write_text('{"format": 1, "config": {"seed": 7}, "metrics": {}}')
    assert read_config_file(str(path), NAMES) == {"seed": "7"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("sed: 3", "unknown key of .*recipe.yaml: sed; did you mean seed"),
        ("- a\n- b", "must hold `name: value` lines"),
        ("a: [b", "is not YAML"),
    ],
)
def test_a_recipe_that_cannot_be_used_is_refused(tmp_path, content, message):
    path = tmp_path / "recipe.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=message):
        read_config_file(str(path), NAMES)


def test_a_missing_recipe_is_named(tmp_path):
    with pytest.raises(ConfigError, match="nowhere.yaml cannot be read"):
        read_config_file(str(tmp_path / "nowhere.yaml"), NAMES)


def test_the_parsers_message_becomes_one_line():
    message = "Parser key \"seed\":\n  Expected a <class 'int'>. Got value: x"
    assert one_line(message) == "--seed: Expected a int. Got value: x"
