"""Routes that write files: preupload and the commit.

Large files are streamed to disk (hub/server/routes_lfs.py) before the commit names them by sha256;
small ones come inside the commit, one a line. Neither is visible before the commit is.
Try: HF_ENDPOINT=http://127.0.0.1:PORT hf upload demo/hello ./folder
"""

import base64
import binascii
import logging
from collections.abc import Mapping
from contextlib import ExitStack

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.server import answers, attributes, wire
from hub.server.history import AddFile, AddLarge, Change, Delete, Note
from hub.server.refusals import BadRequest
from hub.server.store import Store
from hub.server.trees import Entry, check_path, git_oid

LARGE_BYTES = 10 * 2**20  # from here on a file is stored as a large one
_MAX_LINE_BYTES = LARGE_BYTES * 4 // 3 + 64 * 2**10  # base64 of the largest small file
_MAX_ATTRIBUTES_BYTES = 2**20
_log = logging.getLogger("hub")


async def preupload(request: Request) -> Response:
    """For each file, whether it is to come as a large one, and what is there now."""
    body = await wire.read_json(request)

    def answer() -> Response:
        repo, store = wire.writable_repo(request), wire.store(request)
        commit = store.commit_at(repo, wire.part(request, "revision"))
        entries = store.entries(repo, commit)
        patterns = _large_patterns(store, entries.get(".gitattributes"))
        rows = [_plan(file, entries, patterns) for file in wire.objects(body, "files")]
        return JSONResponse({"files": rows})

    return await run_in_threadpool(answer)


def _large_patterns(store: Store, kept: Entry | None) -> list[str]:
    """What a .gitattributes declares as large."""
    if not kept or not kept.sha256 or kept.size_bytes > _MAX_ATTRIBUTES_BYTES:
        return []
    text = store.blobs.path(kept.sha256).read_text(encoding="utf-8", errors="replace")
    return attributes.large_patterns(text)


def _plan(
    file: Mapping[str, object], entries: Mapping[str, Entry], patterns: list[str]
) -> dict[str, object]:
    """How the client is to send one file."""
    path, size_bytes = check_path(wire.text_of(file, "path")), wire.size_of(file)
    is_listed = size_bytes > 0 and attributes.names(patterns, path)
    is_large = size_bytes >= LARGE_BYTES or is_listed
    mode = "lfs" if is_large else "regular"
    row: dict[str, object] = {"path": path, "uploadMode": mode, "shouldIgnore": False}
    current = entries.get(path)
    if current and not current.is_folder:
        row["oid"] = current.sha256 if current.is_lfs else current.oid  # equal: nothing to send
    return row


async def commit(request: Request) -> Response:
    """One commit on a branch, whole or not at all."""
    repo = await run_in_threadpool(wire.writable_repo, request)
    who, store = wire.viewer(request), wire.store(request)
    if wire.is_true(request, "create_pr"):
        raise BadRequest("This Hub has no pull requests; commit to a branch instead.")
    header: Mapping[str, object] = {}
    changes: list[Change] = []
    with ExitStack() as arrivals:
        async for line in wire.lines(request, _MAX_LINE_BYTES):
            if not line.strip():
                continue
            key, value = _operation(line)
            if key == "header":
                header = value
            else:
                changes.append(await run_in_threadpool(_change, store, arrivals, key, value))
        summary = wire.text_of(header, "summary", "")
        note = Note(summary, wire.text_of(header, "description", ""), who.user)
        parent = wire.text_of(header, "parentCommit", "") or None
        branch = wire.part(request, "revision")
        done = await run_in_threadpool(store.commit, repo, branch, changes, note, parent=parent)
    url = f"{answers.repo_url(request, repo)}/commit/{done.oid}"
    return JSONResponse({"success": True, "commitUrl": url, "commitOid": done.oid})


def _operation(line: bytearray) -> tuple[str, dict[str, object]]:
    content = wire.parse_object(line)
    value = content.get("value")
    if not isinstance(value, dict):
        raise BadRequest("A line of the commit has no object in 'value'.")
    return wire.text_of(content, "key"), value


def _change(store: Store, arrivals: ExitStack, key: str, value: dict[str, object]) -> Change:
    """The change that one line of the commit asks for; a small file is staged on disk."""
    path = wire.text_of(value, "path")
    if key == "file":
        content = _decode(value)
        arrival = arrivals.enter_context(store.blobs.arrive())
        arrival.write(content)
        return AddFile(check_path(path), arrival.finish(), git_oid(content))
    if key == "lfsFile":
        oid = wire.text_of(value, "oid")
        return AddLarge(check_path(path), oid, wire.size_of(value) if "size" in value else None)
    if key in ("deletedFile", "deletedFolder"):
        return Delete(check_path(path.rstrip("/")), is_folder=key == "deletedFolder")
    raise BadRequest(f"A line of the commit has the unknown key {key[:40]!r}.")


def _decode(value: Mapping[str, object]) -> bytes:
    if value.get("encoding", "utf-8") != "base64":
        return wire.text_of(value, "content").encode()
    try:
        return base64.b64decode(wire.text_of(value, "content"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"A file of the commit is not valid base64: {error}") from error


def xet_token(request: Request) -> Response:
    """A refusal: clients ask for this unless told not to use Xet, and hide the answer's text."""
    advice = "Large files come by LFS here: set HF_HUB_DISABLE_XET=1 before the client starts."
    _log.warning("A client asked for Xet. %s", advice)
    raise BadRequest(advice)


_T = "/api/{kinds}/{namespace}/{name}"
ROUTES = [
    Route(_T + "/preupload/{revision}", preupload, methods=["POST"]),
    Route(_T + "/commit/{revision}", commit, methods=["POST"]),
    Route(_T + "/xet-write-token/{revision}", xet_token),
]
