"""The frame of the Space: its pages, its style, and the defaults of a visitor's session.

A plain Streamlit script; `server.py` serves it together with the HTTP API:

    streamlit run server.py --server.port 8501
"""

from uuid import uuid4

import streamlit as st

from app_pages import people, widgets
from hub.errors import UserError

# A file of ours: a Material icon here would be fetched from another site on every visit.
st.set_page_config(page_title="Worth Tuning", page_icon=str(widgets.ICON), layout="wide")
st.html(widgets.STYLE)

# Every session key has its default here; widgets keep their values by persist_state.
st.session_state.setdefault("history", ())
st.session_state.setdefault("analysed", None)  # the scored file as the page of analysis read it
st.session_state.setdefault("meant", None)  # the map of its meanings
st.session_state.setdefault("closer", None)  # the row of the history that is looked at
st.session_state.setdefault("explained", None)
st.session_state.setdefault("is_link_read", False)
st.session_state.setdefault("object_answer", None)  # of the page with one input a field
st.session_state.setdefault("given", ())  # answers to whether a prediction is right
st.session_state.setdefault("correcting", None)
st.session_state.setdefault("correction_problem", None)
st.session_state.setdefault("who", uuid4().hex)
st.session_state.setdefault("visit", None)  # the folder of this visitor's files
st.session_state.setdefault("is_file_new", False)
st.session_state.setdefault("upload", None)
st.session_state.setdefault("upload_problem", None)
st.session_state.setdefault("file_has_header", True)
st.session_state.setdefault("scoring", None)
st.session_state.setdefault("file_job", None)
st.session_state.setdefault("file_entry", None)
st.session_state.setdefault("file_result", None)
st.session_state.setdefault("scored_file", None)
# A file may have been scored while the visitor was at another page.
if st.session_state.scoring is not None and st.session_state.scoring.scored is not None:
    st.session_state.scored_file = st.session_state.scoring.scored
st.session_state.setdefault("run_problem", None)  # of the owner's page

# A page that a visitor may not use is not listed, and asks again itself.
try:
    is_owner = people.is_owner()
except UserError:
    is_owner = False  # the pages say what is wrong with the settings

pages = {
    "Try": [
        st.Page(
            "app_pages/compare.py",
            title="Compare",
            icon=":material/compare_arrows:",
            help="Your message, read by the fine-tuned model and by pretrained ones.",
            default=True,
        ),
        st.Page(
            "app_pages/predict_form.py",
            title="One object",
            icon=":material/edit_note:",
            help="One input for each field that the model was trained to read.",
        ),
        st.Page(
            "app_pages/predict_file.py",
            title="A file",
            icon=":material/table_view:",
            help="Every row of a table, scored: to look through and to download.",
        ),
    ],
    "Trust": [
        st.Page(
            "app_pages/leaderboard.py",
            title="Leaderboard",
            icon=":material/leaderboard:",
            help="Every model on the frozen test set: quality, size and speed.",
        ),
        st.Page(
            "app_pages/analysis.py",
            title="Analysis",
            icon=":material/insights:",
            help="A scored file beside what its model was trained and measured on.",
        ),
    ],
    "Improve": [
        st.Page(
            "app_pages/feedback.py",
            title="Feedback",
            icon=":material/rate_review:",
            help="Say where a model is wrong; the next one may learn from it.",
        ),
    ],
    "About": [
        st.Page(
            "app_pages/about.py",
            title="About",
            icon=":material/info:",
            help="Models, licences, limits, what is stored, and how to use it from code.",
        ),
    ],
}
if is_owner:
    pages["Improve"].append(
        st.Page(
            "app_pages/training.py",
            title="Training",
            icon=":material/model_training:",
            help="Check a file, train on it, watch it, publish.",
        )
    )
if people.providers():
    pages["About"].append(
        st.Page(
            "app_pages/account.py",
            title="Account",
            icon=":material/account_circle:",
            help="Sign in and out; what you may use.",
        )
    )
widgets.recipe_switch()
st.navigation(pages, position="top").run()
