"""The flags of a search, which are told from those of a training."""

import pytest

from inference.core.errors import ConfigError, FlagError
from training.settings.tune_config import TuneConfig
from training.tune import parse

TRAIN = ["--train_file", "a.csv"]


def test_own_flags_and_those_of_a_training_stand_in_any_order():
    argv = ["--n_trials", "7", *TRAIN, "--timeout=60", "--text_fields", "a", "b", "--n_jobs", "2"]
    tune, config = parse(argv)
    assert tune == TuneConfig(n_trials=7, timeout=60.0, n_jobs=2)
    assert config.data.text_fields == ("a", "b")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--n_trials", "0"], "n_trials is 0"),
        (["--n_trials", "many"], "n_trials"),
        (["--timeout", "0"], "timeout is 0"),
        (["--pruner", "grid"], "grid"),
        (["--study_name", " "], "study_name is blank"),
        (["--n_tirals", "3"], "unknown flag: n_tirals"),
        (["--search_space", '{"seed": "1 | 2"}'], "cannot be searched"),
    ],
)
def test_a_slip_is_said_before_anything_starts(argv: list[str], said: str):
    with pytest.raises(FlagError, match=said) as caught:
        parse([*TRAIN, *argv])
    assert caught.value.exit_code == 2, "as argparse's"


def test_a_space_without_anything_to_search_is_refused():
    names = ["learning_rate", "num_train_epochs", "per_device_train_batch_size", "warmup_ratio"]
    fixed = [f"--search_space.{name}=fixed" for name in (*names, "weight_decay", "class_weights")]
    with pytest.raises(ConfigError, match="fixes every setting"):
        parse([*TRAIN, *fixed])
