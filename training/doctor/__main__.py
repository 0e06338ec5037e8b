"""What is wrong with this file: python -m training.doctor train.csv [test.csv] [--config recipe]

Owns the command; what is checked is examination.py. The files are only read: --fix writes cleaned
copies elsewhere. Every flag that tells training.train how to read the data works here as well.

Try: python -m training.doctor tweets.csv --label_field sentiment
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from inference.core.atomic_write import write_whole
from inference.core.errors import ConfigError, DataError, run_command
from inference.core.settings import load_settings
from inference.data import formats
from inference.data.records import Example
from inference.runs import data_report
from training.data import data
from training.data.splits import label_matrix
from training.doctor import cleaned, label_names
from training.doctor.examination import examine, refuse_leaks
from training.doctor.report import render_report
from training.settings.config import TrainConfig, parse_train_config

_OWN_FLAGS = ("--json", "--fix", "--no_suspects", "--output_dir", "--help", "-h")
_SHOWN_REMOVED = 20


def parse(argv: Sequence[str] | None = None) -> tuple[argparse.Namespace, TrainConfig]:
    """The doctor's own flags, and the settings of the training that is to come.

    Raises:
        ConfigError: more than three files, an unknown flag or a value that cannot be used.
    """
    parser = argparse.ArgumentParser(
        prog="python -m training.doctor",
        usage="%(prog)s FILE [FILE ...] [--config RECIPE] [flags]",
        description="What is wrong with these labelled texts? Two files are train and test, three "
        "train, validation and test. Ends with exit code 3 when a text lies in two of them.",
        epilog="The flags of python -m training.train work as well, such as --text_fields, "
        "--label_fields, --column_names, --validation_file, --test_file and --allow_leaks.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help=f"labelled texts: {formats.in_words()}"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--fix", type=Path, metavar="DIR", help="write cleaned copies there")
    parser.add_argument(
        "--no_suspects", action="store_true", help="do not look for suspected label errors"
    )
    parser.add_argument("--output_dir", type=Path, help="write report and label plot there")
    own, rest = _divided(sys.argv[1:] if argv is None else argv)
    flags = parser.parse_intermixed_args(own)
    if len(flags.files) > 3:
        raise ConfigError(
            f"{len(flags.files)} files are given, expected train, or train and test, or train, "
            f"validation and test: {', '.join(flags.files)}"
        )
    names = {1: ["train"], 2: ["train", "test"]}.get(
        len(flags.files), ["train", "validation", "test"]
    )
    named = [f"--{name}_file={file}" for name, file in zip(names, flags.files, strict=False)]
    return flags, parse_train_config([*named, *rest])


def _divided(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words for the doctor, files among them, and those for the settings of a training."""
    own: list[str] = []
    rest: list[str] = []
    words = own
    for word in argv:
        if word.startswith("-"):
            words = own if word.partition("=")[0] in _OWN_FLAGS else rest
        words.append(word)
    return own, rest


def main() -> None:
    """The command line."""
    flags, config = parse()
    by_part = data.read_parts(config.data, load_settings().connect())
    if flags.fix:
        cleaned.refuse_unless_possible(by_part, flags.fix)
    report = examine(
        by_part,
        with_suspects=not flags.no_suspects,
        seed=config.trainer.seed,
        fields=config.data.schema().needed,
        max_tokens=config.model.max_seq_length,
        language=config.hub.language,
    )
    parts = {name: records.examples for name, records in by_part.items()}
    trouble = None
    try:
        parts = data.divide(by_part, config.data, seed=config.trainer.seed).parts
        report = replace(report, after_split=_label_counts(parts, report.labels))
    except DataError as error:
        trouble = error  # said after the report, which tells why
    removed = (
        cleaned.write(by_part, config.data.schema(), report.leaks, flags.fix) if flags.fix else ()
    )
    as_json = json.dumps({**report.as_dict(), "removed": removed}, ensure_ascii=False, indent=1)
    if flags.output_dir:
        write_whole(flags.output_dir / data_report.FILE_NAME, as_json + "\n")
        write_whole(flags.output_dir / "doctor.txt", render_report(report) + "\n")
        write_whole(flags.output_dir / "labels.png", _label_plot(parts, report.labels))
    print(as_json if flags.json else render_report(report))
    if flags.fix and not flags.json:
        _print_removed(removed, flags.fix)
    if trouble:
        raise trouble
    if not config.data.allow_leaks and not flags.fix:
        refuse_leaks(report)


def _label_counts(
    parts: Mapping[str, Sequence[Example]], labels: Sequence[str]
) -> dict[str, dict[str, int]]:
    counts = {name: label_names.count_labels(part) for name, part in parts.items()}
    return {name: {label: of[label] for label in labels} for name, of in counts.items()}


def _label_plot(parts: Mapping[str, Sequence[Example]], labels: Sequence[str]) -> bytes:
    # Imported here: matplotlib takes half a second, and only this flag asks for it.
    from training.report import plots
    from training.report.canvas import png_bytes

    figure = plots.label_distribution(
        {name: label_matrix(part, labels) for name, part in parts.items()}, labels
    )
    assert figure is not None, "a part that was read has texts"
    return png_bytes(figure)


def _print_removed(removed: Sequence[str], folder: Path) -> None:
    print(f"\nleft out of the copies in {folder}: {len(removed):,} rows")
    print("\n".join(f"  {line}" for line in removed[:_SHOWN_REMOVED]))
    if len(removed) > _SHOWN_REMOVED:
        print(f"  and {len(removed) - _SHOWN_REMOVED:,} more, see {folder / cleaned.LIST_NAME}")


if __name__ == "__main__":
    run_command(main)
