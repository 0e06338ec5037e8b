"""The best settings for a recipe: python -m training.tune --config RECIPE --train_file tweets.csv

Owns the command and its order: trials (training/tuning/trials.py), then the default's and the
best one's full run with the verdict table, so that what was gained is measured once on the test
part. The same command carries on where it was interrupted; --n_trials counts all trials of the
study.

    OUTPUT_DIR/study.json, trials.csv   every trial, while it goes on too
    OUTPUT_DIR/best.yaml                the settings found: a --config of training.train
    OUTPUT_DIR/best, default            run folders; best is what is published
    OUTPUT_DIR/trials, study.db         what carrying on needs

Try: python -m training.tune --config training/recipes/demo.yaml --train_file tweets.csv
"""

from collections.abc import Sequence

from inference.core.errors import ConfigError, FlagError, run_command
from inference.core.settings import load_settings, share_cores
from training.settings import command_line, console, search_space
from training.settings.config import TrainConfig
from training.settings.tune_config import TuneCommand, TuneConfig


def parse(argv: Sequence[str] | None = None) -> tuple[TuneConfig, TrainConfig]:
    """The search's own flags, and the settings that it starts from.

    Raises:
        FlagError: an unknown flag, a value that cannot be used, or nothing to search.
    """
    command = command_line.parse(TuneCommand, "python -m training.tune", argv)
    recipe = command.recipe()
    try:
        space = search_space.read(recipe)
    except ConfigError as error:
        raise FlagError(str(error)) from None
    if not space:
        raise FlagError("search_space fixes every setting; leave one of them to search")
    return command.tune, recipe


def main() -> None:
    """The command line."""
    tune, config = parse()
    settings = load_settings()
    share_cores()
    console.hush()
    from training.tuning import search  # takes seconds, which a slip in the flags must not cost

    search.run(tune, config, settings)


if __name__ == "__main__":
    run_command(main)
