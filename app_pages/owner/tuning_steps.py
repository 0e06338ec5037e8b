"""What the owner decides of a search: how long, start and stop, publishing what was found."""

import shlex

import streamlit as st

from app_pages.owner import publish_form, run_actions
from inference.core.settings import Settings
from inference.runs.contract import DEFAULT_TRIALS, PRUNERS, TRIALS
from inference.runs.runs import PUBLISH_TUNED, TUNE, Run, Runs

KINDS = (TUNE, PUBLISH_TUNED)
DEFAULT_MINUTES = 60


def go(run: Run, runs: Runs) -> None:
    """Start a search, or carry on with one."""
    busy = runs.at_work()
    if busy is not None:
        st.info(f"The run {busy} is at work; a search can start when it has ended.")
        return
    if not run.is_configured:
        st.text("Nothing was chosen for this run yet: its columns and its model come first.")
        st.page_link("app_pages/training.py", label="Choose them", icon=":material/model_training:")
        return
    study = run.study
    st.subheader("Search" if study is None else "Search on", anchor=False)
    with st.form("tuning_form", border=True):
        _inputs(run, study.asked if study else DEFAULT_TRIALS)
        with st.container(key="tuning_buttons"):
            st.form_submit_button(
                "Start the search" if study is None else "Carry on with the search",
                key="tuning_start",
                type="primary",
                icon=":material/play_arrow:",
                on_click=run_actions.do,
                args=("search started", lambda: _start(run)),
            )
    with st.expander("The same in a terminal", key="tuning_commands"):
        st.code(shlex.join(run.command(TUNE)), language="bash", wrap_lines=True)


def _inputs(run: Run, trials: int) -> None:
    with st.container(horizontal=True):
        st.number_input(
            "Trials in all",
            min_value=TRIALS[0],
            max_value=TRIALS[1],
            value=trials,
            step=1,
            key=f"trials_{run.name}",
            help="A trial is a training with other settings. The first has your own.",
        )
        st.number_input(
            "Minutes at most",
            min_value=1,
            max_value=10_000,
            value=DEFAULT_MINUTES,
            step=1,
            key=f"minutes_{run.name}",
            help="What is tried when they are over can be carried on with later.",
        )
        st.selectbox(
            "Stop poor trials early",
            PRUNERS,
            key=f"pruner_{run.name}",
            help="halving: the best third goes on from a part of the texts to all of them. "
            "hyperband and median also compare the trials after each epoch.",
        )


def publish(run: Run, runs: Runs, settings: Settings) -> None:
    """Put the tuned model on the Hub, with all trials."""
    if not run.is_tuned or settings.token is None:
        return
    st.subheader("Publish the tuned model", anchor=False)
    publish_form.draw(
        run, runs, settings, PUBLISH_TUNED, run.tuned, form="tuned_publish", prefix="tuned"
    )


def _start(run: Run) -> str:
    state = st.session_state
    seconds = 60 * int(state[f"minutes_{run.name}"])
    run.start(
        TUNE,
        *("--n_trials", str(state[f"trials_{run.name}"])),
        *("--timeout", str(seconds)),
        *("--pruner", str(state[f"pruner_{run.name}"])),
    )
    return run.name
