"""The settings of a run: default, recipe, flag, and what is refused."""

import json

import pytest

from inference.core.errors import ConfigError
from inference.data.schema import Schema
from training.settings.config import TrainConfig, parse_train_config, train_config_from_mapping


def test_a_flag_beats_the_recipe_and_the_recipe_beats_the_default(tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("train_file: a.csv\nseed: 1\nlearning_rate: 3e-5\n")
    config = parse_train_config(["--config", str(recipe), "--seed", "2"])
    assert (config.trainer.seed, config.trainer.learning_rate, config.trainer.num_train_epochs) == (
        2,
        3e-5,
        TrainConfig.trainer.num_train_epochs,
    )


def test_the_flags_of_the_manual_are_all_understood():
    config = parse_train_config(
        "--train_file a.csv --validation_file b.csv --test_file c.csv --text_fields title body "
        "--label_fields toxic insult --model_name_or_path ./base --max_seq_length 64 "
        "--learning_rate 1e-4 --num_train_epochs 2 --per_device_train_batch_size 4 "
        "--gradient_accumulation_steps 2 --warmup_ratio 0.2 --weight_decay 0.1 "
        "--mixed_precision bf16 --seed 5 --max_train_samples 10 --output_dir out "
        "--resume_from_checkpoint auto --push_to_hub --hub_model_id me/it --hub_private".split()
    )
    assert config.data.text_fields == ("title", "body")
    assert config.data.label_fields == ("toxic", "insult")
    assert config.hub.push_to_hub
    assert config.hub.hub_private


def test_a_run_json_reproduces_its_settings(tmp_path):
    config = parse_train_config(
        ["--train_file", "a.csv", "--label_descriptions", '{"no": "it is not"}']
    )
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"format": 1, "config": config.as_dict()}))
    assert parse_train_config(["--config", str(path)]) == config
    assert train_config_from_mapping(config.as_dict()) == config


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--train_file a.csv --learning_rat 1", "did you mean learning_rate"),
        ("--train_file a.csv --learning_rate fast", "--learning_rate is 'fast', expected float"),
        ("--train_file a.csv --learning_rate -1", "learning_rate is -1.0, it must be between"),
        ("--train_file a.csv --num_train_epochs 1.5", "--num_train_epochs is '1.5', expected int"),
        ("--train_file a.csv --mixed_precision int8", "'auto', 'no', 'bf16', 'fp16'"),
        ("--train_file a.csv --lora_alpha 32", "give their rank too, as in --lora_r 16"),
        ("--train_file a.csv --lora_r 8 --freeze_layers 2", "in some; give one of the two"),
        ("--train_file a.csv --freeze_layers -1", "freeze_layers is -1, it must be between 0"),
        ("--train_file a.csv --report_to wandb", "'none', 'tensorboard', 'trackio'"),
        ("--train_file a.csv --loss hinge", "'cross_entropy', 'focal'"),
        ("--train_file a.csv --weighted_sampling --class_weights sqrt", "rare labels twice"),
        ("--train_file a.csv --text_fields label", "cannot be both text and label"),
        ("--train_file a.csv --text_fields a a", "different column names"),
        ("--train_file a.csv --push_to_hub", "hub_model_id is not"),
        ("--train_file a.csv --hub_tag v1..2", "hub_tag: 'v1..2' cannot be a tag"),
        ("--train_file a.csv --dataset_name me/it", "both are given"),
        ("--seed 1", "neither is given"),
        ("--dataset_name me/it --test_file a.csv", "brings its own splits"),
        ("--train_file a.csv --label_fields a b --label_delimiter ,", "for one label field"),
        ("--train_file a.csv --json_field b", "json_fields names 'b', which is none of the text"),
        (
            '--train_file a.csv --match_fields {"text":"b"}',
            "match_fields holds text against b; it must hold one of text_fields",
        ),
        ("--train_file a.csv --group_field label", "group_field is 'label', which is a label"),
        ("--train_file a.csv --time_field label", "time_field is 'label', which is a label"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_in_one_line(flags, message):
    with pytest.raises(ConfigError, match=message) as caught:
        parse_train_config(flags.split())
    assert "\n" not in str(caught.value)


def test_settings_made_in_code_are_checked_too():
    with pytest.raises(ConfigError, match="it must be one of linear, cosine"):
        TrainConfig.of(train_file="a.csv", lr_scheduler_type="steps")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="unknown key: sede"):
        train_config_from_mapping({"sede": 1})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("learning_rate", [1], r"is \[1\], expected float"),
        ("seed", True, "is True, expected int"),
        ("seed", 1.5, "is 1.5, expected int"),
        ("push_to_hub", "no", "is 'no', expected bool"),
        ("text_fields", "text", r"is 'text', expected tuple\[str, ...\]"),
        ("text_fields", [1], r"is \[1\], expected tuple"),
        ("hub_tag", {}, r"is \{\}, expected str \| None"),
        ("label_names", {"a": 1}, r"is \{'a': 1\}, expected dict\[str, str\]"),
        ("loss", "hinge", r"is 'hinge', expected Literal\['cross_entropy', 'focal'\]"),
        ("baselines", None, "is None, expected tuple"),
    ],
)
def test_a_value_of_another_type_in_a_run_json_is_named(name, value, expected):
    with pytest.raises(ConfigError, match=f"{name} {expected}"):
        train_config_from_mapping({"train_file": "a.csv", name: value})


def test_the_schema_of_the_files_follows_from_the_settings():
    config = parse_train_config(
        "--train_file a.csv --text_fields title queries --label_field y --json_field queries "
        "--group_field author --time_field day --column_names title queries y author day".split()
    )
    assert config.data.schema() == Schema(
        ("title", "queries"),
        ("y",),
        None,
        ("title", "queries", "y", "author", "day"),
        ("queries",),
        "author",
        "day",
    )


def test_where_the_run_lies_and_what_it_is_called_do_not_change_its_weights():
    first = TrainConfig.of(train_file="a.csv", output_dir="a", license="mit")
    second = TrainConfig.of(train_file="b.csv", output_dir="b", hub_model_id="me/it")
    assert first.weights_identity() == second.weights_identity()
    assert first.weights_identity() != TrainConfig.of(train_file="a.csv", seed=1).weights_identity()


def test_help_describes_every_flag(capsys):
    with pytest.raises(SystemExit) as ended:
        parse_train_config(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    assert "Highest learning rate, reached after the warm-up;" in shown
    assert shown.count("default:") >= 35
