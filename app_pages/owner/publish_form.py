"""A model of the owner's page on the Hub: the form that puts it there, and what to do with it then.

One for trained and for tuned models; which of them may be published, and under which heading, is
said by the steps of each page.
"""

from pathlib import Path

import streamlit as st

from app_pages.owner import run_actions
from app_pages.shared import widgets
from hub.publishing import Published
from inference.catalogue import snippets
from inference.core.errors import DataError
from inference.core.settings import Settings
from inference.runs import publication
from inference.runs.runs import Run, Runs

_DEPLOY = "python -m space_config.deploy OWNER/SPACE --catalogue FOLDER"


def draw(
    run: Run, runs: Runs, settings: Settings, kind: str, model: Path, *, form: str, prefix: str
) -> None:
    """Ask for the repo and start the command of `kind`; form and prefix name the widgets.

    model: the folder that is published.
    """
    try:
        published = publication.load(model)
    except DataError as error:
        widgets.error_box(error)
        published = None
    if published is not None:
        _next_steps(published, run.name, prefix)
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


def _next_steps(published: Published, title: str, prefix: str) -> None:
    """Where it lies, how it is used, and how it comes on show: nothing is on show by itself."""
    with st.container(key=f"{prefix}_published", border=True):
        st.text(f"Last published: {published.repo_id}, {published.tag or published.sha[:12]}")
        st.link_button("Open on the Hub", published.url, icon=":material/open_in_new:")
        with st.expander("Use it from code", key=f"{prefix}_code"):
            code = snippets.transformers(published.repo_id, published.tag or published.sha)
            st.code(code, language=None, wrap_lines=True)
        with st.expander("Put it on show in a Space", key=f"{prefix}_show"):
            st.text("Put these lines under models: in models.yaml of the Space's catalogue,")
            st.code(publication.entry(published, title), language=None, wrap_lines=True)
            st.text("then check and push the Space:")
            st.code(_DEPLOY, language=None, wrap_lines=True)


def _publish(run: Run, kind: str, prefix: str) -> str:
    flags = ["--hub_model_id", st.session_state[f"{prefix}_to_{run.name}"].strip()]
    if st.session_state[f"{prefix}_private_{run.name}"]:
        flags.append("--hub_private")
    run.start(kind, *flags)
    return run.name
