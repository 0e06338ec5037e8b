"""Both answers to a message, as they grow and once they are there, with a thumb for each.

Not a page: chat.py draws it. What a model says is untrusted: it is shown as plain text, never as
Markdown or HTML, so that it can load and link nothing.
"""

import streamlit as st

from app_pages.conversation import chat_models, conversation
from app_pages.conversation.conversation import TUNED, ChatAnswer, Turn
from app_pages.shared import auth, widgets
from hub.errors import UserError
from inference.core.event_log import record_event
from inference.feedback.opinions import Opinion
from inference.jobs.queue import JobState

_EVERY_S = 0.2  # a few tokens; a person reads no faster


def draw(turn: Turn, *, is_live: bool) -> None:
    """Draw a turn; one that is live draws itself anew, and the whole page when it is over.

    is_live: what the rest of the page was drawn for; asked anew, it might have changed since.
    """
    with (
        st.container(key=f"chat_asked_{turn.answers[0].id}"),
        st.chat_message("user", avatar=":material/person:"),
    ):
        st.text(turn.message)
    if is_live:
        _watch(turn)
    else:
        _draw_answers(turn)


@st.fragment(run_every=_EVERY_S)
def _watch(turn: Turn) -> None:
    if turn.is_over:
        st.rerun()
    _draw_answers(turn)
    st.button(
        "Stop",
        key="chat_stop",
        icon=":material/stop_circle:",
        on_click=turn.stop,
    )


def _draw_answers(turn: Turn) -> None:
    for column, answer in zip(st.columns(len(turn.answers)), turn.answers, strict=True):
        kind = "tuned" if answer.title == TUNED else "base"
        with column, st.container(key=f"chat_answer_{kind}_{answer.id}"):
            _draw_answer(answer)


def _draw_answer(answer: ChatAnswer) -> None:
    icon = ":material/auto_awesome:" if answer.title == TUNED else ":material/smart_toy:"
    with st.chat_message(answer.title, avatar=icon):
        st.markdown(f"**{answer.title}**")
        if answer.text:
            st.text(answer.text)
        elif answer.job.state is JobState.DONE:
            st.caption("It ended its answer without a word.")
        if answer.job.state is JobState.FAILED:
            _draw_failure(answer)
        if note := conversation.note(answer):
            st.caption(note)
        if notice := conversation.lost(answer):
            st.caption(f":material/content_cut: {notice}")
        if answer.messages and answer.job.is_over:
            key = f"thumb/{answer.id}"
            st.feedback("thumbs", key=key, on_change=_keep, args=(answer, key))


def _draw_failure(answer: ChatAnswer) -> None:
    if answer.job.error is None:
        st.error("Something went wrong on our side. Try again.", icon=":material/error:")
    else:
        widgets.error_box(answer.job.error, title="No answer")


def _keep(answer: ChatAnswer, key: str) -> None:
    """Keep a thumb; a problem is told below the conversation."""
    value: int | None = st.session_state[key]
    try:
        auth.count_request()
        opinion = Opinion(
            id=answer.id,
            is_good=None if value is None else bool(value),
            repo_id=answer.entry.repo_id,
            revision=answer.entry.revision,
            messages=answer.messages,
            who=str(st.session_state.who),
        )
        chat_models.opinions().add(opinion)
    except UserError as error:
        st.session_state.chat_problem = error
    else:
        record_event("answer judged", repo_id=answer.entry.repo_id, is_good=opinion.is_good)
