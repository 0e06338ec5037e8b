"""From a labelled file to a repo on the Hub: python -m training.train --train_file tweets.csv

Owns the command: flags are read and checked before torch is loaded. The stages are
training/classifier/pipeline.py. Runs under plain python, `accelerate launch -m training.train` and
`python -m torch.distributed.run --nproc_per_node 2 -m training.train`.

Try: python -m training.train --train_file tweets.csv --label_field sentiment --output_dir runs/a
"""

from typing import TYPE_CHECKING

from hub.errors import UserError
from inference.core.errors import run_command
from inference.core.settings import Settings, load_settings, share_cores
from training.settings import console
from training.settings.config import TrainConfig, parse_train_config

if TYPE_CHECKING:
    from training.classifier.pipeline import RunResult


def train(config: TrainConfig, settings: Settings) -> "RunResult":
    """Train, export, measure, judge and, if asked, publish.

    Raises:
        UserError: anything that its reader can put right; see inference/core/errors.py.
    """
    # takes seconds, which a slip in the flags must not cost
    from training.classifier import pipeline

    return pipeline.run(config, settings)


def main() -> None:
    """The command line."""
    config = parse_train_config()
    settings = load_settings()
    share_cores()
    console.hush()
    try:
        train(config, settings)
    except UserError as error:
        from training.trainer import processes

        if not processes.is_main_process():
            raise SystemExit(error.exit_code) from None  # the main process has said it
        raise


if __name__ == "__main__":
    run_command(main)
