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

import argparse
import sys
from collections.abc import Sequence

from inference.core.errors import ConfigError, FlagError, run_command
from inference.core.settings import load_settings, share_cores
from training.settings import console, search_space
from training.settings.config import TrainConfig, parse_train_config
from training.settings.tune_config import PRUNERS, TuneConfig

_OWN_FLAGS = ("n_trials", "timeout", "storage", "study_name", "n_jobs", "pruner", "patience")


def parse(argv: Sequence[str] | None = None) -> tuple[TuneConfig, TrainConfig]:
    """The search's own flags, and the settings that it starts from.

    Raises:
        FlagError: an unknown flag, a value that cannot be used, or nothing to search.
    """
    try:
        return _read(sys.argv[1:] if argv is None else argv)
    except ConfigError as error:
        raise FlagError(str(error)) from None


def _read(argv: Sequence[str]) -> tuple[TuneConfig, TrainConfig]:
    own, rest = _divided(argv)
    try:
        flags = _parser().parse_args(own)
    except argparse.ArgumentError as error:
        raise ConfigError(f"{error}; see python -m training.tune --help") from None
    tune, config = TuneConfig(**vars(flags)), parse_train_config(rest)
    if not search_space.read(config):
        raise ConfigError("search_space fixes every setting; leave one of them to search")
    return tune, config


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.tune",
        usage="%(prog)s [--config RECIPE] [flags]",
        description="Find better settings for a recipe on its validation texts, then measure on "
        "the test texts what they gained. The same command carries on after an interruption.",
        epilog="The flags of python -m training.train work as well, such as --config, --train_file "
        "and --output_dir. --search_space says what is tried, as in "
        "--search_space.learning_rate '1e-5 .. 1e-3 log'.",
        allow_abbrev=False,
        exit_on_error=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    default = TuneConfig()
    add = parser.add_argument
    add("--n_trials", type=int, default=default.n_trials, help="trials of the study in all")
    add("--timeout", type=float, help="seconds after which no more is tried")
    add("--storage", help="URL of a database, as of PostgreSQL; unset: a file in OUTPUT_DIR")
    add("--study_name", default=default.study_name, help="its name in the storage")
    add("--n_jobs", type=int, default=default.n_jobs, help="trials at once, each its own process")
    add(
        "--pruner",
        choices=PRUNERS,
        default=default.pruner,
        help="which trials are stopped early; halving: all but the best third of those that were "
        "trained on the same part of the texts (of few texts: for an epoch)",
    )
    add(
        "--patience",
        type=int,
        default=default.patience,
        help="stop when so many trials in a row gained less than chance may; 0: never",
    )
    return parser


def _divided(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words for the search, and those for the settings of a training."""
    own: list[str] = []
    rest: list[str] = []
    words = rest
    for word in argv:
        if word.startswith("-"):
            name = word.partition("=")[0].removeprefix("--")
            words = own if name in (*_OWN_FLAGS, "help", "-h") else rest
        words.append(word)
    return own, rest


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
