"""The verdict table of the frozen test set, and behind it: chance, labels, curves, single rows."""

import streamlit as st

from app_pages.board import board_charts, board_detail, board_rows
from app_pages.board.board_table import (
    COLUMNS,
    MEASURES,
    WIDTHS,
    column_title,
    rank_rows,
    results_frame,
    rows_by_title,
)
from app_pages.shared import charts, headline, widgets
from inference.evaluation.leaderboard import cost_of_int8

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
    "trained or chosen on."
)

# ---- which rows, in which order
known_roles = list(dict.fromkeys(row.model.role for row in board.rows))
with st.container(key="board_controls", horizontal=True, vertical_alignment="bottom"):
    roles = st.pills(
        "Show",
        known_roles,
        key="board_roles",
        selection_mode="multi",
        default=known_roles,
        persist_state="session",
        wrap=True,
    )
    measure = st.selectbox(
        "Judge by",
        MEASURES,
        key="board_measure",
        format_func=column_title,
        persist_state="session",
        width=240,
    )
if not roles:
    st.text("No model is shown: choose at least one kind above.")
    st.stop()
rows = rows_by_title(rank_rows([row for row in board.rows if row.model.role in roles], measure))
table = results_frame(rows)
st.dataframe(
    table,
    key="leaderboard",
    hide_index=True,
    column_order=[
        "title",
        *dict.fromkeys(["mcc", measure]),
        *(name for name in COLUMNS if name not in ("title", "mcc", measure)),
    ],
    column_config={
        name: st.column_config.NumberColumn(title, format=number, help=meaning)
        if number
        else st.column_config.TextColumn(title, help=meaning, width=WIDTHS.get(name))
        for name, (title, number, meaning) in COLUMNS.items()
    },
    alt="Quality with intervals, size and speed of every model on the frozen test set",
)
with st.container(horizontal=True, vertical_alignment="center"):
    charts.offer(table, "leaderboard", "Download this table")
    st.caption("Click the name of a column to sort by it.")
with st.expander("What the columns mean", icon=":material/help:"):
    st.table(
        {title: meaning for title, _, meaning in COLUMNS.values()},
        border="horizontal",
        width="content",
        alt="Each column and what it means",
    )

# ---- what chance can do
st.subheader("What chance can do", anchor=False)
st.text(
    "A point is what was measured; its line is where 95 in 100 test sets drawn again from this "
    "one would put it."
)
charts.show(board_charts.intervals(rows, measure), "intervals")

# ---- quality against speed
st.subheader("Quality against speed", anchor=False)
charts.show(board_charts.speed(rows, measure), "quality_against_speed")
st.caption(
    f"{'Down' if measure in ('log_loss', 'ece') else 'Up'} is better, left is faster. Speed is "
    "that of the machine that measured it."
)
if cost := cost_of_int8(board):
    st.text(cost)

# ---- behind the figures
board_detail.draw(board, rows)
board_rows.draw(board, rows)
