"""How every chart of the Space looks: legible in both modes, told in words, its data beside it.

Owns no chart: those of the verdict table are board_charts.py, of a scored file file_charts.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from inference.core.safe_csv import write_csv

# The theme's grey for these texts is too close to a light background to read well.
_TEXT = "currentColor"
# Lines differ by their dashes too, so that colour carries nothing alone.
DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [12, 4], [1, 3])


@dataclass(frozen=True)
class Plot:
    """A chart, the table it was drawn from, what it shows in words, and its height in pixels."""

    chart: alt.TopLevelMixin
    data: pd.DataFrame
    alt: str
    height: int = 320


def show(plot: Plot, key: str) -> None:
    """Draw a plot with its words and its data."""
    chart: Any = plot.chart
    with st.container(key=f"{key}_plot"):
        st.altair_chart(
            chart.properties(padding={"left": 0, "top": 5, "right": 5, "bottom": 0})
            .configure_axis(labelColor=_TEXT, titleColor=_TEXT, labelLimit=260)
            .configure_legend(labelColor=_TEXT, titleColor=_TEXT, labelLimit=300)
            .configure_header(labelColor=_TEXT, titleColor=_TEXT),
            key=key,
            height=plot.height,
            alt=plot.alt,
        )
        offer(plot.data, key)


def offer(data: pd.DataFrame, key: str, label: str = "Data of this plot") -> None:
    """A small button that downloads a table as CSV."""
    st.download_button(
        label,
        csv_bytes(data),
        file_name=f"{key.replace('_', '-')}.csv",
        mime="text/csv",
        key=f"{key}_data",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
    )


def csv_bytes(data: pd.DataFrame) -> bytes:
    """A table as CSV: UTF-8 with a mark that spreadsheets need, no cell can run as a formula."""
    buffer = StringIO()
    rows: Sequence[Mapping[str, object]] = data.to_dict("records")  # type: ignore[assignment]
    write_csv(buffer, rows)
    return buffer.getvalue().encode("utf-8-sig")


def bottom_legend() -> alt.Legend:
    """A legend under the chart, a line an entry, so that a narrow window keeps the chart."""
    return alt.Legend(orient="bottom", direction="vertical", title=None, symbolSize=160)
