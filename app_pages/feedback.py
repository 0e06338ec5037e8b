"""Feedback: correct a prediction, what this session said, all answers in numbers, the next run."""

from html import escape

import altair as alt
import pandas as pd
import streamlit as st

from app_pages.message import closer, corrections, history
from app_pages.shared import auth, charts, widgets
from inference.catalogue.catalogue import FINE_TUNED
from inference.data.formats import FORMATS, JSONL
from inference.feedback import next_run
from inference.feedback.agreement import count_agreement

A_PAGE = 5  # answers of the session that are shown at once
# What a chart calls the counts of a label.
COUNTS = {"kept": "left as given", "removed": "taken away", "added": "added"}

settings, catalogue = widgets.load_or_stop()
catalogue_name = widgets.catalogue_name()

st.title("Feedback", anchor=False)
st.text("Where a model is wrong, say what is right: the next one may learn from it.")

# ---- correct a prediction
st.subheader("Is the model right?", anchor=False)
stored = catalogue.first_paint
examples = () if stored is None else (history.Analysis(stored, catalogue_name=catalogue_name),)
rows = history.rows((*history.of_catalogue(st.session_state.history, catalogue_name), *examples))
if rows:
    row = closer.choose_row(rows)
    with st.container(key="verdicts"):
        corrections.draw(row, catalogue)
else:
    st.text("No message has been analyzed yet, so there is no prediction to correct.")
st.page_link("app_pages/compare.py", label="Analyze a message", icon=":material/compare_arrows:")

# ---- what this session said
st.subheader("Your answers in this session", anchor=False)
own_feedback = [
    entry for entry in st.session_state.own_feedback if entry.feedback.catalogue == catalogue.title
]
if not own_feedback:
    st.caption("None yet. They will be listed here, each with a button that takes it back.")
pages = -(-len(own_feedback) // A_PAGE)
page = st.pagination(pages, key="own_feedback_page") if pages > 1 else 1
with st.container(key="own_feedback"):
    for entry in own_feedback[(page - 1) * A_PAGE : page * A_PAGE]:
        feedback = entry.feedback
        corrected = corrections.join_labels(feedback.corrected)
        verdict = "agreed" if feedback.is_confirmed else f"say {corrected}"
        with st.container(
            horizontal=True, vertical_alignment="center", key=f"own_feedback/{feedback.id}"
        ):
            st.html(
                f'<p class="text">{escape(" ".join(feedback.fields.values()))}</p>'
                '<p class="said">The model said '
                f"{escape(corrections.join_labels(feedback.predicted))}, you {escape(verdict)}.</p>"
            )
            if entry.is_undone:
                st.caption("taken back")
            else:
                corrections.undo_button(entry, "undo_listed")

# ---- all answers in numbers
st.subheader("What all visitors said", anchor=False)
collected = widgets.feedback_or_stop()
everything = [opinion for opinion in collected.feedback if opinion.catalogue == catalogue.title]
confirmed = sum(opinion.is_confirmed for opinion in everything)
with st.container(horizontal=True, key="figures"):
    st.metric("Answers kept", f"{len(everything):,}")
    st.metric("The model was right", f"{confirmed:,}")
    st.metric("Corrected", f"{len(everything) - confirmed:,}")
if everything:
    counts = pd.DataFrame(
        [
            {"label": count.label, "people": words, "answers": getattr(count, name)}
            for count in count_agreement(everything, catalogue.labels)
            for name, words in COUNTS.items()
        ]
    )
    chart = (
        alt.Chart(counts)
        .mark_bar()
        .encode(
            x=alt.X("answers:Q", title="Answers", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y(
                "label:N",
                title=None,
                sort=list(catalogue.labels),
                axis=alt.Axis(labelOverlap=False),
            ),
            color=alt.Color("people:N", sort=list(COUNTS.values()), legend=charts.bottom_legend()),
            order=alt.Order("people:N"),
            tooltip=["label:N", "people:N", "answers:Q"],
        )
    )
    summary = "; ".join(
        f"{count.label} {count.kept} left, {count.removed} taken away, {count.added} added"
        for count in count_agreement(everything, catalogue.labels)
    )
    plot = charts.Plot(
        chart, counts, f"Answers by label: {summary}", 170 + 36 * len(catalogue.labels)
    )
    charts.show(plot, "feedback_labels")
st.caption(
    "No measure of quality: who answers does so more eagerly where the model is wrong. "
    "The leaderboard tells how often it is right."
)

# ---- what will enter the next run
st.subheader("What will enter the next run", anchor=False)
is_owner = auth.is_owner()
columns = widgets.training_columns(catalogue_name)
plan = next_run.plan(everything, columns)
st.text(corrections.ready_in_words(plan))
ids = {entry.feedback.id for entry in own_feedback}
mine = [opinion for opinion in everything if opinion.id in ids]
shown = plan if is_owner else next_run.plan(mine, columns)
if shown.rows:
    st.text("All of them:" if is_owner else "Yours among them, as the training reads them:")
    st.dataframe(
        pd.DataFrame(shown.rows),
        key="next_rows",
        hide_index=True,
        alt="The texts and labels that the next training reads",
    )
    st.download_button(
        "Download for training",
        next_run.jsonl_bytes(shown.rows),
        file_name="next.jsonl",
        mime=FORMATS[JSONL].mime,
        key="next_run",
        on_click="ignore",
        icon=":material/download:",
    )
if is_owner:
    models = [entry.repo_id for entry in catalogue.models if entry.role == FINE_TUNED]
    model = f" --model {models[0]}" if models else ""
    st.code(
        f"python -m inference.feedback {settings.feedback} --out next.jsonl{model}\n"
        "python -m training.train --train_file next.jsonl --config run.json",
        language="bash",
        wrap_lines=True,
    )
    st.caption(corrections.how_far_sent())
    for line in collected.broken[:5]:
        st.warning(widgets.plain(line), icon=":material/warning:")
