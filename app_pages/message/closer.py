"""One message seen closely: the score of every label, the words that moved it, a link to it.

Not a page: compare.py draws it below its table. Owns the widgets of this part; the HTML is that of
bars.py and words.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app_pages.message import bars, links, words
from app_pages.message.history import HistoryRow
from app_pages.shared import auth, widgets
from hub.errors import UserError
from inference.catalogue.ask import explain_score
from inference.catalogue.catalogue import Catalogue, ModelEntry
from inference.catalogue.comparison import Column
from inference.core.event_log import record_event
from inference.models.explain import MAX_STRETCHES, MAX_WORDS, Explanation

# What an explanation asks of the models, as a number of ordinary requests.
WHY_COST = 5
_SHOWN_CHARS = 90


@dataclass(frozen=True)
class ShownExplanation:
    """An explanation that a visitor asked for, and of what."""

    row_id: str
    column: Column
    explanation: Explanation


def choose_row(rows: Sequence[HistoryRow]) -> HistoryRow:
    """The message to look at: the newest, until the visitor chooses another."""
    by_id = {row.id: row for row in rows}
    if st.session_state.closer not in by_id:
        st.session_state.closer = rows[0].id
    chosen = st.selectbox(
        "Message",
        list(by_id),
        key="closer",
        format_func=lambda row_id: _shortened(by_id[row_id]),
        persist_state="session",
    )
    return by_id[chosen]


def draw_scores(row: HistoryRow) -> None:
    """Every label's score by every model that was asked, beside its threshold."""
    with st.container(key="bars"):
        st.html(bars.bars_html(row.analysis, row.number))
    st.caption(bars.note(row.analysis))


@st.fragment
def draw_words(row: HistoryRow, catalogue: Catalogue) -> None:
    """The words that moved the score of a label, once the visitor asks for them."""
    on_show = {
        column: entry
        for column in row.analysis.columns
        for entry in catalogue.models
        if (entry.repo_id, entry.role) == (column.repo_id, column.role)
    }
    if not on_show:
        st.caption("The models that were asked about this message are no longer on show.")
        return
    st.text(
        f"Each word is left out in turn and the model is asked again, up to {MAX_STRETCHES} times; "
        f"a message may have {MAX_WORDS} words. A number is what the score loses without the word."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox(
            "Model", list(on_show), key="words_model", format_func=lambda option: option.title
        )
        label = st.selectbox(
            "Label",
            row.analysis.labels,
            # of each row and model its own, so that it begins with what was decided there
            key=f"words_label/{row.id}/{column.repo_id}/{column.role}",
            index=_strongest(row, column),
        )
        is_asked = st.button(
            "Show the words", key="show_words", icon=":material/format_ink_highlighter:"
        )
    if is_asked:
        _explain(row, column, on_show[column], label)
    asked = st.session_state.explained
    if asked is not None and (asked.row_id, asked.column, asked.explanation.label) == (
        row.id,
        column,
        label,
    ):
        _draw_explanation(asked.explanation)


def _explain(row: HistoryRow, column: Column, entry: ModelEntry, label: str) -> None:
    try:
        auth.count_request(WHY_COST)
        with st.spinner("Leaving out one word after the other"):
            explanation = explain_score(entry, row.text, label, widgets.open_model)
    except UserError as error:
        widgets.error_box(error)
    else:
        record_event("explained", repo_id=entry.repo_id, chars=len(row.text))
        st.session_state.explained = ShownExplanation(row.id, column, explanation)


def _draw_explanation(explanation: Explanation) -> None:
    with st.container(key="words"):
        st.html(words.words_html(explanation))
    st.text(words.summary(explanation))
    several = explanation.words_a_piece
    stretches = f" Left out were {several} words at a time." if several > 1 else ""
    st.caption(
        "A word with + raised the score, one with − lowered it. Words that only matter together "
        f"may show nothing, and what moved a score is no proof of why.{stretches}"
    )
    st.download_button(
        "Download the effects",
        words.csv_bytes(explanation),
        file_name="worth-tuning-words.csv",
        mime="text/csv",
        key="download_words",
        on_click="ignore",
        icon=":material/download:",
    )


def draw_share(row: HistoryRow, catalogue_name: str | None, address: str) -> None:
    """A link that brings the message and its models back, once the visitor asks for it."""
    st.text(
        "The link holds the message itself: whoever has it, and the servers on its way, can "
        "read it."
    )
    if not st.button("Make a link", key="share", icon=":material/link:"):
        return
    try:
        repo_ids = [column.repo_id for column in row.analysis.columns]
        link = links.share_link(address, catalogue_name, row.text, repo_ids)
    except UserError as error:
        widgets.error_box(error)
    else:
        record_event("link made", chars=len(row.text))
        st.code(link, language=None, wrap_lines=True)


def _shortened(row: HistoryRow) -> str:
    text = " ".join(row.text.split())
    cut = text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"
    return f"{cut} (example)" if row.at is None else cut


def _strongest(row: HistoryRow, column: Column) -> int:
    """Where the strongest label of a cell stands among the labels."""
    cell = row.cell(column)
    scores = cell.scores if cell is not None else ()
    return max(range(len(scores)), key=lambda index: scores[index] or 0.0, default=0)
