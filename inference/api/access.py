"""Access to the HTTP API: who may ask, how often, and how much at once.

Owns the key, whom a request counts for and the size of its body; how many requests one visitor may
make is rate_limit.py.

Try: curl -i -H "Authorization: Bearer KEY" http://localhost:8501/api/models
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference.api.rate_limit import visitor_address
from inference.core.settings import Secret

MAX_BODY_BYTES = 2 * 2**20

_Sent = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="the value of SPACE_API_KEY")),
]


@dataclass(frozen=True)
class AccessCheck:
    """What an endpoint depends on; spend counts a request of a visitor and raises LimitReached."""

    key: Secret | None
    spend: Callable[[str], None]

    async def check_key(self, request: Request, sent: _Sent) -> None:
        """Let only those in who send the key; a wrong one counts as a request.

        Raises:
            HTTPException: 401. LimitReached: too many in the last minute.
        """
        assert self.key is not None, "asked for a key where none is set"
        # The header arrived as bytes, which the framework reads as Latin-1.
        credentials = sent.credentials.encode("latin-1") if sent else b""
        if not hmac.compare_digest(credentials, self.key.reveal().encode()):
            await self.count(request)
            raise HTTPException(
                401,
                "This API asks for a key: send the header Authorization: Bearer KEY.",
                {"WWW-Authenticate": "Bearer"},
            )

    async def count(self, request: Request) -> None:
        """Count the request against its visitor's rate limit.

        Raises:
            LimitReached: too many in the last minute.
        """
        self.spend(visitor_of(request))


def visitor_of(request: Request) -> str:
    """Whom a request counts for."""
    peer = request.client.host if request.client else None
    return visitor_address(peer, request.headers.get("X-Forwarded-For"))


class BodyLimit:
    """Reads no more of a body than it may have; Starlette's own would not answer in JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; who reads on past the limit meets an HTTPException, 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stated = Headers(scope=scope).get("Content-Length", "")
        read_bytes = 0

        async def receive_some() -> Message:
            nonlocal read_bytes
            if stated.isdecimal() and int(stated) > MAX_BODY_BYTES:
                raise _too_large()
            message = await receive()
            read_bytes += len(message.get("body", b""))
            if read_bytes > MAX_BODY_BYTES:
                raise _too_large()
            return message

        await self._app(scope, receive_some, send)


def _too_large() -> HTTPException:
    return HTTPException(413, f"The body is longer than {MAX_BODY_BYTES:,} bytes: send less.")
