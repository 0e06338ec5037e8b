"""A scored file looked at as a whole, beside what its model was trained and measured on."""

import streamlit as st

from app_pages import file_sections, widgets
from hub.errors import UserError
from inference import analysis, evidence
from inference.analysis import Rows
from inference.scored import ScoredFile

settings, catalogue = widgets.load_or_stop()

st.title("Analysis", anchor=False)
file: ScoredFile | None = st.session_state.scored_file


def rows_of(file: ScoredFile) -> Rows:
    """The rows of the visitor's file, read once for as long as it is the last one scored."""
    kept: tuple[ScoredFile, Rows] | None = st.session_state.analysed
    if kept is None or kept[0] != file:
        with st.spinner("Reading the scored file"):
            bundle = evidence.bundle_of(widgets.catalogue_folder(), file.repo_id)
            kept = (file, analysis.read(file, bundle))
        st.session_state.analysed = kept
    return kept[1]


try:
    folder = widgets.catalogue_folder()
    model = file_sections.model_of(catalogue, file)
    tested = evidence.tested(folder, model.repo_id)
    training = analysis.trained_on(folder, model.repo_id)
    if file is not None:
        rows, reference = rows_of(file), tested
    else:
        # Without a file of the visitor's own, the test set shows what there is to see.
        found, texts = widgets.evidence(), widgets.test_texts()
        if found is None or tested is None or not texts:
            file_sections.empty()
            st.stop()
        rows = analysis.of_test_set("the frozen test set", found.targets, tested, texts)
        reference = None
except UserError as error:
    widgets.error_box(error)
    st.stop()

file_sections.heading(rows, file, model)
if training is None:
    st.text(
        "What this model was trained on is not stored here, so the file stands alone below. "
        "A model that training has published brings it along."
    )
file_sections.drift(rows, training, reference)
file_sections.categories(rows, training)
file_sections.lengths(rows, training)
file_sections.scores(rows, reference)
file_sections.vocabulary(rows, training)
file_sections.plane(rows)
file_sections.slices(rows, file)
