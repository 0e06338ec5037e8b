"""The form that puts a model of the owner's page on the Hub: one for trained and for tuned ones.

Which of them may be published, and under which heading, is said by the steps of each page.
"""

import streamlit as st

from app_pages.owner import run_actions
from inference.settings import Settings
from inference.workshop.runs import Run, Runs


def draw(run: Run, runs: Runs, settings: Settings, kind: str, *, form: str, prefix: str) -> None:
    """Ask for the repo and start the command of `kind`; form and prefix name the widgets."""
    with st.form(form, border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                f"Repo on {settings.endpoint}",
                run.settings.get("hub_model_id", run.name),
                key=f"{prefix}_to_{run.name}",
                help="owner/name, or a name in the namespace of the token's user.",
            )
            st.checkbox("Private", value=True, key=f"{prefix}_private_{run.name}")
        with st.container(key=f"{form}_buttons"):
            st.form_submit_button(
                "Publish",
                key=f"{form}_button",
                type="primary",
                icon=":material/upload:",
                disabled=runs.at_work() is not None,
                on_click=run_actions.do,
                args=("publishing started", lambda: _publish(run, kind, prefix)),
            )


def _publish(run: Run, kind: str, prefix: str) -> str:
    flags = ["--hub_model_id", st.session_state[f"{prefix}_to_{run.name}"].strip()]
    if st.session_state[f"{prefix}_private_{run.name}"]:
        flags.append("--hub_private")
    run.start(kind, *flags)
    return run.name
