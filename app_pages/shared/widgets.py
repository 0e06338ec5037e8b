"""What the pages share: settings, catalogue and models, loaded once a process, and the error box.

Owns every st.cache_resource. Nothing of a visitor may be kept here: all sessions share it.
"""

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from hub.client import Hub
from hub.errors import UserError
from hub.sending import Sender
from inference.api.rate_limit import RateLimit
from inference.catalogue import opening
from inference.catalogue.catalogue import (
    FINE_TUNED,
    MODELS_FILE,
    Catalogue,
    ModelEntry,
    load_catalogues,
)
from inference.catalogue.opening import OpenModel
from inference.core.event_log import record_event
from inference.core.settings import Settings, load_settings
from inference.evaluation import stored_results
from inference.evaluation.predictions import Predictions
from inference.evaluation.stored_results import StoredResults
from inference.feedback.log import CollectedFeedback, FeedbackLog, feedback_stamp, read_feedback
from inference.feedback.next_run import Columns, columns_of
from inference.jobs.queue import JobQueue

STYLE = Path(__file__).parents[2] / "space_config" / "style.css"
ICON = STYLE.with_name("icon.svg")


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The settings of this process."""
    return load_settings()


@st.cache_resource(show_spinner=False)
def catalogues() -> dict[str, Catalogue]:
    """The catalogues on show by name: their models, examples and what is stored about both.

    Raises:
        ConfigError: a file of a catalogue is missing or wrong; read anew on the next call.
    """
    return load_catalogues(settings().catalogue)


def catalogue() -> Catalogue:
    """The first catalogue. Raises as catalogues() does."""
    return next(iter(catalogues().values()))


def catalogue_name() -> str:
    """The name of the catalogue that this visitor looks at."""
    known, chosen = catalogues(), st.session_state.get("catalogue")
    return chosen if isinstance(chosen, str) and chosen in known else next(iter(known))


def load_or_stop() -> tuple[Settings, Catalogue]:
    """Settings and the chosen catalogue for a page, or a box that says what is wrong with them."""
    try:
        return settings(), catalogues()[catalogue_name()]
    except UserError as error:
        error_box(error, title="This Space is not set up correctly")
        st.stop()


def catalogue_switch() -> None:
    """Let the visitor choose among several catalogues; nothing to see where there is one."""
    try:
        known = catalogues()
    except UserError:
        return  # the page tells it
    if len(known) > 1:
        if "catalogue" not in st.session_state:
            # Not by bind="query-params": that puts the title into the address, not the name.
            query = st.query_params
            wanted = query.get("catalogue", query.get("recipe"))  # recipe: in older links
            st.session_state.catalogue = wanted if wanted in known else next(iter(known))
        st.segmented_control(
            "Catalogue",
            list(known),
            key="catalogue",
            required=True,
            format_func=lambda name: plain(known[name].title),
            persist_state="session",
            wrap=True,
        )


@st.cache_resource(show_spinner=False)
def rate_limit() -> RateLimit:
    """How many requests each visitor has left, counted for all sessions of this process."""
    return RateLimit(settings().max_requests_per_minute)


def catalogue_folder() -> Path:
    """The folder of the catalogue that this visitor looks at."""
    folder = settings().catalogue
    return folder if (folder / MODELS_FILE).is_file() else folder / catalogue_name()


def test_results() -> StoredResults | None:
    """What is stored of the test rows of the chosen catalogue; None for nothing.

    Raises:
        DataError: a stored file cannot be used.
    """
    return _test_results(catalogue_name(), catalogue_folder())


@st.cache_resource(max_entries=4, show_spinner=False)
def _test_results(catalogue_name: str, _folder: Path) -> StoredResults | None:
    board = catalogues()[catalogue_name].leaderboard
    return None if board is None else stored_results.find(_folder, board)


def answers(name: str, repo_id: str) -> Predictions | None:
    """What one model of the verdict table said of every test row; None where it is not stored.

    Raises:
        DataError: the stored file cannot be used.
    """
    return _answers(catalogue_name(), name, repo_id, test_results())


@st.cache_resource(max_entries=4, show_spinner=False)
def _answers(
    catalogue_name: str, name: str, repo_id: str, _evidence: StoredResults | None
) -> Predictions | None:
    return None if _evidence is None else _evidence.answers(name, repo_id)


def test_texts() -> tuple[str, ...]:
    """The texts of the test rows of the chosen catalogue; empty where its folder has none.

    Raises:
        DataError: the file there is not the one that was measured on.
    """
    return _test_texts(catalogue_name(), test_results())


@st.cache_resource(max_entries=1, show_spinner=False)
def _test_texts(catalogue_name: str, _evidence: StoredResults | None) -> tuple[str, ...]:
    return () if _evidence is None else stored_results.texts(_evidence)


@st.cache_resource(show_spinner=False)
def _hub() -> Hub:
    return settings().connect()


@st.cache_resource(show_spinner=False)
def _model_loader() -> Callable[[str, str, str | None, str, ModelEntry], OpenModel]:
    """The loader with its cache of models, made on first use because its size is a setting."""

    @st.cache_resource(max_entries=settings().max_models, show_spinner=False)
    def load(
        catalogue_name: str, repo_id: str, revision: str | None, role: str, _entry: ModelEntry
    ) -> OpenModel:
        # The arguments without underscore are the key: a repo in two roles or two catalogues is
        # two models, as it answers in other labels there.
        started = time.perf_counter()
        model = opening.open_model(
            _entry, catalogues()[catalogue_name], _hub(), threads=settings().threads
        )
        wait_ms = round(1000 * (time.perf_counter() - started))
        record_event("model opened", repo_id=repo_id, revision=revision, role=role, wait_ms=wait_ms)
        return model

    return load


def open_model(entry: ModelEntry) -> OpenModel:
    """The model of an entry, loaded once and kept while it is among the last ones used.

    Raises:
        HubError: it cannot be fetched. ModelError: it cannot be loaded. Both are tried again.
    """
    return _model_loader()(_catalogue_of(entry), entry.repo_id, entry.revision, entry.role, entry)


def _catalogue_of(entry: ModelEntry) -> str:
    """The catalogue that an entry stands in: this very entry, as an equal one may be in another."""
    holders = [
        name for name, listed in catalogues().items() if any(own is entry for own in listed.models)
    ]
    return holders[0] if holders else next(iter(catalogues()))


@st.cache_resource(show_spinner=False)
def job_queue() -> JobQueue:
    """Where the files of all visitors wait to be scored."""
    return JobQueue(settings().max_jobs)


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Load the fine-tuned model in the background, once a process."""
    thread = threading.Thread(target=_load_fine_tuned, name="warm-up", daemon=True)
    thread.start()
    return thread


def _load_fine_tuned() -> None:
    for entry in catalogue().models:
        if entry.role == FINE_TUNED:
            try:
                open_model(entry)
            except UserError:
                # Whoever asks this model meets the same error and is told.
                return
            return


@st.cache_resource(show_spinner=False)
def feedback_log() -> FeedbackLog:
    """Where this process keeps what visitors say of predictions."""
    return FeedbackLog(settings().feedback)


@st.cache_resource(show_spinner=False)
def feedback_sender() -> Sender | None:
    """What sends it to the owner's private dataset repo; None where none or no token is set."""
    repo_id, log = settings().feedback_repo, feedback_log()
    if repo_id is None or settings().token is None:
        return None
    return _hub().keep_sending(log.folder, repo_id, lock=log.lock)


def feedback_or_stop() -> CollectedFeedback:
    """Everything that visitors of all sessions said, or a box that says why it cannot be read."""
    folder = settings().feedback
    try:
        return _feedback(feedback_stamp(folder), folder)
    except UserError as error:
        error_box(error, title="What visitors said cannot be read")
        st.stop()


@st.cache_resource(max_entries=1, show_spinner=False)
def _feedback(stamp: object, _folder: Path) -> CollectedFeedback:
    return read_feedback(_folder)


@st.cache_resource(max_entries=8, ttl=600, show_spinner="Asking for the columns of the training")
def training_columns(catalogue_name: str) -> Columns:
    """What a catalogue's fine-tuned model was trained with; text and label where it is unknown."""
    for entry in catalogues()[catalogue_name].models:
        if entry.role == FINE_TUNED:
            try:
                return columns_of(entry.repo_id, _hub(), entry.revision or "main")
            except UserError:
                break  # a model of elsewhere has no receipt; a Hub that is away may answer later
    return Columns()


def timezone() -> tzinfo:
    """The visitor's timezone, as the browser says; UTC when it says nothing known."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def error_box(error: UserError, title: str | None = None) -> None:
    """Say what happened and what to do next; the text is shown as it is, not as Markdown."""
    st.error(plain(str(error)), title=title, icon=":material/error:")


def plain(text: str) -> str:
    """Text that Markdown, colour directives and emoji codes leave alone."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~$<>:-])", r"\\\1", text)
