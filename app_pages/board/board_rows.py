"""Two models on the same test rows: who is right where, and the rows on which they differ."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from app_pages.board.board_detail import NOT_STORED
from app_pages.shared import charts, widgets
from hub.errors import UserError
from inference.evaluation.leaderboard import Leaderboard, LeaderboardRow
from inference.evaluation.pairwise import PairwiseComparison, compare_pair, name_labels
from inference.evaluation.predictions import Predictions
from inference.evaluation.stored_results import StoredResults

ALL, FIRST, SECOND, NEITHER = (
    "All that differ",
    "Only the first is right",
    "Only the second is right",
    "Neither is right",
)
_SHOWN = 500


def draw(board: Leaderboard, rows: Mapping[str, LeaderboardRow]) -> None:
    """The section with its choice of two models."""
    st.subheader("Where two models differ", anchor=False)
    if len(rows) < 2:
        st.text("It takes two models: show more kinds of them above.")
        return
    titles = list(rows)
    ours, free = _opening(board, rows)
    with st.container(key="rows_controls", horizontal=True):
        first = st.selectbox("First model", titles, index=titles.index(ours), key="first_model")
        second = st.selectbox("Second model", titles, index=titles.index(free), key="second_model")
    if first == second:
        st.text("These are the same model: choose another one.")
        return
    try:
        results = widgets.test_results()
        first_predictions, second_predictions = (
            None if results is None else widgets.answers(row.model.name, row.model.repo_id)
            for row in (rows[first], rows[second])
        )
        if results is None or first_predictions is None or second_predictions is None:
            st.text(NOT_STORED)
            return
        _compare(results, {first: first_predictions, second: second_predictions})
    except UserError as error:
        widgets.error_box(error)


def _opening(board: Leaderboard, rows: Mapping[str, LeaderboardRow]) -> tuple[str, str]:
    """The two to begin with, as far as they are shown: the judged model and the best baseline."""
    titles = list(rows)
    judged = [title for title, row in rows.items() if row is board.judged]
    free = [title for title, row in rows.items() if row.model.name == board.best_free]
    ours = (judged or titles)[0]
    others = [title for title in (*free, *titles) if title != ours]
    return ours, others[0]


def _compare(results: StoredResults, predictions: Mapping[str, Predictions]) -> None:
    (first, first_predictions), (second, second_predictions) = predictions.items()
    pair = compare_pair(results.targets, first_predictions, second_predictions)
    counts = {
        "Both are right": pair.both,
        FIRST: pair.only_first,
        SECOND: pair.only_second,
        NEITHER: pair.neither,
    }
    with st.container(key="rows_counts", horizontal=True):
        for name, count in counts.items():
            st.metric(name, f"{count:,}", width="content")
    st.text(_sentence(first, second, pair))
    if not len(pair.rows):
        return
    _list(results, predictions, pair)


def _list(
    results: StoredResults, predictions: Mapping[str, Predictions], pair: PairwiseComparison
) -> None:
    """The rows that are decided differently, or those of them on which one is right."""
    view = st.segmented_control(
        "Rows",
        (ALL, FIRST, SECOND, NEITHER),
        key="rows_view",
        default=ALL,
        required=True,
        wrap=True,
    )
    kept = {
        ALL: np.ones(len(pair.first_right), bool),
        FIRST: pair.first_right & ~pair.second_right,
        SECOND: pair.second_right & ~pair.first_right,
        NEITHER: ~pair.first_right & ~pair.second_right,
    }[view]
    chosen = [int(row) for row in pair.rows if kept[row]]
    texts = widgets.test_texts()
    table = _table(results, predictions, chosen, texts)
    if table.empty:
        st.text("There is no such row.")
        return
    st.dataframe(
        table.head(_SHOWN),
        key="rows",
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(name, format="%.2f")
            for name in table.columns
            if name.startswith("Score")
        },
        alt=f"Rows on which {' and '.join(predictions)} decide differently",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        charts.offer(table, "rows", f"Download {len(table):,} rows")
        st.caption(_note(len(table), bool(texts)))


def _sentence(first: str, second: str, pair: PairwiseComparison) -> str:
    """What the counts say, and whether chance alone would say it too."""
    if not len(pair.rows):
        return f"{first} and {second} decide every row alike."
    if pair.only_first == pair.only_second:
        return f"They decide {len(pair.rows):,} rows differently; each is right as often."
    ahead = first if pair.only_first > pair.only_second else second
    chance = "less than 1 in 1,000" if pair.p_value < 0.001 else f"{pair.p_value:.3f}"
    return (
        f"They decide {len(pair.rows):,} rows differently. {ahead} is right on more of them; two "
        f"equally good models would differ so clearly with a probability of {chance} "
        "(exact McNemar test)."
    )


def _note(count: int, has_texts: bool) -> str:
    shown = f"The first {_SHOWN:,} rows are shown. " if count > _SHOWN else ""
    where = "" if has_texts else "Texts of test rows are not stored here; a row is named by file. "
    return f"{shown}{where}Those on which both were surest come first."


def _table(
    results: StoredResults,
    predictions: Mapping[str, Predictions],
    rows: list[int],
    texts: tuple[str, ...],
) -> pd.DataFrame:
    """A line a row: its id, its text where there is one, the truth, and what each model said."""
    targets = results.targets
    columns: dict[str, list[object]] = {"Text": [texts[row] for row in rows]} if texts else {}
    columns["Truth"] = [name_labels(targets.matrix, row, targets.labels) for row in rows]
    for number, (title, answers) in enumerate(predictions.items(), start=1):
        name = title if title not in columns else f"{title} ({number})"
        columns[name] = [name_labels(answers.decided, row, targets.labels) for row in rows]
        scores = np.nan_to_num(answers.scores[rows]).max(axis=1) if rows else []
        columns[f"Score {number}"] = [float(score) for score in scores]
    ids = results.row_ids or [f"row {row + 1}" for row in range(len(targets.matrix))]
    columns["Row"] = [ids[row] for row in rows]
    return pd.DataFrame(columns)
