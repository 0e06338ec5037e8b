"""The doctor's report: facts about each part, findings, leaks and suspects; as JSON and as text.

Owns the form of the report. What it holds is found by the modules that examination.py asks; the
picture of the labels is drawn by training/report/plots.py.

Try: python -m training.doctor tweets.csv --json
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from inference.data import formats
from training.doctor.copies import Leak
from training.doctor.findings import Finding, Part
from training.doctor.label_names import count_labels
from training.doctor.suspects import Suspect

_BAR_CHARS = 24
_SHOWN_SUSPECTS = 10
_SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class PartFacts:
    """What was read of one part; chars are those of a text, languages shares in (0, 1]."""

    name: str
    file: str
    sha256: str
    encoding: str | None
    delimiter: str | None
    rows_in: int
    kept: int
    rejected: int
    chars_median: int
    chars_p95: int
    chars_max: int
    languages: Mapping[str, float]
    label_counts: Mapping[str, int]
    unlabelled: int

    @classmethod
    def of(cls, part: Part, languages: Mapping[str, float]) -> "PartFacts":
        """The facts about a part, given the guess of its languages."""
        records = part.records
        chars = np.array([len(text) for text in part.texts])
        counts = count_labels(part.examples)
        return cls(
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


@dataclass(frozen=True)
class Report:
    """Everything that the doctor found; suspects come with the most suspicious first."""

    parts: tuple[PartFacts, ...]
    labels: tuple[str, ...]
    problem_type: str
    findings: tuple[Finding, ...]
    leaks: tuple[Leak, ...]
    suspects: tuple[Suspect, ...]
    after_split: Mapping[str, Mapping[str, int]]
    """Label counts of train, validation and test as a training would see them; empty: not asked."""

    def as_dict(self) -> dict[str, object]:
        """The same as JSON can hold it."""
        return asdict(self)

    @property
    def leaking(self) -> tuple[Finding, ...]:
        """The findings of exact copies across the given parts, which stop a training."""
        return tuple(finding for finding in self.findings if finding.code == "leak")


def render_report(report: Report) -> str:
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


def _label_lines(report: Report) -> Iterator[str]:
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
    for severity in _SEVERITIES:
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
