"""The charts of a scored file, beside what its model was trained on: each a Plot, nothing drawn.

Owns what is drawn; the numbers are inference/analysis/analysis.py and the modules it names, the
looks charts.py.

Letters: N points.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from app_pages.shared.charts import Plot, bottom_legend
from inference.analysis import analysis
from inference.analysis.analysis import Rows, Slice
from inference.analysis.projection import Projection
from inference.evaluation.pairwise import name_labels

MOST_LABELS = 24
_MOST_SHAPES = 7
_SHOWN_CHARS = 160
_OTHERS = "(others)"


def categories(labels: Sequence[str], series: Mapping[str, Sequence[int]], rows: int) -> Plot:
    """The share of rows that have each label, a bar a series; the most frequent labels of many."""
    totals = np.sum([np.asarray(counts, float) for counts in series.values()], axis=0)
    kept = np.argsort(-totals, kind="stable")[:MOST_LABELS]
    order = [labels[index] for index in kept]
    data = _shares(order, {name: [counts[p] for p in kept] for name, counts in series.items()})
    # A multi-label row counts for several labels, so shares are of what was counted.
    chart = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            y=alt.Y("group:N", sort=order, title=None),
            yOffset=alt.YOffset("series:N", sort=list(series)),
            x=alt.X("share:Q", title="Share").axis(format="%"),
            color=_series(list(series)),
            tooltip=_tooltips("group", "series", "rows", "share"),
        )
    )
    last = list(series)[-1]
    top = data[data["series"] == last].nlargest(1, "rows").iloc[0]
    summary = f"Share of each label in {' and '.join(series)}: most frequent in {last} is "
    summary += f"{top['group']} with {top['share']:.0%} of {rows:,} rows"
    return Plot(chart, data, summary, 80 + (12 + 18 * len(series)) * len(order) + 22 * len(series))


def lengths(series: Mapping[str, Sequence[int]]) -> Plot:
    """How many words texts have, a bar a series."""
    order = list(analysis.length_names())
    while len(order) > 1 and not any(counts[len(order) - 1] for counts in series.values()):
        order.pop()  # longer than any text
    data = _shares(order, series)
    last = list(series)[-1]
    top = data[data["series"] == last].nlargest(1, "rows").iloc[0]
    summary = f"Words in a text of {' and '.join(series)}: in {last} mostly {top['group']}"
    return Plot(_bars(data, order, list(series), "Words in a text"), data, summary, 380)


def scores(series: Mapping[str, Sequence[int]], what: str) -> Plot:
    """How high scores are, in 20 bins, a bar a series."""
    step = 1 / analysis.SCORE_BINS
    order = [f"{step * number:.2f}" for number in range(analysis.SCORE_BINS)]
    data = _shares(order, series)
    last = list(series)[-1]
    high = data[(data["series"] == last) & (data["group"] >= "0.90")]["share"].sum()
    summary = f"{what} in {' and '.join(series)}: {high:.0%} of those in {last} are 0.9 or more"
    return Plot(_bars(data, order, list(series), f"{what}, from"), data, summary, 380)


def plane(rows: Rows, placed: Projection, axes: tuple[str, str]) -> Plot:
    """Every placed row as a point, by its decision; hovering shows its text."""
    decided = [name_labels(rows.decided, row, rows.labels) for row in placed.rows]
    frequent = [name for name, _ in Counter(decided).most_common(_MOST_SHAPES)]
    data = pd.DataFrame(
        {
            "row": rows.numbers[placed.rows] + 1,
            "x": placed.points[:, 0],
            "y": placed.points[:, 1],
            "decided": [name if name in frequent else _OTHERS for name in decided],
            "score": analysis.strongest(rows.scores)[placed.rows],
            "truth": [_truth(rows, row) for row in placed.rows],
            "text": [_short(rows.texts[row]) for row in placed.rows],
        }
    )
    order = [*frequent, *([_OTHERS] if _OTHERS in set(data["decided"]) else [])]
    kind = {"title": None, "sort": order, "legend": bottom_legend()}
    chart = (
        alt.Chart(data)
        .mark_point(filled=True, size=45, opacity=0.75)
        .encode(
            x=alt.X("x:Q", title=axes[0]).axis(labels=False, ticks=False).scale(zero=False),
            y=alt.Y("y:Q", title=axes[1]).axis(labels=False, ticks=False).scale(zero=False),
            color=alt.Color("decided:N", **kind),
            shape=alt.Shape("decided:N", **kind),
            tooltip=_tooltips(
                "text", "decided", "score", *(["truth"] if any(data["truth"]) else [])
            ),
        )
    )
    summary = f"{len(data):,} texts as points, near ones being alike: {', '.join(order)}"
    return Plot(chart, data, summary, 480 + 22 * len(order))


def with_lengths(rows: Rows, placed: Projection) -> Projection:
    """The same points, with the number of words where there is no second direction."""
    points = np.stack([placed.points[:, 0], rows.lengths[placed.rows]], axis=1)
    return Projection(placed.rows, points, placed.explained)


def slices(parts: Sequence[Slice], measure: str) -> Plot:
    """The share of hits in each slice with its interval, the largest slice first."""
    data = pd.DataFrame(
        {
            "slice": [part.value for part in parts],
            "rows": [part.count for part in parts],
            "share": [part.share for part in parts],
            "low": [part.interval[0] if part.interval else None for part in parts],
            "high": [part.interval[1] if part.interval else None for part in parts],
        }
    )
    data["label"] = [f"{name} ({rows:,})" for name, rows in zip(data["slice"], data["rows"])]  # noqa: B905
    base = alt.Chart(data).encode(
        y=alt.Y("label:N", sort=list(data["label"]), title=None),
        tooltip=_tooltips("slice", "rows", "share", "low", "high"),
    )
    spans = base.mark_rule(size=3, color="currentColor").encode(
        x=alt.X("low:Q", title=measure).axis(format="%").scale(domain=[0, 1]), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=120, opacity=1).encode(x="share:Q")
    summary = "; ".join(f"{part.value} {part.share:.0%} of {part.count:,}" for part in parts)
    return Plot(
        spans + points, data.drop(columns="label"), f"{measure}: {summary}", 80 + 36 * len(data)
    )


def _shares(order: Sequence[str], series: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """A line a group and series: how many rows, and which share of the series."""
    return pd.DataFrame(
        [
            {"group": group, "series": name, "rows": count, "share": count / max(sum(counts), 1)}
            for name, counts in series.items()
            for group, count in zip(order, counts, strict=False)
        ]
    )


def _bars(data: pd.DataFrame, order: list[str], series: list[str], title: str) -> alt.Chart:
    return (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("group:N", sort=order, title=title).axis(labelAngle=-40),
            xOffset=alt.XOffset("series:N", sort=series),
            y=alt.Y("share:Q", title="Share").axis(format="%"),
            color=_series(series),
            tooltip=_tooltips("group", "series", "rows", "share"),
        )
    )


def _series(names: list[str]) -> alt.Color:
    """The file itself has the accent, whatever stands beside it; alone it needs no legend."""
    legend = bottom_legend() if len(names) > 1 else None
    return alt.Color("series:N", sort=names[::-1], title=None, legend=legend)


def _truth(rows: Rows, row: int) -> str:
    return name_labels(rows.truth, row, rows.labels) if rows.is_labelled[row] else ""


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"


def _tooltips(*names: str) -> list[alt.Tooltip]:
    formats = {"rows": ",", "share": ".1%", "low": ".1%", "high": ".1%", "score": ".3f"}
    return [
        alt.Tooltip(f"{name}:Q", format=formats[name])
        if name in formats
        else alt.Tooltip(f"{name}:N")
        for name in names
    ]
