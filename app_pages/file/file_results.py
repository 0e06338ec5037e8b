"""The last step of the file page: how often each label was decided, what that is worth, the rows.

Draws only; what stands in the table of rows is file_views.py.
"""

from functools import partial
from pathlib import PurePath

import altair as alt
import pandas as pd
import streamlit as st

from app_pages.file.file_views import (
    MISTAKES,
    NOTHING,
    REJECTED,
    FileResult,
    rows_frame,
    view_title,
)
from app_pages.shared import charts, widgets
from app_pages.shared.charts import Plot
from hub.errors import UserError
from inference.batch import grading, outputs, scored_file
from inference.batch.grading import GRADED, Grade
from inference.batch.scored_file import ScoredFile
from inference.core.errors import DataError
from inference.data.formats import CSV, FORMATS, JSONL, PARQUET

ROWS_A_PAGE = 20
IN_ORDER, UNSURE = "As in the file", "Least sure first"
_MEANINGS = {
    "mcc": ("MCC", "1 is perfect, 0 is no better than chance."),
    "macro_f1": ("Macro-F1", "Mean of F1 over the labels; rare labels count as much as others."),
    "accuracy": ("Accuracy", "Share of rows that are decided exactly right."),
}
_OFFERED = (CSV, JSONL, PARQUET)


def draw(file: ScoredFile) -> None:
    """Everything about the scored file of this visit, or a box that says why it cannot be shown."""
    try:
        result = _load(file)
    except UserError as error:
        widgets.error_box(error, title="The scores cannot be shown")
        return
    st.subheader("What came of it", anchor=False)
    with st.container(key="file_outcome"):
        st.text(_sentence(file))
    _downloads(file)
    if result.grade is not None:
        _figures(result.grade)
    elif result.problem:
        st.warning(widgets.plain(result.problem), title="The labels cannot be used")
    with st.expander("How often each label was decided", expanded=True):
        charts.show(_labels_plot(result), "file_labels")
    if result.grade is not None:
        with st.expander("Label by label, against the labels of the file"):
            _label_table(result, result.grade)
    _rows(result)


def _load(file: ScoredFile) -> FileResult:
    """The scores of a file, read once and kept for the visit.

    Raises:
        DataError: they are gone.
    """
    state = st.session_state
    kept: FileResult | None = state.file_result
    if kept is None or kept.file is not file:
        with st.spinner("Adding up"):
            problem, grade = "", None
            try:
                grade = grading.grade(file) if file.label_fields else None
            except DataError as error:
                problem = str(error)
            kept = FileResult(
                file, scored_file.scores(file), scored_file.decided(file), grade, problem
            )
        state.file_result = kept
    return kept


def _sentence(file: ScoredFile) -> str:
    done = file.rows - file.rejected
    summary = f"{file.name}: {done:,} of {file.rows:,} rows scored by {file.repo_id}"
    if not file.rejected:
        return f"{summary}."
    keep = "keeps its place" if file.rejected == 1 else "keep their places"
    return f"{summary}; {file.rejected:,} could not be and {keep}, with the reason."


def _downloads(file: ScoredFile) -> None:
    """A button for each format; a file is made when it is asked for."""
    stem = PurePath(file.name).stem
    with st.container(key="file_downloads", horizontal=True):
        for format in _OFFERED:
            st.download_button(
                FORMATS[format].title,
                partial(outputs.convert, file.path_parquet, format),
                file_name=f"{stem}-scored.{format}",
                mime=FORMATS[format].mime,
                key=f"file_{format}",
                on_click="ignore",
                icon=":material/download:",
            )


def _labels_plot(result: FileResult) -> Plot:
    """How many rows each label was decided for."""
    counts = result.decided.sum(axis=0)
    names, rows = list(result.file.labels), [int(count) for count in counts]
    views = result.views()
    if NOTHING in views:
        names, rows = [*names, "nothing above threshold"], [*rows, len(views[NOTHING])]
    data = pd.DataFrame({"label": names, "rows": rows})
    base = alt.Chart(data).encode(
        y=alt.Y("label:N", sort=names, title=None),
        x=alt.X("rows:Q", title="Rows", axis=alt.Axis(tickMinStep=1, tickCount=6)),
    )
    summary = "; ".join(f"{name} {count:,}" for name, count in zip(names, rows, strict=True))
    return Plot(
        base.mark_bar(height=14)
        + base.mark_text(align="left", dx=6, color="currentColor").encode(
            text=alt.Text("rows:Q", format=",")
        ),
        data,
        f"Rows of {result.file.name} by what was decided: {summary}",
        height=60 + 28 * len(names),
    )


def _figures(grade: Grade) -> None:
    """The figures of the decisions, each with what chance does to it."""
    with st.container(key="file_figures", horizontal=True):
        for name in GRADED:
            title, meaning = _MEANINGS[name]
            value, span = getattr(grade.metrics, name), grade.intervals[name]
            st.metric(
                title,
                "undefined" if value is None else f"{value:.3f}",
                span and f"{span[0]:.3f} to {span[1]:.3f}",
                delta_color="off",
                delta_arrow="off",
                help=f"{meaning} Below it: where 95 in 100 such files would put it.",
                width="content",
            )


def _label_table(result: FileResult, grade: Grade) -> None:
    """Figures of each label, and which rows could not be judged."""
    figures = grade.metrics
    st.dataframe(
        pd.DataFrame(
            {
                "Label": result.file.labels,
                "In the file": grade.truth.sum(axis=0),
                "F1": figures.f1,
                "Precision": figures.precision,
                "Recall": figures.recall,
                "AUC": figures.roc_auc_by_label,
            }
        ),
        key="file_by_label",
        hide_index=True,
        column_config={
            heading: st.column_config.NumberColumn(heading, format="%.3f")
            for heading in ("F1", "Precision", "Recall", "AUC")
        },
        alt=f"Figures of each label on {len(grade.rows):,} rows of {result.file.name}",
    )
    if grade.unusable:
        row, why = next(iter(grade.unusable.items()))
        st.text(
            f"{len(grade.unusable):,} rows have scores but no usable label and count nowhere here, "
            f"such as row {row + 1}: {why}."
        )


def _rows(result: FileResult) -> None:
    """The rows, a page at a time."""
    st.subheader("Row by row", anchor=False)
    views = result.views()
    with st.container(key="file_views", horizontal=True, vertical_alignment="bottom"):
        view = st.selectbox(
            "Show",
            list(views),
            key="file_view",
            format_func=lambda name: view_title(name, len(views[name])),
            width=320,
        )
        order = st.segmented_control(
            "Order",
            [IN_ORDER, UNSURE],
            default=IN_ORDER,
            required=True,
            key="file_order",
            disabled=view in (MISTAKES, REJECTED),
        )
    numbers = views[view]
    if order == UNSURE and view not in (MISTAKES, REJECTED):
        numbers = result.by_doubt(numbers)
    if not len(numbers):
        st.text("There is no such row.")
        return
    pages = -(-len(numbers) // ROWS_A_PAGE)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=f"file_page/{view}/{order}", max_visible_pages=5)
    start = (page - 1) * ROWS_A_PAGE
    shown = [int(number) for number in numbers[start : start + ROWS_A_PAGE]]
    st.dataframe(
        rows_frame(result, shown),
        key="file_rows",
        hide_index=True,
        height="content",
        column_config={
            "Row": st.column_config.NumberColumn("Row", width=70),
            "Score": st.column_config.ProgressColumn(
                "Score", min_value=0, max_value=1, format="%.2f", width=120
            ),
            "Next": st.column_config.TextColumn("Next", help="The strongest label of the others."),
        },
        alt=f"Rows {start + 1} to {start + len(shown)} of {len(numbers):,}, with their scores",
    )
