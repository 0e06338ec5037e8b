"""What has been asked, newest first: the rows of the results table and of its download.

Owns the order and the columns; drawing is table.py's. A visitor's history lives in the session and
nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO

from inference.catalogue.comparison import Cell, Column, Comparison
from inference.core.safe_csv import write_csv

# Rows kept for a visitor; the oldest leave first.
MAX_ANALYSES = 200


@dataclass(frozen=True)
class Analysis:
    """Some texts and what the models said; `at` is None for the examples stored with the page.

    catalogue_name: which catalogue was asked; each has labels and a table of its own.
    """

    comparison: Comparison
    at: datetime | None = None
    catalogue_name: str = ""


@dataclass(frozen=True)
class HistoryRow:
    """A text of an analysis, seen against all columns of the table."""

    text: str
    at: datetime | None
    analysis: Comparison
    number: int

    def cell(self, column: Column) -> Cell | None:
        """What a model said; None when it was not asked in this analysis."""
        if column not in self.analysis.columns:
            return None
        return self.analysis.cells[self.number][self.analysis.columns.index(column)]

    @property
    def id(self) -> str:
        """A name that stays when newer rows come on top."""
        return f"{'example' if self.at is None else self.at.isoformat()}/{self.number}"

    @property
    def is_disputed(self) -> bool | None:
        """Do the models that were asked disagree? None when fewer than two were asked."""
        if len(self.analysis.columns) < 2:
            return None
        return self.analysis.disagree(self.number)


def examples(stored: Comparison | None, catalogue_name: str) -> tuple[Analysis, ...]:
    """What is stored with the page: one analysis, or none."""
    return () if stored is None else (Analysis(stored, catalogue_name=catalogue_name),)


def add(history: Sequence[Analysis], analysis: Analysis) -> tuple[Analysis, ...]:
    """The history with a new analysis on top."""
    return (analysis, *history)[:MAX_ANALYSES]


def of_catalogue(history: Sequence[Analysis], catalogue_name: str) -> tuple[Analysis, ...]:
    """The analyses of one catalogue, which share labels and a table."""
    return tuple(analysis for analysis in history if analysis.catalogue_name == catalogue_name)


def without_catalogue(history: Sequence[Analysis], catalogue_name: str) -> tuple[Analysis, ...]:
    """The analyses of all other catalogues."""
    return tuple(analysis for analysis in history if analysis.catalogue_name != catalogue_name)


def rows(history: Sequence[Analysis]) -> tuple[HistoryRow, ...]:
    """A row a text, newest analysis first, the texts of one analysis in their order."""
    return tuple(
        HistoryRow(text, analysis.at, analysis.comparison, number)
        for analysis in history
        for number, text in enumerate(analysis.comparison.texts)
    )


def columns(history: Sequence[Analysis]) -> tuple[Column, ...]:
    """Every model that answered in any analysis, in the order of the catalogue's first paint."""
    # Oldest first: the stored examples, shown below all analyses, have every model in order.
    return tuple(
        dict.fromkeys(
            column for analysis in reversed(history) for column in analysis.comparison.columns
        )
    )


def csv_bytes(history: Sequence[Analysis]) -> bytes:
    """The download: UTF-8 with a mark that spreadsheets need, no cell can run as a formula."""
    buffer = StringIO()
    write_csv(buffer, table(history))
    return buffer.getvalue().encode("utf-8-sig")


def table(history: Sequence[Analysis]) -> list[dict[str, object]]:
    """A record for each text and model, as the download gives it; an absent score is empty."""
    return [
        {
            "message": row.text,
            "analyzed_at_utc": "" if row.at is None else row.at.isoformat(timespec="seconds"),
            "model": column.title,
            "repo_id": column.repo_id,
            "revision": column.revision,
            "role": column.role,
            "decided": ", ".join(cell.decided),
            **{
                label: "" if score is None else round(score, 6)
                for label, score in zip(row.analysis.labels, cell.scores, strict=True)
            },
        }
        for row in rows(history)
        for column in columns(history)
        if (cell := row.cell(column)) is not None
    ]
