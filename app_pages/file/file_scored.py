"""What the job of a visit has scored, put on show for every page.

Apart from the file page's other modules, as app.py imports it at every start.
"""

import streamlit as st


def take_up() -> None:
    """Show what the job has scored, if it has ended by itself; else leave what is shown."""
    state = st.session_state
    if state.scoring is not None and state.scoring.scored is not None:
        state.scored_file = state.scoring.scored
