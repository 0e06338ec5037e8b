"""Models held against each other on a labelled file: the first one named is judged.

Owns the command; models and rows are labelled_file.py's, what is printed is text_table.py's.

Try: python -m inference.compare ./runs/a owner/other-model --file fresh.csv
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from inference.core.errors import ConfigError, run_command
from inference.data import formats


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The flags of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m inference.compare",
        description="Is the first model better than the others on a labelled file, by more than "
        "chance? Every figure with a 95 % bootstrap interval.",
    )
    parser.add_argument(
        "models",
        nargs="+",
        metavar="MODEL",
        help="repo id, repo id@commit, or a folder written as a path (./runs/a); the first is "
        "judged; of the others those without a run.json are what was to be had without it",
    )
    parser.add_argument("--file", type=Path, required=True, help=formats.in_words())
    parser.add_argument("--text_fields", nargs="+", help="columns; those of the first model")
    parser.add_argument(
        "--label_fields", nargs="+", help="columns; those the first was trained with, if it says"
    )
    parser.add_argument("--label_delimiter", help="between several labels in one column")
    parser.add_argument("--column_names", nargs="+", default=(), help="of a file without a header")
    parser.add_argument(
        "--catalogue", type=Path, help="folder with models.yaml: label maps and roles of models"
    )
    parser.add_argument("--output_dir", type=Path, help="where table and answers are written")
    parser.add_argument(
        "--allow_leaks",
        action="store_true",
        help="go on although a model was trained on this very file (else exit code 3)",
    )
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    return parser.parse_args(argv)


def main() -> None:
    """The command line: HF_ENDPOINT and HF_TOKEN say where and who."""
    # what follows is for labelled files alone, and some of it imports this module
    from inference.catalogue.catalogue import load_catalogue
    from inference.compare import labelled_file, text_table
    from inference.core.settings import load_settings
    from inference.data.schema import Schema
    from inference.evaluation import leaderboard

    flags = parse()
    here = load_settings()
    known = load_catalogue(flags.catalogue) if flags.catalogue else None
    hub = here.connect()
    models = list(labelled_file.models_to_compare(flags.models, known, hub, threads=here.threads))
    bundle = models[0].scorer.bundle
    label_fields = flags.label_fields or labelled_file.default_label_fields(flags.models[0])
    if not label_fields:
        raise ConfigError(f"say with --label_fields which columns of {flags.file} hold the labels")
    schema = Schema(
        tuple(flags.text_fields or bundle.text_fields or ("text",)),
        tuple(label_fields),
        flags.label_delimiter,
        tuple(flags.column_names),
        json_fields=bundle.json_fields,
        label_names=bundle.label_names,
    )
    if not flags.allow_leaks:
        labelled_file.refuse_trained_on(flags.models, flags.file, hub)
    judged = labelled_file.judge_file(
        models,
        flags.file,
        schema,
        lambda title: print(f"measuring {title}", file=sys.stderr),
        published=labelled_file.published_with(flags.models[0], hub),
    )
    for row in judged.rejected[:5]:
        print(f"rejected {row}", file=sys.stderr)
    if flags.output_dir:
        labelled_file.save(judged, flags.output_dir)
    if flags.json:
        print(leaderboard.as_json(judged.board), end="")
    else:
        said = " ".join(filter(None, [leaderboard.sentence(judged.board), judged.missing]))
        print(f"{said}\n\n{text_table.table(judged.board)}")


if __name__ == "__main__":
    run_command(main)
