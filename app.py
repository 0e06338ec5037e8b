"""The frame of the Space: its pages, its style, and the defaults of a visitor's session.

A plain Streamlit script; `server.py` serves it together with the HTTP API:

    streamlit run server.py --server.port 8501
"""

import streamlit as st

from app_pages import widgets

st.set_page_config(page_title="Worth Tuning", page_icon=":material/balance:", layout="wide")
st.html(widgets.STYLE)

# Every session key has its default here; widgets keep their values by persist_state.
st.session_state.setdefault("history", ())

widgets.recipe_switch()
st.navigation(
    [
        st.Page(
            "app_pages/compare.py",
            title="Compare",
            icon=":material/compare_arrows:",
            help="Your message, read by the fine-tuned model and by pretrained ones.",
            default=True,
        ),
        st.Page(
            "app_pages/leaderboard.py",
            title="Leaderboard",
            icon=":material/leaderboard:",
            help="Every model on the frozen test set: quality, size and speed.",
        ),
    ],
    position="top",
).run()
