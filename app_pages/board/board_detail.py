"""One model in detail: its labels, confusions and curves, from its stored answers."""

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app_pages.board import board_charts
from app_pages.board.board_table import label_frame
from app_pages.shared import charts, widgets
from hub.errors import UserError
from inference.data.problem_types import MULTI
from inference.evaluation import curves, stored_results
from inference.evaluation.leaderboard import Leaderboard, LeaderboardRow
from inference.evaluation.predictions import Predictions, Targets

LABELS, CONFUSION, CURVES, RELIABILITY, THRESHOLDS = (
    "Labels",
    "Confusion",
    "Precision and recall",
    "Reliability",
    "Thresholds",
)
NOT_STORED = (
    "What this model said of each row is not stored here. A model that training has published "
    "brings it along: publish it again, then prepare the catalogue again."
)
_FIRST_LINES, _MOST_LINES = 4, 6


def draw(board: Leaderboard, rows: Mapping[str, LeaderboardRow]) -> None:
    """The section with its choice of model and of view."""
    st.subheader("One model in detail", anchor=False)
    with st.container(key="detail_controls", horizontal=True, vertical_alignment="bottom"):
        title = st.selectbox("Model", list(rows), key="label_model", persist_state="session")
        view = st.segmented_control(
            "View",
            (LABELS, CONFUSION, CURVES, RELIABILITY, THRESHOLDS),
            key="detail",
            default=LABELS,
            required=True,
            persist_state="session",
            wrap=True,
        )
    row = rows[title]
    if view == LABELS:
        _labels(board, row, title)
        return
    try:
        results = widgets.test_results()
        predictions = (
            None if results is None else widgets.answers(row.model.name, row.model.repo_id)
        )
        if results is None or predictions is None:
            st.text(NOT_STORED)
            return
        draw_view = {
            CONFUSION: _confusion,
            CURVES: _curves,
            RELIABILITY: _reliability,
            THRESHOLDS: _thresholds,
        }
        draw_view[view](results.targets, predictions, row)
    except UserError as error:
        widgets.error_box(error)


def _labels(board: Leaderboard, row: LeaderboardRow, title: str) -> None:
    table = label_frame(row, board)
    st.dataframe(
        table,
        key="labels",
        hide_index=True,
        column_config={
            heading: st.column_config.NumberColumn(heading, format="%.3f")
            for heading in ("F1", "Precision", "Recall", "AUC", "PR-AUC")
        },
        alt=f"Figures of {title} for each label",
    )
    charts.offer(table, "labels", "Download this table")


def _confusion(targets: Targets, predictions: Predictions, row: LeaderboardRow) -> None:
    if targets.problem_type == MULTI:
        label = _label("confusion_label", targets.labels)
        matrix = curves.confusion_of_label(targets, predictions, targets.labels.index(label))
    else:
        matrix = curves.confusion(targets, predictions)
        if len(matrix.true) < len(targets.labels):
            st.caption(f"The {len(matrix.true)} most frequent of {len(targets.labels)} labels.")
    st.text("How often each truth met each decision. The stronger the shade, the larger the share.")
    charts.show(board_charts.confusion(matrix), "confusion")


def _curves(targets: Targets, predictions: Predictions, row: LeaderboardRow) -> None:
    known = curves.drawable(targets, predictions)
    if not known:
        st.text("No label has a curve: each needs rows with it, rows without it, and a score.")
        return
    counts = dict(zip(targets.labels, targets.matrix.sum(axis=0).tolist(), strict=True))
    frequent = sorted(known, key=lambda label: -counts[label])
    chosen = st.pills(
        f"Labels, up to {_MOST_LINES}",
        [label for label in known if label in frequent[: curves.MOST_LABELS]],
        key="curve_labels",
        selection_mode="multi",
        default=[label for label in known if label in frequent[:_FIRST_LINES]],
        format_func=widgets.plain,
        wrap=True,
    )
    if not 0 < len(chosen) <= _MOST_LINES:
        st.text(f"{len(chosen)} labels are chosen; choose one to {_MOST_LINES}.")
        return
    st.text(
        "Going right, the model is asked to find more of a label's rows, and errs more often. "
        "Guessing would stay at the label's share of all rows."
    )
    by_label = {
        label: curves.precision_recall(*_column(targets, predictions, label)) for label in chosen
    }
    shares = {label: counts[label] / len(targets.matrix) for label in chosen}
    charts.show(board_charts.precision_recall(by_label, shares), "precision_recall")


def _reliability(targets: Targets, predictions: Predictions, row: LeaderboardRow) -> None:
    bins = curves.reliability(targets, predictions)
    if not bins:
        st.text("This model knows none of the labels.")
        return
    st.text(
        "Of all scores of a height, the share that was right, with its 95 % interval. On the "
        "dotted line scores can be read as chances; below it the model is too sure of itself."
    )
    charts.show(board_charts.reliability(bins), "reliability")


def _thresholds(targets: Targets, predictions: Predictions, row: LeaderboardRow) -> None:
    known = curves.drawable(targets, predictions)
    if not known:
        st.text("No label has a curve: each needs rows with it, rows without it, and a score.")
        return
    label = _label("threshold_label", known)
    chosen = None
    if targets.problem_type == MULTI:
        st.text("What each threshold would bring on the test set.")
        chosen = _threshold(row, label)
    else:
        st.text(
            "What asking for at least such a score would bring on the test set. The model itself "
            "takes the strongest label, whatever its score."
        )
    curve = curves.over_thresholds(*_column(targets, predictions, label))
    charts.show(board_charts.thresholds(curve, label, chosen), "thresholds")


def _threshold(row: LeaderboardRow, label: str) -> float | None:
    """The threshold that a fine-tuned model on show uses; None for others, which store none."""
    bundle = (
        stored_results.bundle_of(widgets.catalogue_folder(), row.model.repo_id)
        if row.is_fine_tuned
        else None
    )
    if bundle is None or label not in bundle.labels or not bundle.thresholds:
        return None
    return bundle.thresholds[bundle.labels.index(label)]


def _label(key: str, labels: tuple[str, ...]) -> str:
    return st.selectbox("Label", labels, key=key)


def _column(
    targets: Targets, predictions: Predictions, label: str
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Scores and truth of one label, (N,) each."""
    column = targets.labels.index(label)
    return predictions.scores[:, column], targets.matrix[:, column].astype(bool)
