"""inference.runs.contract: what a page offers is what the command takes."""

from inference.runs import contract
from training.settings.config import TrainConfig
from training.settings.tune_config import TuneCommand


def test_the_limits_and_defaults_of_the_pages_are_those_of_the_commands():
    train, tune = TrainConfig.settings(), TuneCommand.settings()
    seen = {
        name: (setting.default, setting.between)
        for name, setting in {**train, **tune}.items()
        if name in ("num_train_epochs", "max_seq_length", "max_train_samples", "n_trials")
    }
    assert seen == {
        "num_train_epochs": (contract.DEFAULT_EPOCHS, contract.EPOCHS),
        "max_seq_length": (contract.DEFAULT_MAX_TOKENS, contract.MAX_TOKENS),
        "max_train_samples": (None, contract.TRAIN_SAMPLES),
        "n_trials": (contract.DEFAULT_TRIALS, contract.TRIALS),
    }
    assert train["model_name_or_path"].default == contract.DEFAULT_MODEL
