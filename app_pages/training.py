"""The owner's page: a data file -> what is wrong with it -> a training -> a repo on the Hub.

A training is a process of its own with the command that a person would type, and all its state lies
in files (inference/runs/runs.py): a reload, a second tab or a restart of the server lose
nothing.
"""

import streamlit as st

from app_pages.owner import new_run, run_actions, run_report, run_steps
from inference.runs.runs import Runs

NEW = ""  # the choice of a run that is yet to be made

settings = run_actions.admit()

# ---- which run
runs = Runs(settings.runs)
known = run_actions.known_runs(runs)
st.title("Train a model", anchor=False)
st.caption("Only you, the owner of this Space, see this page.")
if st.session_state.get("run", NEW) not in (NEW, *known):  # deleted just now
    del st.session_state.run
chosen = st.selectbox(
    "Run",
    [*known, NEW],  # first and chosen: the newest
    key="run",
    format_func=lambda name: name or "A new run",  # what the address shows, so it never changes
    bind="query-params",
)
run_actions.show_problem()

# ---- how it stands, then what it is made of
if chosen == NEW:
    new_run.draw(runs, is_first=not known)
else:
    run = known[chosen]
    run_report.watch(run)
    run_steps.go(run, runs)
    run_report.verdict(run)
    run_steps.publish(run, runs, settings)
    run_steps.choose(run)
    run_report.checkup(run)
    run_steps.forget(run, runs)
