"""What the doctor said of a data file: the report that it writes to doctor.json and a page shows.

Owns the form of the report and its reading; what is looked for is training/doctor's.

Try: python -c "from pathlib import Path; from inference.runs import data_report; \
print(data_report.load(Path('runs/a/doctor')))"
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from inference.core.json_record import load_record

Severity = Literal["note", "warning", "error"]

FILE_NAME = "doctor.json"
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


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


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing; `places` are the first five rows, as file:row."""

    code: str
    severity: Severity
    count: int
    message: str
    places: tuple[str, ...] = ()

    def __str__(self) -> str:
        line = f"{self.severity} [{self.code}]: {self.message}"
        if not self.places:
            return line
        return f"{line}\n  at {', '.join(self.places)}{', …' * (self.count > len(self.places))}"


@dataclass(frozen=True)
class Leak:
    """A row of an earlier part whose text also lies in a later one, at `twin` (both file:row)."""

    part: str
    row: int
    place: str
    twin: str
    is_exact: bool


@dataclass(frozen=True)
class Suspect:
    """A row whose label may be wrong; quality is near 0 for the most suspicious, 1 for none."""

    place: str
    given: tuple[str, ...]
    suggested: tuple[str, ...]
    quality: float


@dataclass(frozen=True)
class DataReport:
    """Everything that the doctor found.

    The gravest finding and the most suspicious row come first. after_split: label counts of train,
    validation and test as a training would see them; empty: not asked.
    """

    parts: tuple[PartFacts, ...]
    labels: tuple[str, ...]
    problem_type: str
    findings: tuple[Finding, ...]
    leaks: tuple[Leak, ...]
    suspects: tuple[Suspect, ...]
    after_split: Mapping[str, Mapping[str, int]]

    def as_dict(self) -> dict[str, object]:
        """The same as JSON can hold it."""
        return asdict(self)

    def count(self, severity: Severity) -> int:
        """How many findings are of this severity."""
        return sum(finding.severity == severity for finding in self.findings)

    @property
    def leaking(self) -> tuple[Finding, ...]:
        """The findings of exact copies across the given parts, which stop a training."""
        return tuple(finding for finding in self.findings if finding.code == "leak")


def load(folder: Path) -> DataReport | None:
    """The report in a folder; None if there is none.

    Raises:
        DataError: it is there, but is no report of the doctor.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    return load_record(
        DataReport, path, what="no report of the doctor", remedy="check the data again"
    )
