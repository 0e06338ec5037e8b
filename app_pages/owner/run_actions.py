"""Who may act on the owner's pages, and what a button sets off: told to the journal, errors kept.

A button may be pressed by anybody who can speak to the server, so each asks again who it is.
"""

from collections.abc import Callable

import streamlit as st

from app_pages.shared import auth, widgets
from hub.errors import UserError
from inference.core.event_log import record_event
from inference.core.settings import Settings
from inference.runs.runs import Run, Runs, refuse_missing_packages


def admit() -> Settings:
    """The settings for the owner; for others, or where nothing can train, the page ends here."""
    settings, _ = widgets.load_or_stop()
    try:
        auth.require_owner()
        refuse_missing_packages()
    except UserError as error:
        widgets.error_box(error)
        st.stop()
    return settings


def known_runs(runs: Runs) -> dict[str, Run]:
    """The runs by name; where a form is damaged, the page ends here."""
    try:
        return {run.name: run for run in runs.all()}
    except UserError as error:
        widgets.error_box(error)
        st.stop()


def show_problem() -> None:
    """Say once what went wrong with the button that was pressed last."""
    if st.session_state.run_problem is not None:
        widgets.error_box(st.session_state.run_problem)
        st.session_state.run_problem = None


def do(event: str, action: Callable[[], str]) -> None:
    """Do it, which gives the name of the run; what went wrong is shown by the page."""
    try:
        auth.require_owner()
        name = action()
    except UserError as error:
        st.session_state.run_problem = error
        record_event(f"{event}: refused", reason=type(error).__name__)
    else:
        record_event(event, run=name)
