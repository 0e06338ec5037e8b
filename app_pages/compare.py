"""First page: what each model says about a message, over the examples stored with the page."""

from datetime import UTC, datetime

import streamlit as st

from app_pages.message import closer, corrections, history, links
from app_pages.message.table import results_html
from app_pages.shared import auth, headline, widgets
from hub.errors import UserError
from inference.catalogue.ask import ask_models, check_texts, choose_entries
from inference.core.event_log import record_event

FEW_LEFT = 10  # requests; from here on a visitor is told of the limit

settings, catalogue = widgets.load_or_stop()
catalogue_name = widgets.catalogue_name()
titles = {entry.repo_id: entry.title for entry in catalogue.models}

# ---- what a share link brings
models_key = f"models/{catalogue_name}"  # each catalogue has models of its own to choose from
st.session_state.setdefault(models_key, list(titles)[: settings.max_models])
shared = None if st.session_state.is_link_read else links.read_link(st.query_params)
if shared is not None:
    st.session_state.message = shared.text
    st.session_state.lines = False
    named = [repo_id for repo_id in titles if repo_id in shared.repo_ids]
    st.session_state[models_key] = named or st.session_state[models_key]

# ---- the question and the answer so far
with st.container(key="hero"):
    st.caption(headline.kicker(catalogue.title))
    st.title(headline.QUESTION, anchor=False)
    with st.container(key="answer"):
        st.text(headline.answer(catalogue.leaderboard))
    if catalogue.leaderboard is not None:
        st.html(headline.standings_html(catalogue.leaderboard))
        st.page_link(
            "app_pages/leaderboard.py", label="All measurements", icon=":material/leaderboard:"
        )

# ---- ask
# Ctrl+Enter is the form's own key. With shortcut= on the button too, Streamlit 1.67 submits twice:
# on a busy machine the second comes after the first has begun, and a message is analyzed again.
with st.form("ask", border=True):
    # Not by max_chars: a browser drops a longer paste without a word, check_texts says why.
    message = st.text_area(
        f"Your message, up to {settings.max_chars:,} characters",
        key="message",
        height=100,
        placeholder="Write or paste a message, then press Ctrl+Enter",
        persist_state="session",
    )
    chosen = st.pills(
        "Models",
        list(titles),
        key=models_key,
        selection_mode="multi",
        format_func=lambda repo_id: widgets.plain(titles.get(repo_id, repo_id)),
        persist_state="session",
        wrap=True,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        is_submitted = st.form_submit_button(
            "Analyze",
            key="analyze",
            type="primary",
            icon=":material/play_arrow:",
        )
        is_line_by_line = st.checkbox(
            "Each line is a message of its own", key="lines", persist_state="session"
        )
        if auth.requests_left() <= FEW_LEFT:
            st.caption(auth.limit_note())

outcome = st.container(key="outcome")
if is_submitted or shared is not None:
    try:
        typed = message or ""
        lines = [line for line in typed.split("\n") if line.strip()]
        texts = check_texts(lines if is_line_by_line else [typed], settings)
        entries = choose_entries(catalogue, chosen)
        auth.count_request()
        with outcome.status("Analyzing") as status:
            answer = ask_models(
                entries,
                texts,
                catalogue,
                widgets.open_model,
                on_start=lambda entry: status.update(label=f"Asking {entry.title}"),
            )
            answered = len(entries) - len(answer.failures)
            status.update(
                label=f"{answered} of {len(entries)} models answered",
                state="error" if answer.failures else "complete",
            )
    except UserError as error:
        with outcome:
            widgets.error_box(error)
    else:
        for failure in answer.failures:
            with outcome:
                widgets.error_box(
                    failure.error, title=f"{widgets.plain(failure.entry.title)} cannot answer"
                )
        record_event(
            "analyzed", texts=len(texts), models=len(entries), failures=len(answer.failures)
        )
        if answer.comparison is not None:
            analysis = history.Analysis(answer.comparison, datetime.now(UTC), catalogue_name)
            st.session_state.history = history.add(st.session_state.history, analysis)
            st.session_state.closer = None  # what is new is looked at
# Not before: were this run broken off, the next one would find the link read and ask nothing.
st.session_state.is_link_read = True

# ---- everything asked so far
own = history.of_catalogue(st.session_state.history, catalogue_name)
shown = (*own, *history.examples(catalogue.first_paint, catalogue_name))
rows = history.rows(shown)
st.subheader(headline.RESULTS, anchor=False)
with st.container(key="toolbar", horizontal=True, vertical_alignment="center"):
    st.download_button(
        "Download",
        history.csv_bytes(shown),
        file_name="worth-tuning.csv",
        mime="text/csv",
        key="download",
        on_click="ignore",
        icon=":material/download:",
        disabled=not shown,
    )
    st.button(
        "Clear",
        key="clear",
        icon=":material/delete:",
        on_click=lambda: st.session_state.update(
            history=history.without_catalogue(st.session_state.history, catalogue_name)
        ),
        disabled=not own,
        help="Forget your messages; the examples stay.",
    )
with st.container(key="results"):
    if shown:
        st.html(results_html(rows, history.columns(shown), widgets.timezone()))
    else:
        st.caption("No messages yet: write one above and press Analyze.")
st.caption(
    "Your messages stay in this browser session and are gone when it ends, unless you say below "
    "whether a model is right. "
    "A probability is what a model believes, not how often it is right: see the leaderboard."
)

# ---- one message closely
if rows:
    st.subheader("A closer look", anchor=False)
    row = closer.choose_row(rows)
    closer.draw_scores(row)
    with st.container(key="verdicts"):
        corrections.draw(row, catalogue)
    with st.expander("Which words moved it?", icon=":material/format_ink_highlighter:"):
        closer.draw_words(row, catalogue)
    with st.expander("Share", icon=":material/share:"):
        several = len(widgets.catalogues()) > 1
        address = settings.address or st.context.url or ""
        closer.draw_share(row, catalogue_name if several else None, address)

widgets.warm_up()
