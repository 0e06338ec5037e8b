"""The plots of the owner's page: labels of the data, loss and validation of a training."""

import altair as alt
import pandas as pd

from app_pages.shared.charts import DASHES, Plot, bottom_legend
from inference.runs.data_report import DataReport
from inference.runs.progress import Curves

_SHOWN = {"mcc": "MCC", "macro_f1": "macro F1", "accuracy": "accuracy", "roc_auc": "ROC AUC"}

_ROW_PX = 28
_WHOLE = alt.Axis(tickMinStep=1, tickCount=6, format=",d")


def labels(report: DataReport) -> Plot:
    """How many texts have each label, by part."""
    data = pd.DataFrame(
        [
            {"label": label, "texts": count, "part": part.name}
            for part in report.parts
            for label, count in part.label_counts.items()
        ]
    )
    chart = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("texts:Q", title="texts", axis=_WHOLE),
            y=alt.Y("label:N", title=None, sort="-x"),
            color=alt.Color("part:N", legend=bottom_legend() if len(report.parts) > 1 else None),
            tooltip=["part", "label", alt.Tooltip("texts:Q", format=",d")],
        )
    )
    most = data.loc[data["texts"].idxmax()]
    words = f"Texts by label: most, {most['texts']:,}, are {most['label']}"
    return Plot(chart, data, words, height=80 + _ROW_PX * data["label"].nunique())


def loss(curves: Curves) -> Plot | None:
    """The loss on the training texts by step; None before the first."""
    data = pd.DataFrame(curves.training)
    if data.empty:
        return None
    chart = (
        alt.Chart(data)
        .mark_line(point=len(data) < 2)
        .encode(
            x=alt.X("step:Q", title="step", axis=_WHOLE),
            y=alt.Y("loss:Q", title="loss on the training texts", scale=alt.Scale(zero=False)),
            tooltip=["step", alt.Tooltip("loss:Q", format=".4f")],
        )
    )
    first, last = data.iloc[0], data.iloc[-1]
    words = f"Loss from {first['loss']:.3f} to {last['loss']:.3f} at step {last['step']:.0f}"
    return Plot(chart, data, words, height=300)


def validation(curves: Curves) -> Plot | None:
    """What each validation gave, by step; None before the first."""
    names = [name for name in _SHOWN if name in curves.validation_names]
    data = pd.DataFrame(curves.validation)
    if data.empty or not names:
        return None
    tidy = data.rename(columns=_SHOWN).melt("step", [_SHOWN[name] for name in names], "figure")
    order = [_SHOWN[name] for name in names]
    legend = alt.Legend(orient="bottom", title=None, symbolType="stroke", symbolSize=300, columns=2)
    chart = (
        alt.Chart(tidy.dropna())
        .mark_line(point=len(data) < 2)
        .encode(
            x=alt.X("step:Q", title="step", axis=_WHOLE),
            y=alt.Y("value:Q", title="on the validation texts", scale=alt.Scale(zero=False)),
            color=alt.Color("figure:N", sort=order, legend=legend),
            strokeDash=alt.StrokeDash(
                "figure:N", sort=order, scale=alt.Scale(range=list(DASHES[: len(names)]))
            ),
            tooltip=["step", "figure", alt.Tooltip("value:Q", format=".4f")],
        )
    )
    last = data.iloc[-1]
    words = f"Validation at step {last['step']:.0f}: " + ", ".join(
        f"{_SHOWN[name]} {last[name]:.3f}" for name in names
    )
    return Plot(chart, data, words, height=300)
