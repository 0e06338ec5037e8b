"""The map of a scored file: its texts as points, by their scores or by their meaning."""

import streamlit as st

from app_pages.file import file_charts
from app_pages.shared import auth, charts, widgets
from hub.errors import UserError
from inference.analysis import projection
from inference.analysis.analysis import Rows
from inference.analysis.projection import Projection
from inference.catalogue.catalogue import ZERO_SHOT, Catalogue, ModelEntry
from inference.core.event_log import record_event
from inference.models.zero_shot import ZeroShot

SCORED, MEANT = "scored alike", "similar in meaning"
# Of the requests that a visitor may make in a minute; the texts of a map take some seconds.
MAP_COST = 10


def draw(rows: Rows, catalogue: Catalogue, shown: object) -> None:
    """The section; `shown` names the rows, so that a map of meanings is made once for them."""
    st.subheader("A map of the texts", anchor=False)
    encoder = next((entry for entry in catalogue.models if entry.role == ZERO_SHOT), None)
    near = SCORED
    if encoder is not None:
        near = st.segmented_control(
            "Near each other are texts",
            (SCORED, MEANT),
            key="map_by",
            default=SCORED,
            required=True,
            persist_state="session",
        )
    if encoder is not None and near == MEANT:
        placed = _meant(rows, encoder, shown)
        if placed is None:
            return
    else:
        placed = projection.from_scores(
            rows.scores, projection.sample(len(rows.texts)), is_multilabel=rows.is_multilabel
        )
    if placed is None:
        st.text("A map needs three texts that differ.")
        return
    st.text(
        "Each point is a text, its colour and shape what the model decided. Hover over a point to "
        "read it."
    )
    first, second = placed.explained
    axes = (f"First direction: {first:.0%} of the spread", f"Second direction: {second:.0%}")
    if second < 0.005:
        placed, axes = file_charts.with_lengths(rows, placed), (axes[0], "Words in the text")
    charts.show(file_charts.plane(rows, placed, axes), "map")
    if len(placed.rows) < len(rows.texts):
        st.caption(f"{len(placed.rows):,} of {len(rows.texts):,} texts, drawn at random.")


def _meant(rows: Rows, entry: ModelEntry, shown: object) -> Projection | None:
    """The map of meanings, made when the visitor asks for it; None as long as there is none."""
    kept: tuple[object, Projection | None] | None = st.session_state.meant
    if kept is not None and kept[0] == shown:
        return kept[1]
    chosen = projection.sample(len(rows.texts), most=projection.MOST_EMBEDDED)
    st.text(
        f"{entry.title} reads {len(chosen):,} texts for this, without knowing any label: some "
        "seconds."
    )
    if not st.button("Draw the map", key="draw_map", icon=":material/scatter_plot:"):
        return None
    try:
        auth.count_request(MAP_COST)
        with st.spinner("Loading the model"):
            model = widgets.open_model(entry).scorer
        if not isinstance(model, ZeroShot):
            st.text("This model gives scores alone, and no meaning to draw.")
            return None
        bar = st.progress(0.0, text="Reading the texts")
        vectors = projection.embed(
            model, [rows.texts[row] for row in chosen], on_progress=bar.progress
        )
        bar.empty()
    except UserError as error:
        widgets.error_box(error)
        return None
    record_event("map drawn", repo_id=entry.repo_id, texts=len(chosen))
    placed = projection.from_vectors(vectors, chosen)
    st.session_state.meant = (shown, placed)
    st.rerun()
