"""Data report: what the doctor said of a data file, read back from the doctor.json that it wrote.

Owns the reading and what of it is shown; what is looked for is training/doctor's.

Try: python -c "from pathlib import Path; from inference.runs import data_report; \
print(data_report.load(Path('runs/a/doctor')))"
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.core.errors import DataError

SEVERITIES = ("error", "warning", "note")
_FILE = "doctor.json"


@dataclass(frozen=True)
class ReportedPart:
    """What was read of one given file: rows = kept + rejected."""

    name: str
    rows: int
    kept: int
    rejected: int
    chars_median: int
    chars_p95: int
    label_counts: Mapping[str, int]


@dataclass(frozen=True)
class ReportedFinding:
    """One thing that is wrong, or worth knowing, and the first rows where it is."""

    severity: str
    message: str
    places: tuple[str, ...]


@dataclass(frozen=True)
class ReportedSuspect:
    """A row whose label may be wrong, as file:row."""

    place: str
    given: str
    suggested: str


@dataclass(frozen=True)
class DataReport:
    """The report of one examination; findings come with the gravest first."""

    parts: tuple[ReportedPart, ...]
    findings: tuple[ReportedFinding, ...]
    suspects: tuple[ReportedSuspect, ...]

    def count(self, severity: str) -> int:
        """How many findings are of this severity."""
        return sum(finding.severity == severity for finding in self.findings)


def load(folder: Path) -> DataReport | None:
    """The report in a folder; None if there is none.

    Raises:
        DataError: it is there, but is no report of the doctor.
    """
    path = folder / _FILE
    try:
        return _read(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is not a report of the doctor ({error!r}): check the data again."
        ) from None


def _read(stored: Mapping[str, Any]) -> DataReport:
    findings = (
        ReportedFinding(one["severity"], one["message"], tuple(one["places"]))
        for one in stored["findings"]
    )
    return DataReport(
        parts=tuple(
            ReportedPart(
                name=part["name"],
                rows=part["rows_in"],
                kept=part["kept"],
                rejected=part["rejected"],
                chars_median=part["chars_median"],
                chars_p95=part["chars_p95"],
                label_counts=part["label_counts"],
            )
            for part in stored["parts"]
        ),
        findings=tuple(sorted(findings, key=lambda one: SEVERITIES.index(one.severity))),
        suspects=tuple(
            ReportedSuspect(one["place"], _joined(one["given"]), _joined(one["suggested"]))
            for one in stored["suspects"]
        ),
    )


def _joined(labels: list[str]) -> str:
    return ", ".join(labels) or "none"
