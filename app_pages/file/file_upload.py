"""The first step of the file page: a visitor's file, taken and shown as it was read.

The file itself lies in the folder of the visit (inference/jobs/session_files.py); its limits are
said before they bite.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from app_pages.shared import charts, widgets
from hub.errors import UserError
from inference.core.event_log import record_event
from inference.core.settings import Settings
from inference.data import formats
from inference.data.delimited import Broken
from inference.jobs import uploads
from inference.jobs.uploads import Upload

EXAMPLE = "examples.csv"
_SHOWN_ROWS = 5
_DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}


def draw(
    settings: Settings, usual_columns: Sequence[str], examples: Mapping[str, Sequence[str]]
) -> Upload | None:
    """Ask for a file and show what it holds; None while there is none that can be read.

    usual_columns: names for the columns of a file without a header, if it has as many.
    examples: the columns of the file that is taken where a visitor has none at hand.
    """
    state = st.session_state
    file = st.file_uploader(
        f"Your file: {formats.in_words()}",
        type=formats.SUFFIXES,
        key="file",
        on_change=lambda: state.update(is_file_new=True),
    )
    st.caption(
        f"Up to {st.get_option('server.maxUploadSize')} MB, {settings.max_rows:,} rows and "
        f"{settings.max_chars:,} characters a text. The file stays on this server while you visit "
        "and is deleted when you leave; nobody else sees it."
    )
    if state.is_file_new:
        state.is_file_new = False
        forget()
        if file is not None:
            _take(file.name, file.getvalue(), settings, usual_columns)
    if state.upload is None and state.upload_problem is None:
        rows = len(next(iter(examples.values())))
        if st.button(
            f"No file at hand? Take the {rows} example messages",
            key="file_example",
            icon=":material/description:",
            type="tertiary",
        ):
            content = charts.csv_bytes(pd.DataFrame(examples))
            _take(EXAMPLE, content, settings, usual_columns)
            st.rerun()
    if state.upload_problem is not None:
        widgets.error_box(state.upload_problem, title="This file cannot be read")
    if state.upload is not None:
        _show(state.upload, settings, usual_columns)
    upload: Upload | None = state.upload
    return upload


def forget() -> None:
    """Let go of the file at hand; what was scored before stays until something new is."""
    state = st.session_state
    if state.file_job is not None:
        state.file_job.stop()
    state.update(upload=None, upload_problem=None, scoring=None, file_job=None)


def _take(name: str, content: bytes, settings: Settings, usual_columns: Sequence[str]) -> None:
    state = st.session_state
    try:
        with st.spinner(f"Looking through {widgets.plain(name)}"):
            state.upload = uploads.take(
                name,
                content,
                state.visit.room(),
                max_rows=settings.max_rows,
                has_header=state.file_has_header,
                usual_columns=usual_columns,
            )
        record_event("file received", rows=state.upload.survey.rows, bytes=len(content))
    except UserError as error:
        state.upload_problem = error


def _show(upload: Upload, settings: Settings, usual_columns: Sequence[str]) -> None:
    """The first rows as they were read, so that a wrong delimiter or encoding is seen here."""
    survey = upload.survey
    facts = [_count(survey.rows, "row"), _count(len(survey.columns), "column")]
    if survey.delimiter is not None:
        facts[-1] += f" divided by {_DELIMITERS[survey.delimiter]}"
    if survey.encoding is not None:
        facts.append(survey.encoding.upper())
    if survey.broken:
        facts.append(f"{_count(survey.broken, 'row')} that cannot be read")
    with st.container(key="file_told"):
        st.text(f"{upload.name}: {', '.join(facts)}")
    rows = [row for row in survey.first if not isinstance(row, Broken)][:_SHOWN_ROWS]
    st.dataframe(
        pd.DataFrame([{name: _shown(row.get(name)) for name in upload.columns} for row in rows]),
        key="file_preview",
        hide_index=True,
        alt=f"The first {len(rows)} rows of {upload.name}",
    )
    if survey.delimiter is not None:
        st.checkbox(
            "The first row names the columns",
            key="file_has_header",
            on_change=_read_again,
            args=(upload, settings, usual_columns),
        )


def _read_again(upload: Upload, settings: Settings, usual_columns: Sequence[str]) -> None:
    content = upload.survey.path.read_bytes()
    forget()
    _take(upload.name, content, settings, usual_columns)


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _shown(value: object) -> str:
    return "" if value is None else str(value)
