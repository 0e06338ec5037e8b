"""The chat models on show: loaded once a process, each with the queue in which its visitors wait.

Owns the st.cache_resource of the chat page. Nothing of a visitor may be kept here.
"""

import threading
import time

import streamlit as st

from app_pages.shared import widgets
from hub.errors import UserError
from inference.chat import chat_catalogue
from inference.chat.chat_catalogue import ChatCatalogue, ChatEntry
from inference.chat.chat_model import fetch_chat_model, load_speaker
from inference.chat.speaker import Speaker
from inference.core.event_log import record_event
from inference.feedback.opinions import Opinions
from inference.jobs.queue import JobQueue


@st.cache_resource(show_spinner=False)
def on_show() -> ChatCatalogue | None:
    """The two models of chat.yaml; None where the catalogue has no such file.

    Raises:
        ConfigError: the file cannot be used; read anew on the next call.
    """
    return chat_catalogue.load(widgets.settings().catalogue)


def is_listed() -> bool:
    """Is there anything to talk to? A broken file counts: the page says what is wrong with it."""
    try:
        return on_show() is not None
    except UserError:
        return True


@st.cache_resource(show_spinner=False)
def job_queue(repo_id: str) -> JobQueue:
    """Where messages to one model wait: it answers one at a time."""
    return JobQueue(1)


def open_model(entry: ChatEntry) -> Speaker:
    """A model, loaded once and kept.

    Raises:
        HubError: it cannot be fetched. ModelError: it cannot be loaded. Both are tried again.
    """
    return _open(entry.repo_id, entry.revision)


@st.cache_resource(max_entries=2, show_spinner=False)
def _open(repo_id: str, revision: str | None) -> Speaker:
    started, here = time.perf_counter(), widgets.settings()
    folders = fetch_chat_model(repo_id, revision, here.connect())
    speaker = load_speaker(folders, threads=here.threads)
    wait_ms = round(1000 * (time.perf_counter() - started))
    record_event("chat model opened", repo_id=repo_id, revision=folders.revision, wait_ms=wait_ms)
    return speaker


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Load both models in the background, once a process, so that the first message is not late."""
    thread = threading.Thread(target=_load_all, name="chat warm-up", daemon=True)
    thread.start()
    return thread


def _load_all() -> None:
    catalogue = on_show()
    assert catalogue is not None, "the page asked for models that are not on show"
    for entry in (catalogue.tuned, catalogue.base):
        try:
            open_model(entry)
        except UserError:
            continue  # whoever asks this model meets the same error and is told


@st.cache_resource(show_spinner=False)
def opinions() -> Opinions:
    """Where this process keeps the thumbs of visitors: beside the corrections of predictions."""
    folder = widgets.settings().feedback
    return Opinions(folder.with_name(f"{folder.name}-chat"))
