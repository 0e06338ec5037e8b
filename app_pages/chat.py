"""Chat: a base model and its tuned child answer the same message side by side, as they think."""

import streamlit as st

from app_pages.conversation import answers, chat_models, conversation
from app_pages.shared import auth, widgets
from hub.errors import UserError
from inference.catalogue.ask import check_texts
from inference.chat.messages import conversations_jsonl, conversations_markdown
from inference.chat.sampling import Options
from inference.core.event_log import record_event
from inference.data.formats import FORMATS, JSONL

state = st.session_state
state.chat_visit = state.chat_visit or conversation.ChatSession()
settings, _ = widgets.load_or_stop()
try:
    catalogue = chat_models.on_show()
except UserError as error:
    widgets.error_box(error, title="This Space is not set up correctly")
    st.stop()
if catalogue is None:
    st.title("Chat", anchor=False)
    st.text("No chat model is on show here: the owner of this Space adds chat.yaml to it.")
    st.stop()
chat_models.warm_up()

st.title("Chat", anchor=False)
st.text(
    f"{catalogue.title}: the same message goes to the base model and to the one that was tuned "
    "from it. Small models invent facts; what they say is no advice."
)

# ---- how they answer
with st.expander("How they answer", icon=":material/tune:"):
    columns = st.columns(4)
    temperature = columns[0].slider(
        "Temperature",
        0.0,
        1.5,
        Options.temperature,
        0.1,
        key="chat_temperature",
        persist_state="session",
        help="0 takes the likeliest word each time; more is more varied, and more often wrong.",
    )
    top_p = columns[1].slider(
        "Top-p",
        0.1,
        1.0,
        Options.top_p,
        0.05,
        key="chat_top_p",
        persist_state="session",
        help="Draw from the likeliest words that together hold this share of the probability.",
    )
    penalty = columns[2].slider(
        "Repetition penalty",
        1.0,
        1.5,
        Options.repetition_penalty,
        0.05,
        key="chat_penalty",
        persist_state="session",
        help="1 is none; more keeps an answer from saying the same again and again.",
    )
    length = columns[3].slider(
        "Length at most, in tokens",
        16,
        512,
        Options.max_tokens,
        16,
        key="chat_length",
        persist_state="session",
        help="A token is about three quarters of an English word.",
    )
    system_prompt = st.text_area(
        "System prompt, said first to both; each model's own if empty",
        catalogue.system_prompt or "",
        key="chat_system",
        height=68,
        persist_state="session",
    )
    st.text(
        f"{conversation.BASE}: {catalogue.base.repo_id}\n"
        f"{conversation.TUNED}: {catalogue.tuned.repo_id}"
    )


def ask(message: str) -> None:
    """Put a message to both; a problem is told above the input."""
    try:
        (text,) = check_texts([message], settings)
        system = check_texts([system_prompt], settings)[0] if system_prompt.strip() else ""
        auth.count_request()
    except UserError as error:
        state.chat_problem = error
        return
    options = Options(temperature, top_p, length, repetition_penalty=penalty)
    turn = conversation.ask(catalogue, state.chat, text, system, options)
    state.chat = (*state.chat, turn)
    state.chat_visit.follow(turn)
    record_event("chat asked", chars=len(text), turns=len(state.chat))


# ---- what was said
is_live = bool(state.chat) and not state.chat[-1].is_over
talks = conversation.conversations(state.chat)
if state.chat:
    with st.container(key="chat_toolbar", horizontal=True, vertical_alignment="center"):
        for label, kind, content in (
            ("Download JSONL", "jsonl", conversations_jsonl([messages for _, messages in talks])),
            ("Download Markdown", "md", conversations_markdown(catalogue.title, talks)),
        ):
            st.download_button(
                label,
                content,
                file_name=f"worth-tuning-chat.{kind}",
                mime=FORMATS[JSONL].mime if kind == JSONL else "text/markdown",
                key=f"chat_{kind}",
                on_click="ignore",
                icon=":material/download:",
                disabled=not talks or is_live,
            )
        st.button(
            "Clear",
            key="chat_clear",
            icon=":material/delete:",
            on_click=lambda: state.update(chat=()),
            disabled=is_live,
        )
with st.container(key="chat"):
    for turn in state.chat:
        answers.draw(turn, is_live=is_live and turn is state.chat[-1])
if not state.chat and catalogue.examples:
    st.caption("Nothing said yet. Write a message below, or begin with one of these:")
    with st.container(key="chat_examples", horizontal=True):
        for number, example in enumerate(catalogue.examples):
            st.button(
                widgets.plain(example),
                key=f"chat_example/{number}",
                on_click=ask,
                args=(example,),
            )

# ---- the next message
if state.chat_problem is not None:
    widgets.error_box(state.chat_problem)
    state.chat_problem = None
st.caption(
    "What you write stays in this browser session and is gone when it ends. A thumb keeps that "
    "answer with what was said before it, without your name, on this server; the next model may "
    "learn from it."
)
st.chat_input(
    "Wait for both answers, or stop them" if is_live else "Your message",
    key="chat_message",
    disabled=is_live,
    on_submit=lambda: ask(state.chat_message),
)
