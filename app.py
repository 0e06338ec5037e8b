"""The frame of the Space: its pages, its style, and the defaults of a visitor's session.

A plain Streamlit script; `server.py` serves it together with the HTTP API:

    streamlit run server.py --server.port 8501
"""

from uuid import uuid4

import streamlit as st

from app_pages.conversation import chat_models
from app_pages.file import file_scored
from app_pages.shared import auth, garbage, widgets
from hub.errors import UserError

# A file of ours: a Material icon here would be fetched from another site on every visit.
st.set_page_config(page_title="Worth Tuning", page_icon=str(widgets.ICON), layout="wide")
st.html(widgets.STYLE)

# Every session key has its default here; widgets keep their values by persist_state.
DEFAULTS: dict[str, object] = {
    "who": uuid4().hex,
    "history": (),
    # page Compare
    "closer": None,  # the row of the history that is looked at
    "explained": None,
    "is_link_read": False,
    # page One object
    "object_answer": None,
    # page A file
    "visit": None,  # the folder of this visitor's files
    "is_file_new": False,
    "upload": None,
    "upload_problem": None,
    "file_has_header": True,
    "scoring": None,
    "file_job": None,
    "file_entry": None,
    "file_result": None,
    "scored_file": None,
    # page Chat
    "chat": (),
    "chat_visit": None,  # stops what nobody reads any more
    "chat_problem": None,
    # page Analysis
    "analyzed": None,  # the scored file as the page read it
    "meant": None,  # the map of its meanings
    # page Feedback
    "own_feedback": (),  # answers to whether a prediction is right
    "correcting": None,
    "correction_problem": None,
    # page Training
    "run_problem": None,
}
for key, default in DEFAULTS.items():
    st.session_state.setdefault(key, default)

file_scored.take_up()  # a file may have been scored while the visitor was at another page

# A page that a visitor may not use is not listed, and asks again itself.
try:
    is_owner = auth.is_owner()
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
if chat_models.is_listed():
    pages["Try"].append(
        st.Page(
            "app_pages/chat.py",
            title="Chat",
            icon=":material/forum:",
            help="A base model and its tuned child answer the same message, word by word.",
        )
    )
if is_owner:
    pages["Improve"] += [
        st.Page(
            "app_pages/training.py",
            title="Training",
            icon=":material/model_training:",
            help="Check a file, train on it, watch it, publish.",
        ),
        st.Page(
            "app_pages/tuning.py",
            title="Tuning",
            icon=":material/tune:",
            help="Search for better settings of a run, and see what they gained.",
        ),
    ]
if auth.providers():
    pages["About"].append(
        st.Page(
            "app_pages/account.py",
            title="Account",
            icon=":material/account_circle:",
            help="Sign in and out; what you may use.",
        )
    )
widgets.catalogue_switch()
garbage.collect_soon()
st.navigation(pages, position="top").run()
