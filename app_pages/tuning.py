"""The owner's page of searches: how a run's settings are tuned, what was found, what it gained.

A search is a process of its own with the command that a person would type; what is drawn here comes
from the study.json that it writes after every validation, so a reload loses nothing.
"""

import streamlit as st

from app_pages.owner import run_actions, run_report, tuning_steps
from inference.runs.process import RUNNING
from inference.runs.runs import TUNE, Runs

settings = run_actions.admit()

from app_pages.owner import tuning_report  # noqa: E402  Optuna is there only where one can train

# ---- which run
runs = Runs(settings.runs)
known = run_actions.known_runs(runs)
st.title("Tune a model", anchor=False)
st.caption("Only you, the owner of this Space, see this page.")
run_actions.show_problem()
if not known:
    st.text(
        "There is nothing to tune yet. A search starts from a run: its data, columns and model."
    )
    st.page_link("app_pages/training.py", label="Make a run", icon=":material/model_training:")
    st.stop()
chosen = st.selectbox("Run", list(known), key="tuned_run", persist_state="session")
run = known[chosen]

# ---- how it stands, then what to do about it
work = run.work
is_running = work is not None and work.state == RUNNING
if work is not None and is_running and work.kind == TUNE:
    tuning_report.watch(run)
    run_report.log(run)
elif work is not None and work.kind in tuning_steps.KINDS:
    run_report.watch(run)
if work is None or not is_running or work.kind != TUNE:
    tuning_report.draw(run)
    tuning_steps.go(run, runs)
    tuning_steps.publish(run, runs, settings)
