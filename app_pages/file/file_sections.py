"""The sections of the analysis page: each asks inference/ for its numbers and draws them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from app_pages.file import file_charts
from app_pages.shared import charts
from inference.analysis import analysis
from inference.analysis.analysis import Rows, TrainedOn
from inference.analysis.shifts import shifts
from inference.batch import scored_file
from inference.batch.scored_file import ScoredFile
from inference.catalogue.catalogue import FINE_TUNED, Catalogue, ModelEntry
from inference.evaluation import vocabulary
from inference.evaluation.predictions import Predictions
from inference.evaluation.vocabulary import Word

TRAINING, TEST = "training", "test set"
# What is no label has a number of its own, as a label may have any name.
TOP, TOP_SCORE = -1, "the strongest label"
RIGHT, DECIDED_RIGHT = -1, "decided right"
BY_LENGTH = "Words in the text"
SCORING_PAGE = "app_pages/predict_file.py"
_MOST_WORDS = 100
_DRIFT_COLUMNS = {
    "Distance": "Jensen-Shannon distance: 0 is equal, 1 has nothing in common.",
    "Chance alone, up to": "What 95 in 100 pairs of samples of these sizes stay below if nothing "
    "moved.",
    "Stability index": "PSI; by a rule of thumb below 0.1 is little and above 0.25 much.",
}


def model_of(catalogue: Catalogue, file: ScoredFile | None) -> ModelEntry:
    """The model that scored the file; without a file the first fine-tuned one on show."""
    for entry in catalogue.models:
        if entry.repo_id == file.repo_id if file else entry.role == FINE_TUNED:
            return entry
    repo_id = file.repo_id if file else catalogue.models[0].repo_id
    return ModelEntry(repo_id, FINE_TUNED, repo_id)


def empty() -> None:
    """What a visitor sees who has scored no file."""
    st.text(
        "There is nothing to analyze yet. Score a file first: this page then shows how its texts, "
        "labels and scores compare with those that the model was trained and measured on."
    )
    st.page_link(SCORING_PAGE, label="Score a file", icon=":material/upload_file:")


def heading(rows: Rows, file: ScoredFile | None, model: ModelEntry) -> None:
    """Which rows, scored by whom."""
    st.text(f"{len(rows.texts):,} texts of {rows.name}, scored by {model.title}.")
    if file is None:
        st.page_link(SCORING_PAGE, label="Score a file of your own", icon=":material/upload_file:")
    elif file.rejected:
        st.caption(f"{file.rejected:,} of {file.rows:,} rows have no scores and are left out.")


def drift(rows: Rows, training: TrainedOn | None, tested: Predictions | None) -> None:
    """Each comparison with its distance, and whether chance alone explains it."""
    measured = shifts(rows, training, tested)
    if not measured:
        return
    st.subheader("Has anything moved?", anchor=False)
    moved = [shift for shift in measured if shift.drift.is_more_than_chance]
    if moved:
        named = " and ".join(f"{shift.what.lower()} against {shift.against}" for shift in moved)
        warning = "" if tested is None else " Figures of the test set may not hold here."
        st.text(f"By more than chance: {named}.{warning}")
    else:
        st.text("Nothing that was looked at differs by more than chance explains.")
    table = pd.DataFrame(
        {
            "What": [shift.what for shift in measured],
            "Against": [shift.against for shift in measured],
            "Distance": [shift.drift.distance for shift in measured],
            "Chance alone, up to": [shift.drift.by_chance for shift in measured],
            "Stability index": [shift.drift.psi for shift in measured],
            "Finding": [
                "has moved" if shift.drift.is_more_than_chance else "cannot tell"
                for shift in measured
            ],
        }
    )
    st.dataframe(
        table,
        key="drift",
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="%.3f", help=meaning)
            for name, meaning in _DRIFT_COLUMNS.items()
        },
        alt="How far the file has moved from what the model knows",
    )
    charts.offer(table, "drift", "Download this table")


def categories(rows: Rows, training: TrainedOn | None) -> None:
    """Rows of each label: in training, as the file's truth has it, and as decided."""
    st.subheader("Objects in each category", anchor=False)
    series: dict[str, list[int]] = {}
    if training is not None:
        series[TRAINING] = [training.label_counts.get(label, 0) for label in rows.labels]
    if rows.is_labelled.any():
        series["truth"] = rows.truth.sum(axis=0).tolist()
    series["decided"] = rows.decided.sum(axis=0).tolist()
    charts.show(file_charts.categories(rows.labels, series, len(rows.texts)), "categories")
    if len(rows.labels) > file_charts.MOST_LABELS:
        st.caption(f"The {file_charts.MOST_LABELS} most frequent of {len(rows.labels)} labels.")


def lengths(rows: Rows, training: TrainedOn | None) -> None:
    """Words in a text, beside training where its counts are stored."""
    st.subheader("Words in a text", anchor=False)
    series = {"this file": analysis.by_length(rows.words.lengths)}
    if training is not None and training.words is not None:
        series = {TRAINING: analysis.by_length(training.words.lengths), **series}
    charts.show(file_charts.lengths(series), "lengths")


def scores(rows: Rows, tested: Predictions | None) -> None:
    """How high scores are, beside those of the test set."""
    st.subheader("How sure the model is", anchor=False)
    choice = st.selectbox(
        "Scores of",
        range(TOP, len(rows.labels)),
        key="scores_of",
        format_func=lambda choice: TOP_SCORE if choice == TOP else rows.labels[choice],
    )
    sides = {"this file": rows.scores}
    if tested is not None:
        sides = {TEST: tested.scores, **sides}
    series = {
        name: analysis.by_score(analysis.strongest(table) if choice == TOP else table[:, choice])
        for name, table in sides.items()
    }
    what = "Strongest score" if choice == TOP else f"Score of {rows.labels[choice]}"
    charts.show(file_charts.scores(series, what), "scores")


def word_changes(rows: Rows, training: TrainedOn | None) -> None:
    """Words that the file has and training had not, and the reverse."""
    st.subheader("New and missing words", anchor=False)
    if training is None or training.words is None:
        st.text("The words of the training texts are not stored here: nothing to compare with.")
        return
    known = training.words
    st.text(
        f"Against the {len(known.words):,} most frequent words of {known.texts:,} training texts. "
        "A word is listed where chance would bring that in fewer than 1 of 1,000 files."
    )
    new, missing = vocabulary.new(known, rows.words), vocabulary.missing(known, rows.words)
    left, right = st.columns(2)
    with left:
        _words("new", new, "of the file's texts")
    with right:
        _words("missing", missing, "of training texts")


def _words(name: str, words: Sequence[Word], source: str) -> None:
    """A list of words with their shares."""
    st.text(f"{name.capitalize()}: {len(words):,}")
    if not words:
        st.caption("None.")
        return
    table = pd.DataFrame(
        {
            "Word": [word.word for word in words],
            "Texts": [word.texts for word in words],
            "Share": [word.share for word in words],
        }
    )
    share = st.column_config.ProgressColumn(
        f"Share {source}", format="percent", min_value=0, max_value=1
    )
    st.dataframe(
        table.head(_MOST_WORDS),
        key=f"{name}_words",
        hide_index=True,
        column_config={"Share": share},
        alt=f"{name.capitalize()} words, the most frequent first",
    )
    charts.offer(table, f"{name}_words", f"Download {len(table):,} words")


def slices(rows: Rows, file: ScoredFile | None) -> None:
    """The share of right or of chosen decisions, for each value of a column."""
    st.subheader("Slice by slice", anchor=False)
    columns = [] if file is None else scored_file.input_columns(file)
    columns = [name for name in columns if file is None or name not in file.text_fields]
    with st.container(key="slice_controls", horizontal=True):
        by = st.selectbox("By", tuple(dict.fromkeys((BY_LENGTH, *columns))), key="slice_by")
        choice = st.selectbox(
            "Share of rows",
            range(RIGHT if rows.is_labelled.any() else 0, len(rows.labels)),
            key="slice_measure",
            format_func=lambda choice: (
                DECIDED_RIGHT if choice == RIGHT else f"decided {rows.labels[choice]}"
            ),
        )
    kept, hits, measure = rows.is_labelled, rows.is_right, DECIDED_RIGHT
    if choice != RIGHT:
        kept, hits = np.ones(len(rows.texts), bool), rows.decided[:, choice]
        measure = f"decided {rows.labels[choice]}"
    if file is None or by == BY_LENGTH:
        parts = analysis.slices_by_length(rows.lengths[kept], hits[kept])
    else:
        cells = scored_file.values(file, [by])[by]
        parts = analysis.slices([cells[row] for row in rows.numbers[kept]], hits[kept])
    charts.show(file_charts.slices(parts, f"Share {measure}"), "slices")
    st.caption(
        "In brackets the rows of a slice; a line is the 95 % interval of its share (Wilson)."
    )
