"""Second page: the verdict table of the frozen test set, with intervals, labels, size and speed."""

import altair as alt
import pandas as pd
import streamlit as st

from app_pages import headline, widgets
from inference.leaderboard import Row

# A column of the table: its heading, its number format (None: a text), what it means.
COLUMNS = {
    "title": ("Model", None, "The name it has on this Space."),
    "mcc": (
        "MCC",
        "%.3f",
        "Matthews correlation of decisions and truth. 0 is no better than chance, however common "
        "a label is; 1 is perfect. The verdict rests on it.",
    ),
    "mcc_interval": (
        "MCC, 95 %",
        None,
        "Where the MCC lies for 95 in 100 test sets drawn again from this one.",
    ),
    "verdict": (
        "Verdict",
        None,
        "Of a fine-tuned model against the best one that was to be had for free: better or worse "
        "only where the 95 % interval of the difference in MCC lies on one side of 0.",
    ),
    "difference": (
        "Less best free",
        None,
        "MCC less that of the best free model, with its 95 % interval on the same examples.",
    ),
    "role": (
        "Role",
        None,
        "fine-tuned: trained on this task. pretrained: trained by others, on a task like it. "
        "zero-shot: a bare encoder that only knows a description of each label. baseline: what "
        "takes no language model, or leaves it as it is.",
    ),
    "macro_f1": (
        "Macro-F1",
        "%.3f",
        "Precision and recall in one number, averaged over the labels, so that rare ones count "
        "as much as common ones. 1 is perfect.",
    ),
    "balanced_accuracy": (
        "Balanced",
        "%.3f",
        "Balanced accuracy: the share decided right, averaged over the classes.",
    ),
    "accuracy": ("Accuracy", "%.3f", "Share of the messages that were decided right."),
    "roc_auc": (
        "AUC",
        "%.3f",
        "How often a message that has a label scores higher on it than one that has not. 0.5 is "
        "chance. Empty where it is not defined.",
    ),
    "pr_auc": ("PR-AUC", "%.3f", "Average precision: as AUC, but sterner on rare labels."),
    "log_loss": ("Log-loss", "%.3f", "What wrong and unsure scores cost. 0 is perfect."),
    "ece": (
        "Calibration error",
        "%.3f",
        "How far scores are from the share that turns out right. 0: scores can be read as chances.",
    ),
    "size_mb": ("Size (MB)", "%.1f", "Megabytes of the model's weights."),
    "latency_p50_ms": ("Median ms", "%.1f", "Milliseconds for one message; half were faster."),
    "latency_p95_ms": ("95th ms", "%.1f", "Milliseconds for one message; 95 in 100 were faster."),
    "labels": ("Labels", "%d", "Over how many of the labels its means run."),
    "engine": ("Engine", None, "What computed the scores."),
    "repo_id": ("Repo", None, "Where the model lies on the Hub."),
    "revision": ("Revision", None, "The commit that was measured."),
}

# Pixels of the texts that would else be cut off.
WIDTHS = {"title": 270, "verdict": 95, "mcc_interval": 125, "difference": 210}


def line(row: Row) -> dict[str, object]:
    """A row as the table shows it."""
    model, found = row.model, row.difference
    return {
        "title": model.title,
        "role": model.role,
        "verdict": found.verdict if found else "",
        **{name: row.figures[name] for name in COLUMNS if name in row.figures},
        "mcc_interval": span(row.intervals["mcc"]),
        "difference": f"{found.mcc:+.3f} ({span(found.interval, '+')})" if found else "",
        "size_mb": model.size_bytes / 1e6,
        "latency_p50_ms": model.latency_p50_ms,
        "latency_p95_ms": model.latency_p95_ms,
        "labels": row.labels_known,
        "engine": model.engine,
        "repo_id": model.repo_id,
        "revision": model.revision[:8],
    }


def span(interval: tuple[float, float] | None, sign: str = "") -> str:
    """An interval in words."""
    return f"{interval[0]:{sign}.3f} to {interval[1]:{sign}.3f}" if interval else "none"


settings, catalogue = widgets.load_or_stop()
board = catalogue.leaderboard

st.title("Leaderboard", anchor=False)
if board is None:
    st.text(
        "No results are stored for this catalogue yet. They appear here once a model has been "
        "trained and measured on a test set that training never saw."
    )
    st.stop()

with st.container(key="answer"):
    st.text(headline.answer(board))
st.text(
    f"Every model on the same {board.examples:,} messages of a frozen test set, which no model was "
    "trained or chosen on. Click the name of a column to sort by it."
)
rows = sorted(board.rows, key=lambda row: -(row.figures["mcc"] or 0.0))
frame = pd.DataFrame([line(row) for row in rows])[list(COLUMNS)]
st.dataframe(
    frame,
    key="leaderboard",
    hide_index=True,
    column_config={
        name: st.column_config.NumberColumn(heading, format=number, help=meaning)
        if number
        else st.column_config.TextColumn(heading, help=meaning, width=WIDTHS.get(name))
        for name, (heading, number, meaning) in COLUMNS.items()
    },
    alt="Quality with intervals, size and speed of every model on the frozen test set",
)
with st.expander("What the columns mean", icon=":material/help:"):
    st.table(
        {heading: meaning for heading, _, meaning in COLUMNS.values()},
        border="horizontal",
        width="content",
        alt="Each column and what it means",
    )

# ---- what chance can do
st.subheader("What chance can do", anchor=False)
st.text("A point is the MCC that was measured; its line is where 95 in 100 test sets would put it.")
spans = frame.assign(
    low=[(row.intervals["mcc"] or (None, None))[0] for row in rows],
    high=[(row.intervals["mcc"] or (None, None))[1] for row in rows],
    mean=[row.figures["mcc"] for row in rows],
)
order = list(spans["title"])
base = alt.Chart(spans).encode(
    y=alt.Y("title:N", sort=order, title=None, axis=alt.Axis(labelLimit=260)),
    tooltip=[
        alt.Tooltip("title:N", title="Model"),
        alt.Tooltip("mean:Q", title="MCC", format=".3f"),
        alt.Tooltip("mcc_interval:N", title="95 %"),
    ],
)
forest = base.mark_rule(size=3, color="currentColor").encode(
    x=alt.X("low:Q", title="MCC"), x2="high:Q"
)
points = base.mark_point(filled=True, size=120, opacity=1).encode(
    x="mean:Q",
    shape=alt.Shape("role:N", legend=alt.Legend(orient="bottom", title=None, direction="vertical")),
)
st.altair_chart(
    # The theme's grey for these texts is too close to a light background to read well.
    (forest + points)
    .configure_axis(labelColor="currentColor", titleColor="currentColor")
    .configure_legend(labelColor="currentColor"),
    key="intervals",
    height=120 + 34 * len(rows),
    alt="MCC with its 95 % interval of every model, best first: "
    + "; ".join(f"{row.model.title} {span(row.intervals['mcc'])}" for row in rows),
)

# ---- label by label
st.subheader("Label by label", anchor=False)
chosen = st.selectbox("Model", order, key="label_model")
shown = rows[order.index(chosen)]
st.dataframe(
    pd.DataFrame(
        {
            "Label": board.labels,
            "In the test set": board.positives,
            **{
                heading: shown.by_label[name]
                for name, heading in (
                    ("f1", "F1"),
                    ("precision", "Precision"),
                    ("recall", "Recall"),
                    ("roc_auc_by_label", "AUC"),
                    ("pr_auc_by_label", "PR-AUC"),
                )
            },
            "F1, 95 %": [span(found) for found in shown.by_label_intervals["f1"]],
            "AUC, 95 %": [span(found) for found in shown.by_label_intervals["roc_auc_by_label"]],
        }
    ),
    key="labels",
    hide_index=True,
    column_config={
        heading: st.column_config.NumberColumn(heading, format="%.3f")
        for heading in ("F1", "Precision", "Recall", "AUC", "PR-AUC")
    },
    alt=f"Figures of {chosen} for each label",
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
        y=alt.Y("mcc:Q", title="MCC"),
        color=alt.Color("title:N", legend=legend, **model),
        shape=alt.Shape("title:N", legend=legend, **model),
        tooltip=[
            alt.Tooltip("title:N", title="Model"),
            alt.Tooltip("mcc:Q", title="MCC", format=".3f"),
            alt.Tooltip("latency_p50_ms:Q", title="Median ms", format=".1f"),
            alt.Tooltip("size_mb:Q", title="Size (MB)", format=".1f"),
        ],
    )
    .configure_axis(labelColor="currentColor", titleColor="currentColor")
    .configure_legend(labelColor="currentColor")
)
st.altair_chart(
    chart,
    key="quality_against_speed",
    height=330 + 22 * len(rows),
    alt=(
        f"MCC against milliseconds a message: best is {best['title']} with "
        f"{best['mcc']:.2f}, fastest is {fastest['title']} with "
        f"{fastest['latency_p50_ms']:.1f} ms"
    ),
)
st.caption("Up is better, left is faster. Speed is that of the machine that measured it.")
