"""The Hub on loopback: the routes real clients use, over a store on disk.

Git clients clone, fetch and push http://127.0.0.1:PORT/OWNER/NAME, /datasets/... and /spaces/...
with a token as password, where git is installed. Not served: pull requests, discussions, Xet
uploads (clients need HF_HUB_DISABLE_XET=1).
Try: python -m hub.server --root .demo/hub --port 8600
"""

import argparse
import shlex
import socket
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from hub.server import (
    answers,
    routes_account,
    routes_files,
    routes_git,
    routes_lfs,
    routes_repo,
    routes_upload,
)
from hub.server.auth import Guard, Token, generated_token
from hub.server.refusals import BadRequest
from hub.server.store import Store

LOOPBACK = "127.0.0.1"
_STOP_WAIT_S = 3
_KEEP_ALIVE_S = 75  # clients do not repeat a commit whose connection was closed under them


def build_app(root: Path, tokens: Sequence[Token]) -> Starlette:
    """The ASGI app that serves the store below `root` to the holders of these tokens."""
    routes = [
        *routes_account.ROUTES,
        *routes_repo.ROUTES,
        *routes_files.ROUTES,
        *routes_upload.ROUTES,
        *routes_lfs.ROUTES,
        *routes_git.ROUTES,
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(answers.HubWire)],
        exception_handlers=answers.HANDLERS,
    )
    app.router.redirect_slashes = False
    app.state.store = Store(root)
    app.state.guard = Guard(root, tokens)
    return app


class _AnnouncedServer(uvicorn.Server):
    """Prints its announcement once requests are answered."""

    def __init__(self, config: uvicorn.Config, announcement: Sequence[str]) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, and say so."""
        await super().startup(sockets)
        print(*self._announcement, sep="\n", flush=True)


def serve(root: Path, tokens: Sequence[Token], host: str, port: int) -> None:
    """Serve until interrupted. Without tokens, user `demo` gets one, kept in root/tokens.json.

    Raises:
        OSError: the address cannot be bound.
        BadRequest: tokens.json is not ours.
    """
    generated = [] if tokens else [generated_token(root)]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=2048) as listener:
        # Inherited by every connection; without it each answer with a body waits 40 ms for an ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        app = build_app(root, [*tokens, *generated])
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_STOP_WAIT_S,
        )
        shown_host = f"[{host}]" if ":" in host else host
        endpoint = f"http://{shown_host}:{listener.getsockname()[1]}"
        exports = _exports(root, endpoint)
        exports += [f"export HF_TOKEN={token.secret}" for token in generated]
        server = _AnnouncedServer(config, [f"listening on {endpoint}", *exports])
        server.run(sockets=[listener])


def _exports(root: Path, endpoint: str) -> list[str]:
    """What a shell needs before any client starts there."""
    return [
        f"export HF_ENDPOINT={endpoint}",
        "export HF_HUB_DISABLE_XET=1",
        # A cache does not know which Hub it was filled from, so each Hub needs its own.
        f"export HF_HOME={shlex.quote(str(root.resolve() / 'client-home'))}",
        "export NO_PROXY=127.0.0.1,localhost",
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the server; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hub.server", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder that keeps the repos")
    parser.add_argument("--port", type=int, required=True, help="0 picks a free one")
    parser.add_argument("--host", default=LOOPBACK, help="default: this machine only")
    parser.add_argument(
        "--token",
        action="append",
        default=[],
        metavar="USER:ROLE:SECRET[:ORG,ORG]",
        help="a user's token (read or write) and their organisations; repeatable",
    )
    options = parser.parse_args(argv)
    try:
        tokens = [Token.parse(text) for text in options.token]
        serve(options.root, tokens, options.host, options.port)
    except (BadRequest, OSError, OverflowError, sqlite3.Error) as error:
        print(f"hub.server: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
