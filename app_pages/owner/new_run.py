"""The form that makes a run: a file of labelled texts, and the recipe to start from."""

import re
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from app_pages.owner import run_actions
from inference.core.errors import DataError
from inference.data import formats
from inference.runs.recipes import classifier_recipes
from inference.runs.runs import Runs

NO_RECIPE = "none: I choose the columns myself"


def draw(runs: Runs, *, is_first: bool) -> None:
    """The form; it makes the run and looks at it at once."""
    if is_first:
        st.text(
            "Nothing was trained here yet. A run begins with a file of labelled texts: a row a "
            "text, a column with its label."
        )
    with st.form("new_run", border=True):
        st.file_uploader("Labelled texts", type=formats.SUFFIXES, key="run_upload")
        st.text_input(
            "Or the path of a file on this machine, of any size",
            key="run_path",
            placeholder="/data/reviews.csv",
        )
        with st.container(horizontal=True):
            st.selectbox(
                "Recipe",
                [None, *classifier_recipes()],
                key="run_recipe",
                format_func=lambda path: NO_RECIPE if path is None else Path(path).stem,
                help="Where the settings start from; you may change them before the training.",
            )
            st.text_input(
                "Name of the run",
                key="run_name",
                placeholder="made of the file's name and the date",
                max_chars=40,
            )
        with st.container(key="run_make"):
            st.form_submit_button(
                "Look at the data",
                key="run_make_button",
                type="primary",
                icon=":material/arrow_forward:",
                on_click=run_actions.do,
                args=("run made", lambda: _make(runs)),
            )


def _make(runs: Runs) -> str:
    """Make the run that the form asks for; return its name."""
    state = st.session_state
    path = (state.run_path or "").strip()
    if (state.run_upload is None) == (not path):
        raise DataError("Give one file: upload it, or write its path.")
    data_name = state.run_upload.name if state.run_upload is not None else Path(path).name
    name = (state.run_name or "").strip() or _name(data_name)
    data = state.run_upload.getvalue() if state.run_upload is not None else Path(path)
    run = runs.make(name, data_name, data, state.run_recipe)
    state.run = run.name
    return run.name


def _name(data_name: str) -> str:
    """reviews-0412-1530, of the file's name and the time, which no two runs share."""
    stem = re.sub(r"[^a-z0-9]+", "-", Path(data_name).stem.lower()).strip("-")
    return f"{stem[:24].strip('-') or 'run'}-{datetime.now(UTC):%m%d-%H%M%S}"
