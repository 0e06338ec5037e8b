"""About: models and their terms, limits, what is stored, and how to use it all from code."""

import pandas as pd
import streamlit as st

from app_pages.shared import headline, widgets
from hub.errors import UserError
from inference.catalogue import licences, snippets
from inference.catalogue.catalogue import FINE_TUNED, ModelEntry

settings, catalogue = widgets.load_or_stop()
board = catalogue.leaderboard
try:
    known_licences = licences.load(widgets.catalogue_folder())
except UserError as error:
    widgets.error_box(error)
    st.stop()


def model_row(entry: ModelEntry) -> dict[str, str]:
    """A model as the table shows it."""
    measured = [row for row in board.rows if row.model.repo_id == entry.repo_id] if board else []
    mcc = measured[0].figures["mcc"] if measured else None
    chance = measured[0].intervals["mcc"] if measured else None
    between = f" ({chance[0]:.3f} to {chance[1]:.3f})" if chance else ""
    return {
        "Model": entry.title,
        "Role": entry.role,
        "MCC, 95 %": "not measured" if mcc is None else f"{mcc:.3f}{between}",
        "Licence": known_licences.get(entry.repo_id, "not stated"),
        "Repo": entry.repo_id,
        "Revision": entry.revision or "main, as it is when asked",
        "Where": f"{settings.endpoint}/{entry.repo_id}/tree/{entry.revision or 'main'}",
    }


st.title("About", anchor=False)
st.text(
    "Worth Tuning puts a model that was fine-tuned on your texts beside what was to be had for "
    "free, and says with an interval whether the work was worth it."
)
with st.container(key="answer"):
    st.text(headline.answer(board))

# ---- models
st.subheader("Models on show", anchor=False)
st.dataframe(
    pd.DataFrame([model_row(entry) for entry in catalogue.models]),
    key="about_models",
    hide_index=True,
    column_config={
        "MCC, 95 %": st.column_config.TextColumn(
            help="Matthews correlation on the frozen test set; 0 is no better than chance."
        ),
        "Licence": st.column_config.TextColumn(help="As the model's own card says."),
        "Where": st.column_config.LinkColumn(display_text="open", help="Its files on the Hub."),
    },
    alt="Every model on show with its licence, its quality and the commit that is used",
)
st.page_link("app_pages/leaderboard.py", label="All measurements", icon=":material/leaderboard:")

# ---- what to trust
st.subheader("How far to trust it", anchor=False)
st.markdown(
    "- A verdict holds for texts like those of the test set. Other sources, times and languages "
    "may differ.\n"
    "- It is about one training run; another seed may come out otherwise.\n"
    "- Fairness and safety were not measured. Do not decide about people by these scores alone.\n"
    "- A probability is what a model believes. How far that is from what turns out right is the "
    "calibration error of the leaderboard.\n"
    "- Long texts are read in windows, and their scores are put together."
)

# ---- limits
st.subheader("Limits", anchor=False)
with st.container(key="about_limits", horizontal=True):
    st.metric("Characters of a message", f"{settings.max_chars:,}")
    st.metric("Messages at once", settings.max_texts)
    st.metric("Requests a minute", settings.max_requests_per_minute)
    st.metric("Size of an upload", f"{st.get_option('server.maxUploadSize')} MB")
    st.metric("Rows of a file", f"{settings.max_rows:,}")
    st.metric("Files scored at once", settings.max_jobs)
    st.metric("Models in memory", settings.max_models)

# ---- what is stored
st.subheader("What is stored, and where", anchor=False)
st.table(
    {
        "Messages": "In the memory of this session; gone when it ends. Never in a log.",
        "Uploaded files": "In a folder of this session on the server; deleted when it ends.",
        "Your answers": "If you say whether a prediction is right: text, labels, model and time, "
        + (
            "in a file of this Space and in a private data set of its owner."
            if settings.feedback_repo
            else "in a file of this Space."
        ),
        "Address": "A link holds your text only after you press Share.",
        "Cookies": "None to follow you. Signing in, where it is offered, keeps one for 30 days.",
        "Log": "Times, kinds of actions and errors; no text and no name.",
    },
    border="horizontal",
    width="content",
    alt="What this Space stores of its visitors, and where",
)

# ---- from code
st.subheader("Use it from code", anchor=False)
tuned = [entry for entry in catalogue.models if entry.role == FINE_TUNED] or catalogue.models
entry = tuned[0]
revision = entry.revision or "main"
st.text(f"For {entry.title}, at the commit that answers here. Each block has a button to copy it.")
# Without colours: those for code are too faint to read on this background.
python, shell, small = st.tabs(["transformers", "curl", "ONNX"], key="about_code")
with python:
    st.code(snippets.transformers(entry.repo_id, revision), language=None, wrap_lines=True)
with shell:
    address = settings.address or "http://localhost:8501"
    st.code(snippets.curl(address, entry.repo_id), language=None, wrap_lines=True)
    st.link_button("Every request of the HTTP API", f"{address}/api/docs")
with small:
    st.caption("For models that were trained here: a quarter of the size, and no torch.")
    st.code(
        snippets.onnx(entry.repo_id, revision, catalogue.problem_type),
        language=None,
        wrap_lines=True,
    )
