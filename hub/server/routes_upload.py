"""Routes that write files: preupload, the LFS batch and its PUT, and the commit.

Large files are streamed to disk before the commit names them by sha256; small ones come inside
the commit, one a line. Neither is ever whole in memory twice, nor visible before the commit is.
Try: HF_ENDPOINT=http://127.0.0.1:PORT hf upload demo/hello ./folder
"""

import base64
import binascii
import logging
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from fnmatch import fnmatch
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.server import answers, wire
from hub.server.history import AddFile, AddLarge, Change, Delete, Note
from hub.server.names import Repo
from hub.server.refusals import BadRequest, Forbidden
from hub.server.store import Store
from hub.server.trees import Entry, check_path, git_oid

LARGE_BYTES = 10 * 2**20  # from here on a file is stored as a large one
_MAX_LINE_BYTES = LARGE_BYTES * 4 // 3 + 64 * 2**10  # base64 of the largest small file
_CHUNK_BYTES = 2**20
_ADDRESS_LIFE_S = 24 * 3600
_SHA256 = re.compile("[0-9a-f]{64}")
_MEDIA_TYPE = "application/vnd.git-lfs+json"
_log = logging.getLogger("hub")


async def preupload(request: Request) -> Response:
    """For each file, whether it is to come as a large one, and what is there now."""
    body = await wire.read_json(request)

    def answer() -> Response:
        repo, store = wire.writable_repo(request), wire.store(request)
        commit = store.commit_at(repo, wire.part(request, "revision"))
        entries = store.entries(repo, commit)
        patterns = _large_patterns(store, entries.get(".gitattributes"))
        rows = [_plan(file, entries, patterns) for file in _objects(body, "files")]
        return JSONResponse({"files": rows})

    return await run_in_threadpool(answer)


def _objects(body: Mapping[str, object], name: str) -> list[dict[str, object]]:
    rows = body.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadRequest(f"Field {name!r} must be a list of objects.")
    return rows


def _size(body: Mapping[str, object]) -> int:
    size = body.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise BadRequest(f"Field 'size' must be a number of bytes, got {str(size)[:40]!r}.")
    return size


def _large_patterns(store: Store, attributes: Entry | None) -> list[str]:
    """What a .gitattributes declares as large; only the simple patterns that the Hub writes."""
    if not attributes or not attributes.sha256 or attributes.size_bytes > _CHUNK_BYTES:
        return []
    text = store.blobs.path(attributes.sha256).read_text(encoding="utf-8", errors="replace")
    return [line.split()[0] for line in text.splitlines() if "filter=lfs" in line.split()[1:]]


def _plan(
    file: Mapping[str, object], entries: Mapping[str, Entry], patterns: list[str]
) -> dict[str, object]:
    """How the client is to send one file."""
    path, size_bytes = check_path(wire.text_of(file, "path")), _size(file)
    name = path.rsplit("/", 1)[-1]
    is_listed = any(fnmatch(path, p) or fnmatch(name, p) for p in patterns)
    is_large = size_bytes >= LARGE_BYTES or (is_listed and size_bytes > 0)
    mode = "lfs" if is_large else "regular"
    row: dict[str, object] = {"path": path, "uploadMode": mode, "shouldIgnore": False}
    current = entries.get(path)
    if current and not current.is_folder:
        row["oid"] = current.sha256 if current.is_lfs else current.oid  # equal: nothing to send
    return row


async def lfs_batch(request: Request) -> Response:
    """For each large content, where to PUT it."""
    body = await wire.read_json(request)

    def answer() -> Response:
        repo = wire.writable_repo(request)
        if body.get("operation") != "upload":
            raise BadRequest("Only operation 'upload' is served; download by /resolve/.")
        rows = [_address(request, repo, item) for item in _objects(body, "objects")]
        return JSONResponse({"transfer": "basic", "objects": rows}, media_type=_MEDIA_TYPE)

    return await run_in_threadpool(answer)


def _address(request: Request, repo: Repo, item: Mapping[str, object]) -> dict[str, object]:
    """Where to PUT one content; no address when the repo holds it already."""
    oid, size_bytes = wire.text_of(item, "oid"), _size(item)
    row: dict[str, object] = {"oid": oid, "size": size_bytes}
    if not _SHA256.fullmatch(oid):
        return {**row, "error": {"code": 422, "message": "oid is not a sha256 in hex"}}
    held = wire.store(request).held_size(repo, oid)
    if held == size_bytes:
        return row
    if held is not None:
        return {**row, "error": {"code": 422, "message": f"this content has {held} bytes"}}
    expires = int(time.time()) + _ADDRESS_LIFE_S
    signature = wire.guard(request).sign(repo.key, oid, size_bytes, expires)
    query = urlencode({"size": size_bytes, "expires": expires, "signature": signature})
    base = str(request.base_url).rstrip("/")
    href = f"{base}/lfs/{repo.kind}/{repo.id}/{oid}?{query}"
    return {**row, "actions": {"upload": {"href": href, "header": {}}}}


async def put_content(request: Request) -> Response:
    """Stream one large content to disk; the address itself says who may, for which content."""
    repo, store = await run_in_threadpool(_addressed_repo, request), wire.store(request)
    oid, size_bytes = wire.part(request, "oid"), int(request.query_params["size"])
    with store.blobs.arrive() as arrival:
        async for chunk in _chunks(request):
            await run_in_threadpool(arrival.write, chunk)
            if arrival.size_bytes > size_bytes:
                raise BadRequest(f"The body is longer than the {size_bytes} bytes announced.")
        staged = await run_in_threadpool(arrival.finish)
        if (staged.sha256, staged.size_bytes) != (oid, size_bytes):
            raise BadRequest(
                f"Got {staged.size_bytes} bytes with sha256 {staged.sha256}, announced were"
                f" {size_bytes} bytes with {oid}. Send the file again."
            )
        await run_in_threadpool(store.hold, repo, staged)
    return Response(status_code=200)


def _addressed_repo(request: Request) -> Repo:
    """The repo of a signed upload address.

    Raises:
        Forbidden: the address was not made here, was changed, or is too old.
    """
    query = request.query_params
    kind = wire.part(request, "kind")
    repo = wire.store(request).find(
        kind, wire.part(request, "namespace"), wire.part(request, "name")
    )
    expires, size = query.get("expires", ""), query.get("size", "")
    fields = (repo.key, wire.part(request, "oid"), size, expires)
    is_signed = wire.guard(request).is_signed(query.get("signature", ""), *fields)
    if not is_signed or int(expires) < time.time():
        raise Forbidden("This upload address is not valid (any more); ask for a new one.")
    return repo


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces of about 1 MiB: one hop to a thread each, not one a packet."""
    pending = bytearray()
    async for chunk in request.stream():
        pending += chunk
        if len(pending) >= _CHUNK_BYTES:
            yield bytes(pending)
            pending.clear()
    if pending:
        yield bytes(pending)


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
        return AddLarge(check_path(path), oid, _size(value) if "size" in value else None)
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
_BATCH = "/{namespace}/{name}/info/lfs/objects/batch"
ROUTES = [
    Route(_T + "/preupload/{revision}", preupload, methods=["POST"]),
    Route(_T + "/commit/{revision}", commit, methods=["POST"]),
    Route(_T + "/xet-write-token/{revision}", xet_token),
    Route(_BATCH, lfs_batch, methods=["POST"]),
    Route("/{kinds}" + _BATCH, lfs_batch, methods=["POST"]),
    Route("/lfs/{kind}/{namespace}/{name}/{oid}", put_content, methods=["PUT"]),
]
