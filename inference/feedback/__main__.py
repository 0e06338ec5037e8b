"""The corrections that people left become the rows of the next training.

Owns the command; the records are log.py's, which of them are taken next_run.py's.

    python -m inference.feedback FOLDER --out next.jsonl
    python -m training.train --train_file next.jsonl --config runs/a/run.json
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from inference.core.atomic_write import write_whole
from inference.core.errors import ConfigError, DataError, run_command
from inference.feedback.log import read_feedback


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The flags of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m inference.feedback",
        description="What people said of predictions, as the next file to train on.",
    )
    parser.add_argument("folder", nargs="?", type=Path, help="that of SPACE_FEEDBACK")
    parser.add_argument("--repo", help="dataset repo of SPACE_FEEDBACK_REPO, in place of a folder")
    parser.add_argument("--out", type=Path, required=True, help="JSON lines, a row a text")
    parser.add_argument(
        "--model",
        help="repo id, or a folder written as a path (./runs/a): the columns are those that it "
        "was trained with",
    )
    parser.add_argument("--text_fields", nargs="+", help="columns of the text; text unless said")
    parser.add_argument("--label_fields", nargs="+", help="columns of the label; label unless said")
    parser.add_argument("--label_delimiter", help="between several labels in one column")
    parser.add_argument(
        "--catalogue", "--recipe", help="title of the catalogue, where several have feedback here"
    )
    flags = parser.parse_args(argv)
    if (flags.folder is None) == (flags.repo is None):
        parser.error("give either a folder or --repo")
    return flags


def main() -> None:
    """The command line: HF_ENDPOINT and HF_TOKEN say where and who."""
    # only the command needs them, and next_run imports this module
    from inference.core.settings import load_settings
    from inference.feedback import next_run

    flags = parse()
    hub = load_settings().connect()
    folder = hub.resolve(flags.repo, repo_type="dataset").folder if flags.repo else flags.folder
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; give that of the Space's SPACE_FEEDBACK.")
    collected = read_feedback(folder)
    for line in collected.broken[:5]:
        print(f"left out {line}", file=sys.stderr)
    feedback = next_run.of_catalogue(collected.feedback, flags.catalogue)
    columns = next_run.columns_of(flags.model, hub) if flags.model else next_run.Columns()
    columns = columns.changed(flags.text_fields, flags.label_fields, flags.label_delimiter)
    plan = next_run.plan(feedback, columns)
    if not plan.rows:
        raise DataError(f"{folder}: no feedback can enter a training: {next_run.summary(plan)}.")
    if flags.out.suffix != ".jsonl":
        raise ConfigError(f"--out is {flags.out}; expected a name that ends in .jsonl")
    write_whole(flags.out, next_run.jsonl_bytes(plan.rows))
    undone = f"{collected.undone} taken back" if collected.undone else "none taken back"
    print(f"{flags.out}: {next_run.summary(plan)}; {undone}", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
