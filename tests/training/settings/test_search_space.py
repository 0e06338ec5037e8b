"""What a search may change: the little language, what it refuses, and what a trial draws."""

import pytest

from inference.core.errors import ConfigError
from tests.training.toy import toy_config
from training.settings import search_space
from training.settings.config import TrainConfig, parse_train_config
from training.settings.search_space import Choices, Range

FIXED = {name: "fixed" for name in search_space.read(toy_config())}


def read(name: str, text: str, **changes: object) -> Range | Choices:
    """The space of one setting."""
    config = toy_config(search_space={**FIXED, name: text}, **changes)
    return search_space.read(config)[name]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("learning_rate", "1e-5 .. 1e-2 log", Range(1e-5, 1e-2, is_log=True)),
        ("learning_rate", "1e-5..1e-2", Range(1e-5, 1e-2)),
        ("learning_rate", "1e-3 | 5e-3", Choices((1e-3, 5e-3))),
        ("num_train_epochs", "1 .. 4", Range(1, 4, is_whole=True)),
        ("num_train_epochs", "2 | 4", Choices((2, 4))),
        ("class_weights", "sqrt | none", Choices(("sqrt", "none"))),
        ("weighted_sampling", "false | true", Choices((False, True))),
        ("lora_r", "none | 8", Choices((None, 8))),
        # the recipe's own value belongs to it
        ("learning_rate", "1e-5 .. 1e-3 log", Range(1e-5, 5e-3, is_log=True)),
        ("per_device_train_batch_size", "16 | 32", Choices((8, 16, 32))),
    ],
)
def test_a_space_is_read_as_it_is_written(name: str, text: str, expected: Range | Choices):
    assert read(name, text) == expected


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("seed", "1 | 2", "seed, which cannot be searched"),
        ("text_fields", "a | b", "those that can are"),
        ("learning_rate", "1e-3 .. 1e-5", "the smaller first"),
        ("learning_rate", "0 .. 1e-2 log", "log needs numbers above 0"),
        ("learning_rate", "1e-5 .. 1e-2 lg", "two numbers"),
        ("learning_rate", "1e-5 .. 7", "learning_rate is 7"),
        ("learning_rate", "fast | slow", "'fast', which it cannot have"),
        ("num_train_epochs", "1 .. 2.5", "two numbers that it can have"),
        ("class_weights", "a .. b", "two numbers that it can have"),
        ("class_weights", "none | heavy", "'heavy', which it cannot have"),
        ("lora_r", "4 .. 8", "lora_r is unset in the recipe"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_any_trial(name: str, text: str, said: str):
    with pytest.raises(ConfigError, match=said):
        read(name, text)


def test_a_rate_that_was_left_open_keeps_its_range_until_it_has_a_value():
    config = TrainConfig.of(train_file="a.csv")
    assert search_space.read(config)["learning_rate"] == Range(3e-5, 1e-3, is_log=True)
    settled = config.with_values(learning_rate=1e-5)
    assert search_space.read(settled)["learning_rate"] == Range(1e-5, 1e-3, is_log=True)


def test_a_recipe_overrides_what_the_fields_declare(tmp_path):
    (tmp_path / "recipe.yaml").write_text(
        "train_file: a.csv\nlearning_rate: 2e-4\n"
        "search_space: {learning_rate: 1e-5 .. 1e-4 log, warmup_ratio: fixed}\n"
    )
    config = parse_train_config(["--config", str(tmp_path / "recipe.yaml")])
    space = search_space.read(config)
    assert space["learning_rate"] == Range(1e-5, 2e-4, is_log=True)
    assert "warmup_ratio" not in space and "num_train_epochs" in space
    assert (
        config.weights_identity()
        == parse_train_config(
            ["--train_file", "a.csv", "--learning_rate", "2e-4"]
        ).weights_identity()
    )


def test_a_trial_may_have_values_beside_which_others_of_its_space_could_not_be_had():
    space = {"class_weights": "none | sqrt", "weighted_sampling": "false | true"}
    toy_config(search_space=space, class_weights="sqrt")
    toy_config(search_space=space, weighted_sampling=True)


def test_weights_of_labels_are_not_searched_beside_a_sampling_that_does_the_same():
    assert "class_weights" in search_space.read(toy_config())
    assert "class_weights" not in search_space.read(toy_config(weighted_sampling=True))
