"""A scored file looked at as a whole, beside what its model was trained and measured on."""

import streamlit as st

from app_pages.file import file_map, file_sections
from app_pages.shared import widgets
from hub.errors import UserError
from inference.analysis import analysis
from inference.analysis.analysis import Rows
from inference.batch.scored_file import ScoredFile
from inference.evaluation import stored_results
from inference.evaluation.predictions import Predictions

settings, catalogue = widgets.load_or_stop()
folder = widgets.catalogue_folder()
file: ScoredFile | None = st.session_state.scored_file
model = file_sections.model_of(catalogue, file)
# What the visitor looks at; as long as it stays the same, it is read once.
shown = (widgets.catalogue_name(), file)


def read(tested: Predictions | None) -> Rows | None:
    """The rows of the visitor's file; without one those of the test set, if its texts are here."""
    if file is not None:
        return analysis.read(file, stored_results.bundle_of(folder, file.repo_id))
    results, texts = widgets.test_results(), widgets.test_texts()
    if results is None or tested is None or not texts:
        return None
    return analysis.of_test_set("the frozen test set", results.targets, tested, texts)


st.title("Analysis", anchor=False)
try:
    tested = stored_results.tested(folder, model.repo_id)
    training = analysis.trained_on(folder, model.repo_id)
    if st.session_state.analyzed is None or st.session_state.analyzed[0] != shown:
        with st.spinner("Reading the scored rows"):
            st.session_state.analyzed = (shown, read(tested))
except UserError as error:
    widgets.error_box(error)
    st.stop()
rows: Rows | None = st.session_state.analyzed[1]
if rows is None:
    file_sections.empty()
    st.stop()

file_sections.heading(rows, file, model)
if training is None:
    st.text(
        "What this model was trained on is not stored here, so the file stands alone below. "
        "A model that training has published brings it along."
    )
reference = None if file is None else tested  # the test set says nothing of itself
file_sections.drift(rows, training, reference)
file_sections.categories(rows, training)
file_sections.lengths(rows, training)
file_sections.scores(rows, reference)
file_sections.word_changes(rows, training)
file_map.draw(rows, catalogue, shown)
try:
    file_sections.slices(rows, file)
except UserError as error:  # the file may be gone by now
    widgets.error_box(error)
