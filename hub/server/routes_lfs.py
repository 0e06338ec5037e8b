"""Routes of Git LFS: where large contents go to and come from, for huggingface_hub and git-lfs.

A content's address is signed and good for a day; whoever has it may use it, as clients send no
token there.
Try: git lfs pull, in a clone of http://127.0.0.1:PORT/demo/hello
"""

import re
import time
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from hub.server import wire
from hub.server.names import Repo
from hub.server.refusals import BadRequest, Forbidden, RepoNotFound

_ADDRESS_LIFE_S = 24 * 3600
_SHA256 = re.compile("[0-9a-f]{64}")
_MEDIA_TYPE = "application/vnd.git-lfs+json"
_UPLOAD, _DOWNLOAD = "upload", "download"


async def lfs_batch(request: Request) -> Response:
    """For each large content, where to PUT it, or where to GET it."""
    body = await wire.read_json(request)

    def answer() -> Response:
        operation = wire.text_of(body, "operation")
        if operation not in (_UPLOAD, _DOWNLOAD):
            raise BadRequest(f"operation={operation[:40]!r} is not upload or download.")
        is_upload = operation == _UPLOAD
        repo = wire.writable_repo(request) if is_upload else wire.readable_repo(request)
        look = _destination if is_upload else _source
        rows = [look(request, repo, item) for item in wire.objects(body, "objects")]
        return JSONResponse({"transfer": "basic", "objects": rows}, media_type=_MEDIA_TYPE)

    return await run_in_threadpool(answer)


def _destination(request: Request, repo: Repo, item: Mapping[str, object]) -> dict[str, object]:
    """Where to PUT one content; no address when the repo holds it already."""
    oid, size_bytes = wire.text_of(item, "oid"), wire.size_of(item)
    row: dict[str, object] = {"oid": oid, "size": size_bytes}
    if not _SHA256.fullmatch(oid):
        return {**row, "error": {"code": 422, "message": "oid is not a sha256 in hex"}}
    held = wire.store(request).held_size(repo, oid)
    if held == size_bytes:
        return row
    if held is not None:
        return {**row, "error": {"code": 422, "message": f"this content has {held} bytes"}}
    return {**row, **_actions(request, repo, _UPLOAD, oid, size_bytes)}


def _source(request: Request, repo: Repo, item: Mapping[str, object]) -> dict[str, object]:
    """Where to GET one content that the repo holds."""
    oid, size_bytes = wire.text_of(item, "oid"), wire.size_of(item)
    row: dict[str, object] = {"oid": oid, "size": size_bytes}
    if wire.store(request).held_size(repo, oid) != size_bytes:
        return {**row, "error": {"code": 404, "message": "this repo holds no such content"}}
    return {**row, **_actions(request, repo, _DOWNLOAD, oid, size_bytes)}


def _actions(
    request: Request, repo: Repo, action: str, oid: str, size_bytes: int
) -> dict[str, object]:
    """The signed address for one action on one content."""
    expires = int(time.time()) + _ADDRESS_LIFE_S
    signature = wire.guard(request).sign(action, repo.key, oid, size_bytes, expires)
    query = urlencode({"size": size_bytes, "expires": expires, "signature": signature})
    base = str(request.base_url).rstrip("/")
    href = f"{base}/lfs/{repo.kind}/{repo.id}/{oid}?{query}"
    return {"actions": {action: {"href": href, "header": {}}}}


async def put_content(request: Request) -> Response:
    """Stream one large content to disk; the address itself says who may, for which content."""
    store = wire.store(request)
    repo = await run_in_threadpool(_addressed_repo, request, _UPLOAD)
    oid, size_bytes = wire.part(request, "oid"), int(request.query_params["size"])
    with store.blobs.arrive() as arrival:
        async for chunk in wire.chunks(request):
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


def get_content(request: Request) -> Response:
    """One large content, whole or by range."""
    repo = _addressed_repo(request, _DOWNLOAD)
    path = wire.store(request).blobs.path(wire.part(request, "oid"))
    if not path.exists():
        raise RepoNotFound(f"Repository not found: {repo.id} no longer holds this content")
    return FileResponse(path, media_type="application/octet-stream")


def locks(request: Request) -> Response:
    """A refusal by which git-lfs learns, without a word to its user, that nobody locks here."""
    raise HTTPException(501)


def _addressed_repo(request: Request, action: str) -> Repo:
    """The repo of a signed address.

    Raises:
        Forbidden: the address was not made here, was changed, or is too old.
    """
    query = request.query_params
    kind = wire.part(request, "kind")
    repo = wire.store(request).find(
        kind, wire.part(request, "namespace"), wire.part(request, "name")
    )
    expires, size = query.get("expires", ""), query.get("size", "")
    fields = (action, repo.key, wire.part(request, "oid"), size, expires)
    is_signed = wire.guard(request).is_signed(query.get("signature", ""), *fields)
    if not is_signed or int(expires) < time.time():
        raise Forbidden("This address is not valid (any more); ask for a new one.")
    return repo


_BATCH = "/{namespace}/{name}/info/lfs/objects/batch"
_LOCKS = "/{namespace}/{name}/info/lfs/locks/verify"
_CONTENT = "/lfs/{kind}/{namespace}/{name}/{oid}"
ROUTES = [
    Route(_BATCH, lfs_batch, methods=["POST"]),
    Route("/{kinds}" + _BATCH, lfs_batch, methods=["POST"]),
    Route(_LOCKS, locks, methods=["POST"]),
    Route("/{kinds}" + _LOCKS, locks, methods=["POST"]),
    Route(_CONTENT, put_content, methods=["PUT"]),
    Route(_CONTENT, get_content),
]
