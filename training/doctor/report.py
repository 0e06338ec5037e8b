"""The doctor's report as text for a terminal, and the facts about each part that begin it.

The form of the report is inference/runs/data_report.py's. What it holds is found by the modules
that examination.py asks; the picture of the labels is drawn by training/report/plots.py.

Try: python -m training.doctor tweets.csv --json
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from inference.data import formats
from inference.runs.data_report import SEVERITIES, DataReport, Finding, PartFacts, Suspect
from training.doctor.findings import Part
from training.doctor.label_names import count_labels

_BAR_CHARS = 24
_SHOWN_SUSPECTS = 10


def part_facts(part: Part, languages: Mapping[str, float]) -> PartFacts:
    """The facts about a part, given the guess of its languages."""
    records = part.records
    chars = np.array([len(text) for text in part.texts])
    counts = count_labels(part.examples)
    return PartFacts(
        part.name,
        records.source.path,
        records.source.sha256,
        records.source.encoding,
        records.source.delimiter,
        records.rows_in,
        len(records.examples),
        len(records.rejected),
        int(np.median(chars)),
        int(np.percentile(chars, 95)),
        int(chars.max()),
        languages,
        {label: counts[label] for label in records.labels},
        sum(not example.labels for example in part.examples),
    )


def render_report(report: DataReport) -> str:
    """The report for a terminal."""
    return "\n".join(
        [
            *_part_lines(report.parts),
            "",
            *_label_lines(report),
            "",
            *_finding_lines(report.findings),
            *_suspect_lines(report.suspects),
        ]
    )


def _part_lines(parts: Sequence[PartFacts]) -> Iterator[str]:
    for part in parts:
        read_as = ", ".join(
            [part.encoding or formats.name_of(Path(part.file)) or "dataset of the Hub"]
            + [f"delimiter {part.delimiter!r}"] * bool(part.delimiter)
        )
        languages = ", ".join(f"{code} {share:.0%}" for code, share in part.languages.items())
        yield f"{part.name}: {part.file} ({read_as})"
        yield f"  rows {part.rows_in:,} = {part.kept:,} kept + {part.rejected:,} rejected"
        yield (
            f"  characters of a text: median {part.chars_median:,}, 95 % up to "
            f"{part.chars_p95:,}, longest {part.chars_max:,}"
        )
        yield f"  language, by guess: {languages or 'too little text to say'}"


def _label_lines(report: DataReport) -> Iterator[str]:
    """A line a label: its count in each given part, then in each part after splitting."""
    before_split = {f"{part.name} (given)": part.label_counts for part in report.parts}
    columns = {**before_split, **report.after_split}
    totals = dict.fromkeys(report.labels, 0)
    for part in report.parts:
        for label in totals:
            totals[label] += part.label_counts[label]
    largest = max(totals.values(), default=0) or 1
    width = max(map(len, ("label", *report.labels)))
    yield "  ".join(["label".ljust(width), *columns, "all given"])
    for label, total in sorted(totals.items(), key=lambda pair: -pair[1]):
        cells = [f"{counts[label]:,}".rjust(len(name)) for name, counts in columns.items()]
        bar = "█" * max(bool(total), round(_BAR_CHARS * total / largest))
        yield "  ".join([label.ljust(width), *cells, f"{bar} {total:,}"])


def _finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield "nothing to complain about"
    for severity in SEVERITIES:
        yield from (str(finding) for finding in findings if finding.severity == severity)


def _suspect_lines(suspects: Sequence[Suspect]) -> Iterator[str]:
    if not suspects:
        return
    yield ""
    yield "labels worth a second look, the most suspicious first (--json lists 100):"
    for suspect in suspects[:_SHOWN_SUSPECTS]:
        current, suggested = (
            ", ".join(labels) or "none" for labels in (suspect.given, suspect.suggested)
        )
        yield f"  {suspect.place}: {current}; its words say {suggested}"
