"""The charts of the verdict table, and of what stands behind it: each a Plot, nothing drawn yet.

Owns what is drawn; the numbers are inference/evaluation/leaderboard.py and
inference/evaluation/curves.py, the looks charts.py.

Letters: K points of a curve.
"""

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from app_pages.board.board_table import column_title, format_interval, results_frame
from app_pages.shared.charts import DASHES, Plot, bottom_legend
from inference.evaluation.curves import Bin, Confusion, Curve
from inference.evaluation.leaderboard import LeaderboardRow

_ROLES = ["fine-tuned", "pretrained", "zero-shot", "baseline"]
_SHARE = alt.Scale(domain=[0, 1])
# The darkest a cell may be for the number in it to be read in both modes.
_DARKEST = 0.45


def intervals(rows: Mapping[str, LeaderboardRow], measure: str) -> Plot:
    """One measure of every model with its interval, in the order of the rows."""
    spans = {title: row.intervals[measure] or (None, None) for title, row in rows.items()}
    data = pd.DataFrame(
        {
            "model": list(rows),
            "role": [row.model.role for row in rows.values()],
            measure: [row.figures[measure] for row in rows.values()],
            "low": [low for low, _ in spans.values()],
            "high": [high for _, high in spans.values()],
        }
    )
    name = column_title(measure)
    base = alt.Chart(data).encode(
        y=alt.Y("model:N", sort=list(rows), title=None),
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip(f"{measure}:Q", title=name, format=".3f"),
            alt.Tooltip("low:Q", title="95 %, from", format=".3f"),
            alt.Tooltip("high:Q", title="to", format=".3f"),
        ],
    )
    lines = base.mark_rule(size=3, color="currentColor").encode(
        x=alt.X("low:Q", title=name).scale(zero=False, padding=12), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=120, opacity=1).encode(
        x=f"{measure}:Q",
        shape=alt.Shape("role:N", sort=_ROLES, legend=bottom_legend()),
        color=alt.Color("role:N", sort=_ROLES, legend=bottom_legend()),
    )
    summary = "; ".join(
        f"{title} {format_interval(row.intervals[measure])}" for title, row in rows.items()
    )
    words = f"{name} with its 95 % interval of every model, best first: {summary}"
    return Plot(lines + points, data, words, 70 + 44 * len(rows) + 22 * len(set(data["role"])))


def speed(rows: Mapping[str, LeaderboardRow], measure: str) -> Plot:
    """One measure against milliseconds; rows are best first."""
    name = column_title(measure)
    data = results_frame(rows)[["title", "role", measure, "latency_p50_ms", "size_mb"]]
    best, fastest = data.iloc[0], data.loc[data["latency_p50_ms"].idxmin()]
    # A shape and a colour of its own for every model, so that colour carries nothing alone.
    model = {"title": None, "sort": list(rows), "legend": bottom_legend()}
    chart = (
        alt.Chart(data)
        .mark_point(filled=True, size=200, opacity=1)
        .encode(
            x=alt.X("latency_p50_ms:Q", title="Median milliseconds a message").scale(
                type="log", nice=False, padding=40
            ),
            y=alt.Y(f"{measure}:Q", title=name).scale(zero=False, padding=20),
            color=alt.Color("title:N", **model),
            shape=alt.Shape("title:N", **model),
            tooltip=[
                alt.Tooltip("title:N", title="Model"),
                alt.Tooltip(f"{measure}:Q", title=name, format=".3f"),
                alt.Tooltip("latency_p50_ms:Q", title="Median ms", format=".1f"),
                alt.Tooltip("size_mb:Q", title="Size (MB)", format=".1f"),
            ],
        )
    )
    reached = "no figure" if pd.isna(best[measure]) else f"{best[measure]:.2f}"
    words = (
        f"{name} against milliseconds a message: best is {best['title']} with {reached}, fastest "
        f"is {fastest['title']} with {fastest['latency_p50_ms']:.1f} ms"
    )
    return Plot(chart, data, words, 330 + 22 * len(rows))


def confusion(matrix: Confusion) -> Plot:
    """True labels against decided ones: the number of rows, shaded by the share of the true."""
    totals = matrix.counts.sum(axis=1, keepdims=True)
    shares = matrix.counts / np.maximum(totals, 1)
    data = pd.DataFrame(
        [
            {
                "true": true,
                "decided": decided,
                "rows": int(matrix.counts[row, column]),
                "share": float(shares[row, column]),
            }
            for row, true in enumerate(matrix.true)
            for column, decided in enumerate(matrix.decided)
        ]
    )
    base = alt.Chart(data).encode(
        x=alt.X("decided:N", sort=list(matrix.decided), title="Decided").axis(labelAngle=-40),
        y=alt.Y("true:N", sort=list(matrix.true), title="True"),
        tooltip=[
            alt.Tooltip("true:N", title="True"),
            alt.Tooltip("decided:N", title="Decided"),
            alt.Tooltip("rows:Q", title="Rows", format=","),
            alt.Tooltip("share:Q", title="Of the true", format=".1%"),
        ],
    )
    shade = alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0, _DARKEST]), legend=None)
    chart = base.mark_rect(stroke="currentColor", strokeOpacity=0.3).encode(opacity=shade)
    if len(matrix.decided) <= 12:
        chart += base.mark_text(color="currentColor").encode(text=alt.Text("rows:Q", format=","))
    right = sum(
        int(matrix.counts[row, matrix.decided.index(true)]) for row, true in enumerate(matrix.true)
    )
    words = (
        f"True labels against decided ones: {right:,} of {int(matrix.counts.sum()):,} rows on the "
        "diagonal, where they are the same"
    )
    return Plot(chart, data, words, 150 + 34 * len(matrix.true))


def precision_recall(curves: Mapping[str, Curve], shares: Mapping[str, float]) -> Plot:
    """Precision against recall, a line a label; shares are those of the labels in the test set."""
    data = _table(curves)
    chart = (
        alt.Chart(data)
        .mark_line(interpolate="step-before", strokeWidth=2.5)
        .encode(
            x=alt.X("recall:Q", title="Recall: share of the label's rows that is found").scale(
                _SHARE
            ),
            y=alt.Y("precision:Q", title="Precision: share of the finds that is right").scale(
                _SHARE
            ),
            order=alt.Order("threshold:Q", sort="descending"),
            tooltip=_tooltips("label", "threshold", "precision", "recall"),
            **_by_label(list(curves)),
        )
    )
    summary = "; ".join(
        f"{label} falls to {float(curve.precision[-1]):.2f} when all {shares[label]:.0%} are found"
        for label, curve in curves.items()
    )
    return Plot(chart, data, f"Precision against recall: {summary}", 380 + 22 * len(curves))


def thresholds(curve: Curve, label: str, chosen: float | None) -> Plot:
    """What each threshold would bring for one label, and the one that is used."""
    data = _table({label: curve})
    parts = {"mcc": "MCC", "precision": "Precision", "recall": "Recall"}
    long = data.melt("threshold", list(parts), "figure", "value").replace({"figure": parts})
    line = {"sort": list(parts.values()), "title": None, "legend": bottom_legend()}
    chart = (
        alt.Chart(long)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("threshold:Q", title="Threshold: least score for a yes").scale(_SHARE),
            y=alt.Y("value:Q", title=None),
            color=alt.Color("figure:N", **line),
            strokeDash=alt.StrokeDash("figure:N", scale=alt.Scale(range=list(DASHES)), **line),
            tooltip=_tooltips("figure", "threshold", "value"),
        )
    )
    best = data.loc[data["mcc"].idxmax()]
    words = (
        f"{label}: MCC is highest, {best['mcc']:.2f}, from a score of {best['threshold']:.2f} on"
    )
    if chosen is not None:
        rule = alt.Chart(pd.DataFrame({"threshold": [chosen]})).mark_rule(
            color="currentColor", strokeWidth=2
        )
        chart += rule.encode(x="threshold:Q", tooltip=_tooltips("threshold"))
        words += f"; {chosen:.2f} is used, chosen on validation"
    return Plot(chart, data, words, 400)


def reliability(bins: tuple[Bin, ...]) -> Plot:
    """How often scores of a height are right, with intervals, against the line of perfection."""
    data = pd.DataFrame(
        {
            "score": [bin_.score for bin_ in bins],
            "right": [bin_.share for bin_ in bins],
            "scores": [bin_.count for bin_ in bins],
            "low": [(bin_.interval or (None, None))[0] for bin_ in bins],
            "high": [(bin_.interval or (None, None))[1] for bin_ in bins],
        }
    )
    base = alt.Chart(data).encode(
        x=alt.X("score:Q", title="Score").scale(_SHARE),
        tooltip=_tooltips("score", "right", "low", "high", "scores"),
    )
    perfect = (
        alt.Chart(pd.DataFrame({"score": [0, 1], "right": [0, 1]}))
        .mark_line(strokeDash=[2, 3], color="currentColor", opacity=0.6)
        .encode(x="score:Q", y="right:Q")
    )
    spans = base.mark_rule(color="currentColor", strokeWidth=2).encode(
        y=alt.Y("low:Q", title="Share that is right").scale(_SHARE), y2="high:Q"
    )
    points = base.mark_point(filled=True, size=110, opacity=1).encode(y="right:Q")
    far = max(bins, key=lambda bin_: abs(bin_.share - bin_.score) * bin_.count)
    words = (
        f"How often scores of a height are right: {far.count:,} scores around {far.score:.2f} are "
        f"right in {far.share:.0%}"
    )
    return Plot(perfect + spans + points, data, words, 380)


def _table(curves: Mapping[str, Curve]) -> pd.DataFrame:
    """The points of the curves, one below the other."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "label": label,
                    "threshold": curve.thresholds,
                    "precision": curve.precision,
                    "recall": curve.recall,
                    "mcc": curve.mcc,
                }
            )
            for label, curve in curves.items()
        ],
        ignore_index=True,
    )


def _by_label(labels: list[str]) -> dict[str, alt.Color | alt.StrokeDash]:
    line = {"sort": labels, "title": None, "legend": bottom_legend()}
    return {
        "color": alt.Color("label:N", **line),
        "strokeDash": alt.StrokeDash("label:N", scale=alt.Scale(range=list(DASHES)), **line),
    }


def _tooltips(*names: str) -> list[alt.Tooltip]:
    texts, counts = ("label", "figure"), ("scores",)
    return [
        alt.Tooltip(f"{name}:N")
        if name in texts
        else alt.Tooltip(f"{name}:Q", format="," if name in counts else ".3f")
        for name in names
    ]
