"""Second page: every model on the frozen test set, with quality, size and speed."""

import altair as alt
import pandas as pd
import streamlit as st

from app_pages import widgets

# A column of the table: its heading, its number format (None: a text), what it means.
COLUMNS = {
    "title": ("Model", None, "The name it has on this Space."),
    "role": (
        "Role",
        None,
        "fine-tuned: trained on this task. pretrained: trained by others, on a task like it. "
        "zero-shot: a bare encoder that only knows a description of each label.",
    ),
    "macro_f1": (
        "Macro-F1",
        "%.3f",
        "Precision and recall in one number, averaged over the labels, so that rare ones count "
        "as much as common ones. 1 is perfect.",
    ),
    "accuracy": ("Accuracy", "%.3f", "Share of the messages that were decided right."),
    "mcc": (
        "MCC",
        "%.3f",
        "Matthews correlation of decisions and truth. 0 is no better than chance, however common "
        "a label is; 1 is perfect.",
    ),
    "roc_auc": (
        "AUC",
        "%.3f",
        "How often a message that has a label scores higher on it than one that has not. 0.5 is "
        "chance. Empty where it is not defined.",
    ),
    "size_mb": ("Size (MB)", "%.1f", "Megabytes of the model's weights."),
    "latency_p50_ms": ("Median ms", "%.1f", "Milliseconds for one message; half were faster."),
    "examples": ("Messages", "%d", "How many messages of the frozen test set were scored."),
    "engine": ("Engine", None, "What computed the scores."),
    "repo_id": ("Repo", None, "Where the model lies on the Hub."),
    "revision": ("Revision", None, "The commit that was measured."),
}

settings, catalogue = widgets.load_or_stop()
rows = catalogue.leaderboard

st.title("Leaderboard", anchor=False)
if not rows:
    st.text(
        "No results are stored for this catalogue yet. They appear here once a model has been "
        "trained and measured on a test set that training never saw."
    )
    st.stop()

st.text(
    "Every model on the same frozen test set: messages that none of the fine-tuned ones was "
    "trained on. Click the name of a column to sort by it."
)
frame = pd.DataFrame(
    [
        {
            "title": row.title,
            "role": row.role,
            "macro_f1": row.macro_f1,
            "accuracy": row.accuracy,
            "mcc": row.mcc,
            "roc_auc": row.roc_auc,
            "size_mb": row.size_bytes / 1e6,
            "latency_p50_ms": row.latency_p50_ms,
            "examples": row.examples,
            "engine": row.engine,
            "repo_id": row.repo_id,
            "revision": row.revision[:8],
        }
        for row in sorted(rows, key=lambda row: -row.macro_f1)
    ]
)
st.dataframe(
    frame,
    key="leaderboard",
    hide_index=True,
    column_config={
        name: st.column_config.NumberColumn(heading, format=number, help=meaning)
        if number
        else st.column_config.TextColumn(heading, help=meaning)
        for name, (heading, number, meaning) in COLUMNS.items()
    },
    alt="Quality, size and speed of every model on the frozen test set",
)
with st.expander("What the columns mean", icon=":material/help:"):
    st.table(
        {heading: meaning for heading, _, meaning in COLUMNS.values()},
        border="horizontal",
        width="content",
        alt="Each column and what it means",
    )

# ---- quality against speed
st.subheader("Quality against speed", anchor=False)
best, fastest = frame.iloc[0], frame.loc[frame["latency_p50_ms"].idxmin()]
# A shape and a colour of its own for every model, so that colour carries nothing alone.
model = {"title": None, "sort": list(frame["title"])}
legend = alt.Legend(orient="bottom", direction="vertical", labelLimit=300, symbolSize=160)
chart = (
    alt.Chart(frame)
    .mark_point(filled=True, size=200, opacity=1)
    .encode(
        x=alt.X("latency_p50_ms:Q", title="Median milliseconds a message").scale(
            type="log", nice=False, padding=40
        ),
        y=alt.Y("macro_f1:Q", title="Macro-F1").scale(domain=[0, 1]),
        color=alt.Color("title:N", legend=legend, **model),
        shape=alt.Shape("title:N", legend=legend, **model),
        tooltip=[
            alt.Tooltip("title:N", title="Model"),
            alt.Tooltip("macro_f1:Q", title="Macro-F1", format=".3f"),
            alt.Tooltip("latency_p50_ms:Q", title="Median ms", format=".1f"),
            alt.Tooltip("size_mb:Q", title="Size (MB)", format=".1f"),
        ],
    )
    # The theme's grey for these texts is too close to a light background to read well.
    .configure_axis(labelColor="currentColor", titleColor="currentColor")
    .configure_legend(labelColor="currentColor")
)
st.altair_chart(
    chart,
    key="quality_against_speed",
    height=380,
    alt=(
        f"Macro-F1 against milliseconds a message: best is {best['title']} with "
        f"{best['macro_f1']:.2f}, fastest is {fastest['title']} with "
        f"{fastest['latency_p50_ms']:.1f} ms"
    ),
)
st.caption("Up is better, left is faster. Speed is that of the machine that measured it.")
