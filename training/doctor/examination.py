"""Everything that the doctor can say of labelled texts: the order of its checks.

Owns which checks there are, each of which has a module here; report.py says what was found. Files
are only read.

Try: python -m training.doctor tweets.csv --label_field sentiment
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inference.core.errors import LeakError
from inference.data.records import Records
from inference.runs.data_report import SEVERITIES, DataReport, Finding
from training.doctor import copies, drift, label_names, languages, suspects, text_faults, vocabulary
from training.doctor.findings import parts_of
from training.doctor.report import part_facts

if TYPE_CHECKING:  # it takes a second to import, which the doctor's own command need not
    from transformers import PreTrainedTokenizerBase


def examine(
    parts: Mapping[str, Records],
    *,
    with_suspects: bool,
    seed: int,
    fields: Sequence[str] = (),
    max_tokens: int = 128,
    language: str | None = None,
    tokenizer: "PreTrainedTokenizerBase | None" = None,
) -> DataReport:
    """Everything that can be said about the given parts, of which one is called train.

    fields are the columns whose raw types are compared, the text fields unless given; max_tokens
    is what the model will read of a text; language the code that the settings promise; tokenizer
    that of the base model, whose vocabulary is held against the texts. Without suspects it takes
    some 17 seconds for 100,000 tweets on one core, with them some 11 more.
    """
    ordered = parts_of(parts)
    train = ordered[0]
    assert train.name == "train", [part.name for part in ordered]
    labels = train.records.labels
    shares = [languages.guess(part.texts, seed) for part in ordered]
    repeated = copies.find(ordered)
    suspected = suspects.find(train, labels, seed=seed) if with_suspects else suspects.NONE
    findings: list[Finding] = [*repeated.findings, *label_names.find(ordered, labels)]
    for part in ordered:
        columns = fields or tuple(part.examples[0].fields)
        findings += drift.find(Path(part.records.source.path), columns)
        findings += text_faults.find(part, max_tokens=max_tokens)
        findings += vocabulary.find(part, tokenizer, seed) if tokenizer else ()
    findings += [*languages.find(ordered, shares, language), *suspected.findings]
    return DataReport(
        tuple(part_facts(part, of_part) for part, of_part in zip(ordered, shares, strict=True)),
        labels,
        train.records.problem_type,
        tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))),
        repeated.leaks,
        suspected.ranked,
        {},
    )


def refuse_leaks(report: DataReport) -> None:
    """Pass when no text of a given part lies in another one.

    Raises:
        LeakError: a text does; a command then ends with exit code 3.
    """
    if report.leaking:
        raise LeakError("; ".join(finding.message for finding in report.leaking))
