"""One process, one port: the Streamlit pages of app.py and the HTTP API under /api.

    streamlit run server.py --server.port 8501

Owns what holds for every response: the security headers, the first view, and what a visitor sees of
a bug; and that the files of visitors go when the process ends. Hands the sign-in of the Space's
OAUTH_* variables to Streamlit.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app_pages.message import first_paint
from app_pages.message.first_paint import FirstView
from app_pages.shared import auth, widgets
from inference.api import mount
from inference.core import settings
from inference.core.event_log import record_event
from inference.feedback.log import Feedback
from inference.jobs import session_files

logger = logging.getLogger(__name__)

SECURITY_HEADERS = {
    # The Hub shows a Space in an iframe, so X-Frame-Options would blank it.
    "Content-Security-Policy": "frame-ancestors 'self' https://huggingface.co https://*.hf.space",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


class SecurityHeaders:
    """Adds the headers to every HTTP response, streamed ones too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its response back with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        is_http = scope["type"] == "http"
        await self._app(scope, receive, send_with_headers if is_http else send)


def apologize(error: Exception) -> bool:
    """Show a bug of ours as a plain sentence; its trace goes to the log."""
    logger.error("uncaught error of a page", exc_info=error)
    record_event("page failed", error=type(error).__name__)
    st.error("Something went wrong on our side. Reload the page to go on.", icon=":material/error:")
    return True


def keep(feedback: Feedback) -> None:
    """Keep a correction, and see that it is sent where the owner wants it."""
    widgets.feedback_sender()
    widgets.feedback_log().add(feedback)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncGenerator[None]:
    """What visitors uploaded does not outlive the server."""
    yield
    await asyncio.to_thread(session_files.end_all)


service = mount.Service(
    load_settings=widgets.settings,
    load_catalogues=widgets.catalogues,
    open_model=widgets.open_model,
    spend=lambda visitor: widgets.rate_limit().spend(visitor),
    keep=keep,
)
app = st.App(
    Path(__file__).parent / "app.py",
    routes=[Mount("/api", app=mount.build_api(service))],
    middleware=[Middleware(SecurityHeaders), Middleware(FirstView, draw=first_paint.draw)],
    lifespan=lifespan,
    secrets=auth.secrets(settings.sign_in()),
    on_script_error=apologize,
)
