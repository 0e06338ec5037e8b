"""What is wrong with this file: python -m training.doctor train.csv [test.csv] [--config recipe]

Owns the order of the checks and the command; each check has a module, and report.py says what was
found. The files are only read: --fix writes cleaned copies elsewhere. Every flag that tells
training.train how to read the data works here as well.

Try: python -m training.doctor tweets.csv --label_field sentiment
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from inference import settings as settings_of
from inference.errors import ConfigError, DataError, Leak, run_command
from inference.records import Records
from inference.whole_file import write_whole
from training import (
    cleaned,
    copies,
    data,
    drift,
    label_names,
    languages,
    report,
    suspects,
    text_faults,
)
from training.config import TrainConfig
from training.config import parse as parse_training
from training.data import Splits
from training.findings import Finding, parts_of
from training.report import PartFacts, Report

_OWN_FLAGS = ("--json", "--fix", "--no_suspects", "--output_dir", "--help", "-h")
_ORDER = ("error", "warning", "note")


def examine(
    parts: Mapping[str, Records],
    *,
    with_suspects: bool,
    seed: int,
    fields: Sequence[str] = (),
    max_tokens: int = 128,
    language: str | None = None,
) -> Report:
    """Everything that can be said about the given parts, of which one is called train.

    fields are the columns whose raw types are compared, the text fields unless given; max_tokens
    is what the model will read of a text; language the code that the settings promise. Without
    suspects it takes some 20 seconds for 100,000 short texts, with them some 10 more.
    """
    given = parts_of(parts)
    train = given[0]
    assert train.name == "train", [part.name for part in given]
    labels = train.records.labels
    shares = [languages.guess(part.texts, seed) for part in given]
    repeated = copies.find(given)
    suspected = suspects.find(train, labels, seed=seed) if with_suspects else suspects.NONE
    findings: list[Finding] = [*repeated.findings, *label_names.find(given, labels)]
    for part in given:
        columns = fields or tuple(part.examples[0].fields)
        findings += drift.find(Path(part.records.source.path), columns)
        findings += text_faults.find(part, max_tokens=max_tokens)
    findings += [*languages.find(given, shares, language), *suspected.findings]
    return Report(
        tuple(PartFacts.of(part, of_part) for part, of_part in zip(given, shares, strict=True)),
        labels,
        train.records.problem_type,
        tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity))),
        repeated.leaks,
        suspected.ranked,
        {},
    )


def refuse_leaks(found: Report) -> None:
    """Pass when no text of a given part lies in another one.

    Raises:
        Leak: a text does; a command then ends with exit code 3.
    """
    if found.leaking:
        raise Leak("; ".join(finding.message for finding in found.leaking))


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
    parser.add_argument("files", nargs="*", metavar="FILE", help="labelled texts")
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
    return flags, parse_training([*named, *rest])


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
    given = data.read_parts(config, settings_of.load().connect())
    found = examine(
        given,
        with_suspects=not flags.no_suspects,
        seed=config.seed,
        fields=config.schema().needed,
        max_tokens=config.max_seq_length,
        language=config.language,
    )
    try:
        splits = data.divide(given, config)
        found = replace(found, after_split=_label_counts(splits))
        trouble = None
    except DataError as error:
        trouble = error  # said after the report, which tells why
    removed = cleaned.write(given, config.schema(), found.leaks, flags.fix) if flags.fix else ()
    _say(found, removed, flags)
    if trouble:
        raise trouble
    if not config.allow_leaks and not flags.fix:
        refuse_leaks(found)


def _label_counts(splits: Splits) -> dict[str, dict[str, int]]:
    counts = {name: label_names.count_labels(part) for name, part in splits.parts.items()}
    return {name: {label: of[label] for label in splits.labels} for name, of in counts.items()}


def _say(found: Report, removed: Sequence[str], flags: argparse.Namespace) -> None:
    as_json = json.dumps({**found.as_dict(), "removed": removed}, ensure_ascii=False, indent=1)
    as_text = report.render(found)
    if flags.output_dir:
        write_whole(flags.output_dir / "doctor.json", as_json + "\n")
        write_whole(flags.output_dir / "doctor.txt", as_text + "\n")
    if flags.json:
        print(as_json)
        return
    print(as_text)
    if flags.fix:
        print(f"\n{len(removed)} rows left out of the copies in {flags.fix}:")
        print("\n".join(removed[:20]))
        if len(removed) > 20:
            print(f"and {len(removed) - 20} more, see {flags.fix / cleaned.LIST_NAME}")


if __name__ == "__main__":
    run_command(main)
