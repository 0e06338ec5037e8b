"""The second step of the file page: which model reads which columns, and the job for it."""

from collections.abc import Sequence

import streamlit as st

from app_pages.shared import auth, widgets
from hub.errors import UserError
from inference.catalogue.catalogue import Catalogue, ModelEntry
from inference.core.errors import ChoiceError
from inference.core.event_log import record_event
from inference.core.settings import Settings
from inference.data.problem_types import MULTI
from inference.data.schema import Schema
from inference.jobs.uploads import Scoring, Upload, likely_columns, likely_labels
from inference.models.bundle import Bundle

_DELIMITERS = {"; ": "semicolons", ", ": "commas", "|": "bars", " ": "spaces"}


def draw(
    upload: Upload, task: Bundle, catalogue: Catalogue, settings: Settings, catalogue_name: str
) -> None:
    """Ask for model and columns, and begin; `task` is how the fine-tuned model reads a row."""
    entries = {entry.repo_id: entry for entry in catalogue.models}
    with st.container(key="file_form"), st.form(f"file_form/{upload.survey.path}", border=True):
        repo_id = st.selectbox(
            "Model",
            list(entries),
            key=f"file_model/{catalogue_name}",
            format_func=lambda option: entries[option].title,
            persist_state="session",
        )
        columns = _columns(upload, task)
        likely = likely_labels(upload, catalogue.labels, task.label_names)
        label_fields = st.multiselect(
            "Columns with the right labels, if the file has any",
            upload.columns,
            default=likely,
            key=f"file_labels/{upload.survey.path}",
            placeholder="None: the file is only scored",
        )
        delimiter = None
        if catalogue.problem_type == MULTI and len(likely) < 2:
            delimiter = st.selectbox(
                "Between several labels in one column stand",
                list(_DELIMITERS),
                key="file_delimiter",
                format_func=_DELIMITERS.__getitem__,
            )
        is_submitted = st.form_submit_button(
            f"Score {upload.survey.rows:,} rows",
            key="file_score",
            type="primary",
            icon=":material/play_arrow:",
        )
    if is_submitted:
        try:
            _begin(
                Scoring(
                    upload,
                    entries[repo_id].title,
                    task,
                    tuple(columns),
                    tuple(label_fields),
                    delimiter,
                    st.session_state.visit.room(),
                    settings.max_chars,
                ),
                entries[repo_id],
            )
        except UserError as error:
            widgets.error_box(error)
        else:
            st.rerun()


def _columns(upload: Upload, task: Bundle) -> Sequence[str]:
    """A column for each field of the model; of a model that names none, those to be joined."""
    likely = likely_columns(upload, task.text_fields)
    if not task.text_fields:
        return st.multiselect(
            "Columns to read",
            upload.columns,
            default=likely,
            key=f"file_columns/{upload.survey.path}",
        )
    chosen = []
    with st.container(horizontal=True):
        for field, column in zip(task.text_fields, likely, strict=True):
            is_json = " (JSON)" if field in task.json_fields else ""
            chosen.append(
                st.selectbox(
                    f"Column with the {widgets.plain(field)}{is_json}",
                    upload.columns,
                    index=upload.columns.index(column),
                    key=f"file_column/{upload.survey.path}/{field}",
                )
            )
    return chosen


def _begin(scoring: Scoring, entry: ModelEntry) -> None:
    """Put the scoring at the end of the queue.

    Raises:
        ConfigError: a column is named twice. ChoiceError: none is. LimitReached: too many requests.
    """
    if not scoring.columns:
        raise ChoiceError("No column is chosen: choose at least the one with the text.")
    Schema(scoring.columns, scoring.label_fields)
    auth.count_request()
    go_on(scoring, entry)
    record_event(
        "file scoring asked",
        rows=scoring.upload.survey.rows,
        repo_id=entry.repo_id,
        has_labels=bool(scoring.label_fields),
    )


def go_on(scoring: Scoring, entry: ModelEntry) -> None:
    """Put a scoring in the queue, at first or after a stop: then it goes on where it was."""
    state = st.session_state
    job = widgets.job_queue().submit(lambda: scoring.steps(lambda: widgets.open_model(entry)))
    state.visit.follow(job)
    state.update(scoring=scoring, file_job=job, file_entry=entry)
