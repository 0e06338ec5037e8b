"""A whole file: every row scored by one model, to look through and to download."""

import streamlit as st

from app_pages.file import file_form, file_progress, file_results, file_scored, file_upload
from app_pages.shared import widgets
from hub.errors import UserError
from inference.catalogue.catalogue import FINE_TUNED
from inference.catalogue.form import form_of
from inference.evaluation import stored_results
from inference.jobs.queue import JobState
from inference.jobs.session_files import SessionFiles
from inference.models.bundle import Bundle

settings, catalogue = widgets.load_or_stop()
catalogue_name = widgets.catalogue_name()
state = st.session_state
state.visit = state.visit or SessionFiles()

st.title("A file", anchor=False)
st.text(
    "Upload a table and have every row scored: you get your columns back, with the label and the "
    "score of every class beside them. Name a column of right labels, and you also see how often "
    "the model is right."
)

# ---- how the fine-tuned model reads a row; the others are given the same words
task = Bundle(catalogue.labels, catalogue.problem_type, text_fields=())
usual_columns: tuple[str, ...] = ()
try:
    for entry in catalogue.models:
        if entry.role == FINE_TUNED:
            folder = widgets.catalogue_folder()
            task = (
                stored_results.bundle_of(folder, entry.repo_id)
                or widgets.open_model(entry).scorer.bundle
            )
            usual_columns = form_of(
                task, stored_results.folder_of(folder, entry.repo_id)
            ).line_fields
            break
except UserError as error:
    widgets.error_box(error, title="The columns of the model cannot be read")
    st.stop()

# ---- the file, and what is to be done with it
first, *others = task.text_fields or ("text",)
blank = [""] * len(catalogue.messages)
examples = {first: catalogue.messages, **dict.fromkeys(others, blank)}
upload = file_upload.draw(settings, usual_columns, examples)
job = state.file_job
# Asked once and before its scores are: a job that ends while the page is drawn is then watched, and
# what watches it draws the page anew.
is_at_work = job is not None and not job.is_over
file_scored.take_up()
if upload is not None and not is_at_work:
    file_form.draw(upload, task, catalogue, settings, catalogue_name)

# ---- the job
if job is not None and is_at_work:
    file_progress.watch(job)
elif job is not None and job.state is JobState.STOPPED and state.scoring is not None:
    done = 0 if job.step is None else job.step.done
    with st.container(key="file_stopped", horizontal=True, vertical_alignment="center"):
        st.text(f"Stopped after {done:,} of {upload.survey.rows:,} rows, which are kept.")
        if st.button("Go on", key="file_go_on", icon=":material/play_arrow:"):
            file_form.go_on(state.scoring, state.file_entry)
            st.rerun()
elif job is not None and job.state is JobState.FAILED:
    if job.error is None:
        st.error("Something went wrong on our side. Try again.", icon=":material/error:")
    else:
        widgets.error_box(job.error, title="The file could not be scored")

# ---- what came of it
if state.scored_file is not None:
    file_results.draw(state.scored_file)
elif upload is not None and not is_at_work:
    st.caption("Nothing scored yet: check the columns and press Score.")
