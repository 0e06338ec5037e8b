"""Is the model right? The thumbs, the labels that are right instead, and what this session said.

Not a page: compare.py draws it for the message that is looked at, feedback.py beside its history.
Owns the widgets and the session's list; keeping is inference/feedback/log.py's.

    with st.container(key="verdicts"):
        corrections.draw(row, catalogue)
"""

import hmac
from dataclasses import dataclass, replace
from html import escape

import streamlit as st

from app_pages.message.history import HistoryRow
from app_pages.shared import auth, widgets
from hub.errors import UserError
from inference.catalogue.catalogue import FINE_TUNED, Catalogue
from inference.catalogue.comparison import Column
from inference.core.errors import FeedbackError
from inference.core.event_log import record_event
from inference.data.problem_types import SINGLE
from inference.feedback.log import Feedback, check_labels
from inference.feedback.next_run import TEXT, NextRunPlan

MAX_ANSWERS = 200  # answers of one session
_MAX_PILLS = 8  # more labels are chosen from a list


@dataclass(frozen=True)
class SessionFeedback:
    """An answer of this session, and the row of the history that it is about."""

    row_id: str
    feedback: Feedback
    is_undone: bool = False


def draw(row: HistoryRow, catalogue: Catalogue) -> None:
    """Ask whether the fine-tuned model, or else the first that was asked, is right on this row."""
    column = _asked_about(row)
    cell = row.cell(column)
    if cell is not None and any(score is not None for score in cell.scores):
        _draw(row, catalogue, column, cell.decided)


def _draw(row: HistoryRow, catalogue: Catalogue, column: Column, decided: tuple[str, ...]) -> None:
    entry = _standing(row.id)
    question = "" if entry is not None else " Is that right?"
    st.html(
        f"<p class='says'>{escape(column.title)} says <b>{escape(join_labels(decided))}</b>."
        f"{question}</p>"
    )
    if entry is not None:
        _draw_entry(entry)
    elif st.session_state.correcting == row.id:
        _draw_labels(row, catalogue, column, decided)
    else:
        _draw_thumbs(row, catalogue, column, decided)
    problem = st.session_state.correction_problem
    if problem is not None:
        widgets.error_box(problem)
        st.session_state.correction_problem = None
    st.caption(where_kept())


def _draw_thumbs(
    row: HistoryRow, catalogue: Catalogue, column: Column, decided: tuple[str, ...]
) -> None:
    is_single = row.analysis.problem_type == SINGLE
    with st.container(horizontal=True, key="thumbs"):
        st.button(
            "Right",
            key=f"right/{row.id}",
            icon=":material/thumb_up:",
            on_click=_keep,
            args=(row, catalogue, column, decided),
            disabled=is_single and not decided,
        )
        st.button(
            "Wrong",
            key=f"wrong/{row.id}",
            icon=":material/thumb_down:",
            on_click=lambda: st.session_state.update(correcting=row.id),
        )


def _draw_labels(
    row: HistoryRow, catalogue: Catalogue, column: Column, decided: tuple[str, ...]
) -> None:
    labels, key = row.analysis.labels, f"labels/{row.id}"
    if row.analysis.problem_type == SINGLE:
        others = [label for label in labels if label not in decided]
        if len(others) <= _MAX_PILLS:
            st.pills("What is right?", others, key=key, format_func=widgets.plain, wrap=True)
        else:
            st.selectbox("What is right?", others, key=key, index=None)
    elif len(labels) <= _MAX_PILLS:
        st.pills(
            "Which labels are right? None, if none applies",
            labels,
            key=key,
            selection_mode="multi",
            default=decided,
            format_func=widgets.plain,
            wrap=True,
        )
    else:
        st.multiselect(
            "Which labels are right? None, if none applies", labels, key=key, default=decided
        )
    with st.container(horizontal=True):
        st.button(
            "Keep my answer",
            key=f"keep/{row.id}",
            type="primary",
            on_click=lambda: _keep(row, catalogue, column, _chosen(key)),
        )
        st.button(
            "Cancel",
            key=f"cancel/{row.id}",
            on_click=lambda: st.session_state.update(correcting=None),
        )


def _draw_entry(entry: SessionFeedback) -> None:
    labels = join_labels(entry.feedback.corrected)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text("Kept: you agree." if entry.feedback.is_confirmed else f"Kept: you say {labels}.")
        undo_button(entry, "undo")


def undo_button(entry: SessionFeedback, key: str) -> None:
    """A button that takes an answer back; place tells two on one page apart."""
    st.button(
        "Take it back",
        key=f"{key}/{entry.feedback.id}",
        icon=":material/undo:",
        on_click=_undo,
        args=(entry,),
    )


def join_labels(labels: tuple[str, ...]) -> str:
    """Labels as a person reads them."""
    return ", ".join(labels) or "none of the labels"


def where_kept() -> str:
    """What becomes of an answer, to be read before it is given."""
    repo = " and in a private dataset of its owner" if widgets.feedback_sender() else ""
    return (
        f"An answer is kept with the message, without your name, on this server{repo}; the next "
        "model may learn from it. Nothing else that you write is kept."
    )


def how_far_sent() -> str:
    """For the owner: where all answers lie, and whether the Hub has them too."""
    folder, sender = widgets.settings().feedback, widgets.feedback_sender()
    if sender is None:
        return (
            f"Kept in {folder}, and nowhere else: the disk of a Space is emptied when it restarts. "
            "Set SPACE_FEEDBACK_REPO and HF_TOKEN to have them sent to a private dataset repo."
        )
    state, repo_id = sender.state(), widgets.settings().feedback_repo
    if state.problem is not None:
        return f"Kept in {folder}, but not yet in {repo_id}: {state.problem}"
    sent = "all of it is there" if state.is_all_sent else "the rest is sent within 5 minutes"
    return f"Kept in {folder} and in the private dataset {repo_id}: {sent}."


def ready_in_words(plan: NextRunPlan) -> str:
    """How many texts the next training may learn from, and why others are left out."""
    ready = "1 text is" if len(plan.rows) == 1 else f"{len(plan.rows):,} texts are"
    out = [
        f"{count:,} left out because {why}."
        for count, why in (
            (plan.contested, "people do not agree on the labels"),
            (plan.unfit, "the training has other columns or labels"),
        )
        if count
    ]
    return " ".join([f"{ready} ready to train on, {plan.corrected:,} corrected.", *out])


def _asked_about(row: HistoryRow) -> Column:
    columns = row.analysis.columns
    return next((column for column in columns if column.role == FINE_TUNED), columns[0])


def _standing(row_id: str) -> SessionFeedback | None:
    """What this session said of a row and did not take back."""
    return next(
        (
            entry
            for entry in st.session_state.own_feedback
            if entry.row_id == row_id and not entry.is_undone
        ),
        None,
    )


def _chosen(key: str) -> tuple[str, ...]:
    """The labels chosen in a widget for one or for several."""
    value = st.session_state[key]
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _keep(row: HistoryRow, catalogue: Catalogue, column: Column, labels: tuple[str, ...]) -> None:
    """Keep an answer; a problem is told where the buttons are."""
    try:
        analysis = row.analysis
        corrected = check_labels(labels, analysis.labels, analysis.problem_type)
        if len(st.session_state.own_feedback) >= MAX_ANSWERS:
            raise FeedbackError(f"{MAX_ANSWERS} answers are as many as one session may give.")
        auth.count_request()
        cell = row.cell(column)
        assert cell is not None, f"{column.title} was not asked about {row.id}"
        feedback = Feedback(
            fields={TEXT: row.text},
            predicted=cell.decided,
            corrected=corrected,
            problem_type=analysis.problem_type,
            repo_id=column.repo_id,
            revision=column.revision,
            catalogue=catalogue.title,
            who=_who(),
        )
        widgets.feedback_log().add(feedback)
    except UserError as error:
        st.session_state.correction_problem = error
    else:
        record_event("feedback kept", repo_id=column.repo_id, is_confirmed=feedback.is_confirmed)
        st.session_state.own_feedback = (
            SessionFeedback(row.id, feedback),
            *st.session_state.own_feedback,
        )
        st.session_state.correcting = None


def _undo(entry: SessionFeedback) -> None:
    try:
        auth.count_request()
        widgets.feedback_log().undo(entry.feedback.id)
    except UserError as error:
        st.session_state.correction_problem = error
    else:
        record_event("feedback taken back", repo_id=entry.feedback.repo_id)
        st.session_state.own_feedback = tuple(
            replace(other, is_undone=True) if other is entry else other
            for other in st.session_state.own_feedback
        )


def _who() -> str:
    """A name that says nothing of the person: lasting for one who signed in, else of the session.

    It makes several answers of one person on a text count as one.
    """
    somebody = auth.person()
    if somebody is None:
        return str(st.session_state.who)
    secret = str(st.secrets["auth"]["cookie_secret"]).encode()
    account = f"{somebody.provider}:{somebody.subject}".encode()
    return hmac.new(secret, account, "sha256").hexdigest()[:32]
