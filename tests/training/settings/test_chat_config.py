"""training.settings.chat_config: what is refused, and what the identity of an adapter holds."""

import json
from pathlib import Path

import pytest

from inference.core.errors import ConfigError
from training.settings.chat_config import (
    ChatConfig,
    chat_config_from_mapping,
    parse_chat_config,
)

OLD_RUN = Path(__file__).with_name("old_chat_run.json")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "give the dialogues with --train_file"),
        (["--train_file", "x", "--lora_r", "0"], "lora_r is 0, it must be between 1 and 10,?000"),
        (["--train_file", "x", "--noisy", "maybe"], "--noisy"),
        (["--train_file", "x", "--push_to_hub"], "hub_model_id is not"),
        (["--train_file", "x", "--paraphrases", "5"], "unknown flag: paraphrases"),
        (["--train_file", "x", "--lora_rank", "5"], "unknown flag: lora_rank; did you mean lora_r"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_loads(flags, message):
    with pytest.raises(ConfigError, match=message):
        parse_chat_config(flags)


def test_max_steps_and_lists_are_one_flag_each():
    config = parse_chat_config(
        ["--train_file", "x", "--max_steps", "60", "--lora_targets", "q_proj", "v_proj"]
    )
    assert config.trainer.max_steps == 60 and config.model.lora_targets == ("q_proj", "v_proj")


def test_settings_come_back_from_their_own_dict():
    config = ChatConfig.of(train_file="x", lora_targets=("q_proj",), compare_runs=("runs/a",))
    assert chat_config_from_mapping(config.as_dict()) == config


def test_the_settings_of_a_run_of_before_are_read_and_the_retired_ones_named(capsys):
    stored = json.loads(OLD_RUN.read_text("utf-8"))["config"]
    assert set(stored) == set(ChatConfig.RETIRED) | set(ChatConfig.of(train_file="x").as_dict())
    kept = {key: value for key, value in stored.items() if key not in ChatConfig.RETIRED}
    assert parse_chat_config(["--config", str(OLD_RUN)]).as_dict() == kept
    assert chat_config_from_mapping(stored).as_dict() == kept
    notes = capsys.readouterr().err.splitlines()
    assert len(notes) == 2 and all(name in note for name in ChatConfig.RETIRED for note in notes), (
        notes
    )


def test_the_identity_holds_what_moves_weights_and_no_place():
    names = set(ChatConfig.of(train_file="x").weights_identity())
    assert {"lora_r", "learning_rate", "max_steps", "learn_end_of_turn", "seed"} <= names
    assert not names & {"train_file", "output_dir", "hub_model_id", "answer_prompts", "save_steps"}
