"""The first page as plain HTML in the very first response, until Streamlit has drawn it.

Streamlit sends an empty page, and the browser shows nothing until it has loaded some seventy
scripts, connected, and had the script run. What a visitor comes for, the answer and the table, is
known before: it goes with the first response and lies over the page until the page itself is there.

Imports nothing of the pages at first, as the server has to answer before it knows them.
"""

import functools
from collections.abc import Callable
from html import escape
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.errors import UserError

_LOOKS = Path(__file__).parents[2] / "space_config"
_COLORS = {"text": "textColor", "paper": "backgroundColor", "line": "borderColor",
           "accent": "primaryColor"}  # fmt: skip
_TITLE = "<title>Streamlit</title>"
_PLACE = '<div id="root"></div>'
_OF_ANOTHER_FILE = ("etag", "last-modified", "content-length")


class FirstView:
    """Adds the first view to the page at /, as far as there is one."""

    def __init__(self, app: ASGIApp, draw: Callable[[str | None], str | None]) -> None:
        """draw: HTML for the catalogue of a name, or the first; None where nothing can be shown."""
        self._app, self._draw = app, draw

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the response back, with the view in it if it is the page."""
        is_page = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/"
        if not is_page:
            await self._app(scope, receive, send)
            return
        query = QueryParams(scope["query_string"])
        catalogue_name = query.get("catalogue", query.get("recipe"))  # recipe: in older links
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            page = bytes(body)
            is_html = Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")
            if start["status"] == 200 and is_html:
                view = await run_in_threadpool(self._draw, catalogue_name)
                if view is not None:
                    page = _inserted(page.decode(), view).encode()
                    headers = MutableHeaders(scope=start)
                    for name in _OF_ANOTHER_FILE:
                        del headers[name]
                    headers["content-length"] = str(len(page))
            await send(start)
            await send({"type": "http.response.body", "body": page})

        # A browser that has the page without the view must not be told that it is still good.
        kept = [pair for pair in scope["headers"] if not pair[0].startswith(b"if-")]
        await self._app({**scope, "headers": kept}, receive, collect)


def draw(catalogue_name: str | None) -> str | None:
    """The view of a catalogue, or of the first; None where no catalogue can be loaded."""
    from app_pages.shared import widgets

    try:
        known = widgets.catalogues()
    except UserError:
        return None  # the page tells what is wrong
    return _drawn(catalogue_name if catalogue_name in known else next(iter(known)))


@functools.cache
def _drawn(catalogue_name: str) -> str:
    """The view, made once: a process never changes what it shows."""
    from app_pages.message import history
    from app_pages.message.table import results_html
    from app_pages.shared import headline, widgets

    catalogue = widgets.catalogues()[catalogue_name]
    board, shown = catalogue.leaderboard, history.examples(catalogue.first_paint, catalogue_name)
    standings = headline.standings_html(board) if board is not None else ""
    table = results_html(history.rows(shown), history.columns(shown)) if shown else ""
    return (
        f"<style>{_style()}</style>"
        f'<main id="first-view" aria-busy="true" style="{_colors()}">'
        '<div class="busy" role="progressbar" aria-label="Loading the page"></div>'
        f'<div class="first-hero"><p class="kicker">{escape(headline.kicker(catalogue.title))}</p>'
        f'<h1>{headline.QUESTION}</h1><p class="first-answer">'
        f"{escape(headline.answer(board))}</p>{standings}</div>"
        '<div class="form" aria-hidden="true"></div>'
        f'<h2>{headline.RESULTS}</h2><div class="first-results">{table}</div></main>'
        f"<script>{(_LOOKS / 'first_view.js').read_text('utf-8')}</script>"
    )


def _style() -> str:
    """The looks of the page's own parts, under names that nobody takes for those of the page."""
    own = (_LOOKS / "style.css").read_text("utf-8").replace(".st-key-", ".first-")
    return own + (_LOOKS / "first_view.css").read_text("utf-8")


def _colors() -> str:
    return "; ".join(
        f"--{name}-{mode}: {st.get_option(f'theme.{mode}.{option}')}"
        for name, option in _COLORS.items()
        for mode in ("light", "dark")
    )


def _inserted(page: str, view: str) -> str:
    """Streamlit's page with the view behind its root; as it is where it looks unlike before."""
    return page.replace(_TITLE, "<title>Worth Tuning</title>").replace(_PLACE, _PLACE + view)
