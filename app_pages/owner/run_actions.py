"""What a button of the owner's page sets off: only the owner's, told to the journal, errors kept.

A button may be pressed by anybody who can speak to the server, so each asks again who it is.
"""

from collections.abc import Callable

import streamlit as st

from app_pages import people
from hub.errors import UserError
from inference import journal


def do(event: str, action: Callable[[], str]) -> None:
    """Do it, which gives the name of the run; what went wrong is shown by the page."""
    try:
        people.require_owner()
        name = action()
    except UserError as error:
        st.session_state.run_problem = error
        journal.record(f"{event}: refused", reason=type(error).__name__)
    else:
        journal.record(event, run=name)
