"""One object, field by field as the model was trained to read it: the score of every class."""

from datetime import UTC, datetime

import streamlit as st

from app_pages.message import bars, history
from app_pages.shared import auth, widgets
from hub.errors import UserError
from inference.catalogue.ask import ask_models, check_texts
from inference.catalogue.catalogue import FINE_TUNED
from inference.catalogue.form import form_of
from inference.core.event_log import record_event
from inference.evaluation import stored_results

BY_FIELD, BY_LINE = "Field by field", "One line of a file"
JSON_EXAMPLE = '{"rain coat": 0.37, "raincoat": 0.11}'

settings, catalogue = widgets.load_or_stop()
catalogue_name = widgets.catalogue_name()

st.title("One object", anchor=False)
st.text("Fill in what you know of one object, as the model was trained to read it.")

# ---- the model and its fields
# Only what was trained on this data knows its fields by name; without it, any model reads a text.
tuned = [entry for entry in catalogue.models if entry.role == FINE_TUNED] or catalogue.models
by_id = {entry.repo_id: entry for entry in tuned}
repo_id = next(iter(by_id))
if len(by_id) > 1:
    repo_id = st.selectbox(
        "Model",
        list(by_id),
        key=f"form_model/{catalogue_name}",
        format_func=lambda option: by_id[option].title,
        persist_state="session",
    )
entry = by_id[repo_id]
try:
    folder = widgets.catalogue_folder()
    bundle = stored_results.bundle_of(folder, repo_id)
    if bundle is None:
        with st.spinner(f"Loading {widgets.plain(entry.title)} to see which fields it reads"):
            bundle = widgets.open_model(entry).scorer.bundle
    form = form_of(bundle, stored_results.folder_of(folder, repo_id))
except UserError as error:
    widgets.error_box(error, title="The fields of the model cannot be read")
    st.stop()

left, right = st.columns(2, gap="large")
with left:
    way = BY_FIELD
    if form.line_fields:
        way = st.segmented_control(
            "How to fill it in",
            [BY_FIELD, BY_LINE],
            default=BY_FIELD,
            required=True,
            key="form_way",
            persist_state="session",
        )
    with st.form("object", border=True):
        if way == BY_LINE:
            line = st.text_area(
                "A line, with tabs between its columns",
                key=f"form_line/{repo_id}",
                height=100,
                persist_state="session",
            )
            order = f"In this order: {', '.join(form.line_fields)}."
            end = f" What may be left out: {', '.join(form.unread_end)}." if form.unread_end else ""
            st.text(order + end)
        else:
            fields = {
                name: st.text_area(
                    f"{widgets.plain(name)}{' (JSON)' if name in form.json_fields else ''}",
                    key=f"form/{repo_id}/{name}",
                    height="content",
                    placeholder=JSON_EXAMPLE if name in form.json_fields else None,
                    persist_state="session",
                )
                for name in form.fields
            }
        is_submitted = st.form_submit_button(
            "Predict", key="predict", type="primary", icon=":material/play_arrow:"
        )
    st.caption(
        f"Up to {settings.max_chars:,} characters in all. What you write stays in this browser "
        "session and is gone when it ends."
    )

# ---- the answer
with right:
    if is_submitted:
        try:
            values = form.take_apart(line or "") if way == BY_LINE else fields
            texts = check_texts([bundle.compose(values)], settings)
            auth.count_request()
            with st.spinner(f"Asking {widgets.plain(entry.title)}"):
                answer = ask_models([entry], texts, catalogue, widgets.open_model)
            record_event("object predicted", repo_id=repo_id, chars=len(texts[0]))
            if answer.comparison is None:
                raise answer.failures[0].error
        except UserError as error:
            widgets.error_box(error)
        else:
            analysis = history.Analysis(answer.comparison, datetime.now(UTC), catalogue_name)
            st.session_state.object_answer = analysis
    analysis = st.session_state.object_answer
    if analysis is None or analysis.catalogue_name != catalogue_name:
        st.caption("Nothing predicted yet: fill in the fields and press Predict.")
        st.stop()
    (column,), (cells,) = analysis.comparison.columns, analysis.comparison.cells
    decided = ", ".join(cells[0].decided) or "none of the labels"
    with st.container(key="decided"):
        st.text(f"{column.title} says: {decided}")
    with st.container(key="bars"):
        st.html(bars.bars_html(analysis.comparison, 0))
    st.caption(bars.note(analysis.comparison))
    st.download_button(
        "Download",
        history.csv_bytes([analysis]),
        file_name="worth-tuning-object.csv",
        mime="text/csv",
        key="download_object",
        on_click="ignore",
        icon=":material/download:",
    )
    with st.expander("What the model read", icon=":material/visibility:"):
        st.text(analysis.comparison.texts[0])
