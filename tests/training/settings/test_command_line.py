"""The spelling of a command line and of a recipe."""

import subprocess
import sys
from dataclasses import dataclass

import pytest

from inference.core.errors import ConfigError, FlagError
from training.settings.chat_config import ChatConfig
from training.settings.command_line import parse, read_config_file
from training.settings.config import TrainConfig
from training.settings.groups import Config, Group, descriptions_of, setting
from training.settings.tune_config import TuneCommand


@dataclass(frozen=True)
class Pets(Group):
    """Pets"""

    text_fields: tuple[str, ...] = setting(("name",))
    """Columns."""
    label_fields: tuple[str, ...] = setting(())
    train_file: str | None = setting(None)
    push_to_hub: bool = setting(False)
    seed: int = setting(1, between=(0, 9))
    """A number,
    at most 9."""
    notes: dict[str, str] = setting({})
    maps: dict[str, dict[str, str | None]] = setting({})


@dataclass(frozen=True)
class PetConfig(Config):
    """Of pets."""

    RETIRED = ("colour",)
    pets: Pets = Pets()


def read(*argv: str) -> dict[str, object]:
    """What the words change of the defaults."""
    default = PetConfig().as_dict()
    seen = parse(PetConfig, "pets", argv).as_dict()
    return {name: value for name, value in seen.items() if value != default[name]}


@pytest.mark.parametrize(
    ("argv", "values"),
    [
        (["--seed", "3"], {"seed": 3}),
        (["--seed=3"], {"seed": 3}),
        (["--push_to_hub"], {"push_to_hub": True}),
        (["--push_to_hub", "true"], {"push_to_hub": True}),
        (["--push_to_hub", "--push_to_hub", "false"], {}),
        (["--push_to_hub", "--seed", "2"], {"push_to_hub": True, "seed": 2}),
        (["--text_fields", "a", "b"], {"text_fields": ["a", "b"]}),
        (["--text_fields", "a,b"], {"text_fields": ["a", "b"]}),
        (["--text_fields=a,b"], {"text_fields": ["a", "b"]}),
        (["--text_fields", '["a, b"]'], {"text_fields": ["a, b"]}),
        (["--text_fields", "[]"], {"text_fields": []}),
        (["--label_field", "né"], {"label_fields": ["né"]}),
        (["--notes.one", "two words"], {"notes": {"one": "two words"}}),
        (["--notes.1", "null", "--notes.b=c"], {"notes": {"1": "null", "b": "c"}}),
        (["--notes", '{"yes": 1e-4}'], {"notes": {"yes": "1e-4"}}),
        (["--maps", "{a: {b: null, c: d}}"], {"maps": {"a": {"b": None, "c": "d"}}}),
        (["--train_file", "-"], {"train_file": "-"}),
        (["--train_file", "null"], {}),
    ],
)
def test_the_forms_of_transformers_examples_are_understood(argv, values):
    assert read(*argv) == values


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--sed", "3"], "unknown flag: sed; did you mean seed? known are: text_fields, label"),
        (["--zzz", "3"], "unknown flag: zzz; known are: text_fields"),
        (["tweets.csv"], "'tweets.csv' is not a flag"),
        (["--seed"], "argument --seed: expected one argument"),
        (["--seed", "1", "2"], "'2' is not a flag"),
        (["--seed", "1.5"], "--seed is '1.5', expected int"),
        (["--seed", "10"], "seed is 10, it must be between 0 and 9"),
        (["--text_fields", "--seed", "1"], "--text_fields/--text_field: expected at least one"),
        (["--text_fields", "a,,b"], "--text_fields needs one or more names, but got 'a,,b'"),
        (["--notes", "{a"], "--notes is not JSON"),
        (["--notes", "a"], "--notes is 'a', expected dict[str, str]"),
        (["--seed.a", "1"], "--seed.a names no entry"),
    ],
)
def test_a_word_that_means_nothing_is_refused_with_what_to_write(argv, message):
    with pytest.raises(FlagError) as caught:
        read(*argv)
    assert message in str(caught.value) and caught.value.exit_code == 2


def test_a_recipe_keeps_words_that_yaml_would_turn_into_booleans_and_numbers(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("label_field: no\nnotes: {yes: on, 1: 1e-4}\ntext_fields: [null, a]\n")
    assert read("--config", str(path)) == {
        "label_fields": ["no"],
        "notes": {"yes": "on", "1": "1e-4"},
        "text_fields": ["null", "a"],
    }


def test_a_later_file_beats_an_earlier_one_and_a_flag_both(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("seed: 2\ntrain_file: a\nnotes: {a: b}\n")
    second.write_text("seed: 3\n")
    files = ["--config", str(first), "--config", str(second)]
    assert read(*files) == {"seed": 3, "train_file": "a", "notes": {"a": "b"}}
    changed = read(*files, "--seed", "4", "--notes.c", "d")
    assert changed == {"seed": 4, "train_file": "a", "notes": {"a": "b", "c": "d"}}


def test_a_run_json_is_a_recipe_also_of_settings_that_have_gone(tmp_path):
    path = tmp_path / "run.json"
    path.write_text('{"format": 1, "config": {"seed": 7, "colour": "red"}, "metrics": {}}')
    assert read_config_file(str(path), PetConfig) == {"seed": "7"}


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
        read_config_file(str(path), PetConfig)


def test_a_missing_recipe_is_named(tmp_path):
    with pytest.raises(ConfigError, match="nowhere.yaml cannot be read"):
        read_config_file(str(tmp_path / "nowhere.yaml"), PetConfig)


def test_help_stands_in_groups_and_names_defaults_and_choices():
    command = [sys.executable, "-m", "training.train", "--help"]
    shown = " ".join(subprocess.run(command, capture_output=True, text=True).stdout.split())
    groups = ("Data:", "Model:", "Training:", "Report:", "Search:", "Hub:")
    assert [shown.index(group) for group in groups] == sorted(map(shown.index, groups))
    assert "One of auto, no, bf16, fp16. (default: auto)" in shown


def test_what_stands_below_a_field_is_its_description():
    assert descriptions_of(Pets()) == {"text_fields": "Columns.", "seed": "A number, at most 9."}


@pytest.mark.parametrize("kind", [TrainConfig, ChatConfig, TuneCommand])
def test_every_setting_has_a_description(kind: type[Config]):
    described = set().union(*map(descriptions_of, kind.groups().values()))
    assert described == set(kind.settings())
