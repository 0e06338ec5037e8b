"""The results table as HTML: a row a message, a column a model, the strongest labels in each cell.

Every text that reaches the page from a visitor, a catalogue or a model passes `escape` here, so
that it is shown as it was typed. Looks are in space_config/style.css. The ARIA roles are written
out because the narrow layout turns rows into blocks, which drops the built-in ones.
"""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from html import escape

from app_pages.message.history import HistoryRow
from inference.catalogue.comparison import Cell, Column
from inference.data.problem_types import MULTI

SHOWN_LABELS = 2


def results_html(
    rows: Sequence[HistoryRow], columns: Sequence[Column], timezone: tzinfo = UTC
) -> str:
    """The whole table; times are given in the visitor's timezone."""
    body = "".join(_row(row, columns, timezone) for row in rows)
    return (
        '<table role="table" aria-label="Messages and what each model says about them">'
        f'<thead role="rowgroup"><tr role="row">{_head(columns)}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table>'
    )


def _head(columns: Sequence[Column]) -> str:
    models = "".join(
        f'<th role="columnheader" scope="col" data-role="{escape(column.role)}">'
        f'<span class="model">{escape(column.title)}</span>'
        f'<span class="role">{escape(column.role)}</span></th>'
        for column in columns
    )
    return (
        '<th role="columnheader" scope="col">Message</th>'
        f'{models}<th role="columnheader" scope="col">Agreement</th>'
    )


def _row(row: HistoryRow, columns: Sequence[Column], timezone: tzinfo) -> str:
    when = "Example"
    if row.at is not None:
        when = f"You, {row.at.astimezone(timezone):%H:%M}"
    cells = "".join(
        f'<td role="cell" data-title="{escape(column.title)}" data-role="{escape(column.role)}">'
        f"{_cell(row, column)}</td>"
        for column in columns
    )
    return (
        f'<tr role="row"><th role="rowheader" scope="row"><span class="text">{escape(row.text)}'
        f'</span><span class="when">{when}</span></th>{cells}'
        f'<td role="cell" data-title="Agreement">{_agreement(row.is_disputed)}</td></tr>'
    )


def _agreement(is_disputed: bool | None) -> str:
    """A sign and a word, so that colour carries nothing alone."""
    if is_disputed is None:
        return '<span class="verdict">– one model</span>'
    if is_disputed:
        return '<span class="verdict disputed">≠ disagree</span>'
    return '<span class="verdict agreed">= agree</span>'


def _cell(row: HistoryRow, column: Column) -> str:
    cell = row.cell(column)
    if cell is None:
        return '<span class="note">not asked</span>'
    scores = strongest(row.analysis.labels, cell)
    if not scores:
        return '<span class="note">n/a: knows none of the labels</span>'
    is_multilabel = row.analysis.problem_type == MULTI
    notes = ['<span class="note">nothing above threshold</span>'] if not cell.decided else []
    bars = [_bar(label, score, label in cell.decided) for label, score in scores]
    absent = sum(score is None for score in cell.scores)
    tail = [f'<span class="note">{absent} labels n/a</span>'] if absent and is_multilabel else []
    return "".join([*notes, *bars, *tail])


def strongest(labels: Sequence[str], cell: Cell) -> list[tuple[str, float]]:
    """The two strongest labels, and every further one that was decided, strongest first.

    With nothing above threshold only the top label is left to say.
    """
    ranked = sorted(
        (
            (label, score)
            for label, score in zip(labels, cell.scores, strict=True)
            if score is not None
        ),
        key=lambda pair: -pair[1],
    )
    shown = SHOWN_LABELS if cell.decided else 1
    return [pair for rank, pair in enumerate(ranked) if rank < shown or pair[0] in cell.decided]


def _bar(label: str, score: float, is_decided: bool) -> str:
    kind = "score decided" if is_decided else "score"
    breakable = escape(label).replace("_", "_<wbr>")
    return (
        f'<span class="{kind}" style="--share: {score:.3f}"><span class="label">{breakable}</span>'
        f'<span class="value">{score:.2f}</span></span>'
    )
