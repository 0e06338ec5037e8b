"""Routes that read files: tree, paths-info, and their contents with ranges.

Try: HF_ENDPOINT=http://127.0.0.1:PORT hf download demo/hello README.md
"""

from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from hub.server import answers, wire
from hub.server.git_objects import pointer_text
from hub.server.history import Commit
from hub.server.names import Repo
from hub.server.refusals import BadRequest, EntryNotFound
from hub.server.store import Store
from hub.server.trees import Entry

_ENTRIES_PER_PAGE = 1000
_MAX_PATHS = 20_000


def _row(entry: Entry) -> dict[str, object]:
    """A file or folder as tree and paths-info show it."""
    kind = "directory" if entry.is_folder else "file"
    row: dict[str, object] = {
        "type": kind,
        "oid": entry.oid,
        "size": entry.size_bytes,
        "path": entry.path,
    }
    if entry.is_lfs:
        row["lfs"] = {
            "oid": entry.sha256,
            "size": entry.size_bytes,
            "pointerSize": _pointer_bytes(entry),
        }
    return row


def _pointer_bytes(entry: Entry) -> int:
    return len(pointer_text(entry.sha256 or "", entry.size_bytes))


def siblings(
    store: Store, repo: Repo, commit: Commit, *, has_blobs: bool
) -> list[dict[str, object]]:
    """All files of a commit as the info of a repo lists them; sizes and ids if `has_blobs`."""
    rows = []
    for entry in store.entries(repo, commit).values():
        if entry.is_folder:
            continue
        row: dict[str, object] = {"rfilename": entry.path}
        if has_blobs:
            row |= {"size": entry.size_bytes, "blobId": entry.oid}
        if has_blobs and entry.is_lfs:
            row["lfs"] = {
                "sha256": entry.sha256,
                "size": entry.size_bytes,
                "pointerSize": _pointer_bytes(entry),
            }
        rows.append(row)
    return rows


def tree(request: Request) -> Response:
    """One page of what a folder holds."""
    repo, store = wire.seen_repo(request), wire.store(request)
    # The cursor holds the commit, so that all pages show the same one.
    sha, _, start = request.query_params.get("cursor", "").partition("-")
    if not (start or "0").isdecimal():
        raise BadRequest("This cursor was not made by this server.")
    commit = store.commit_at(repo, sha or wire.part(request, "revision"))
    path = wire.part(request, "path") if "path" in request.path_params else ""
    folder = store.entry(repo, commit, path.strip("/"))
    if not folder.is_folder:
        raise EntryNotFound(f"{path} is a file, not a folder", commit.oid)
    entries = store.below(repo, folder, is_recursive=wire.is_true(request, "recursive"))
    first = int(start or 0)
    end = first + wire.page_size(request, _ENTRIES_PER_PAGE, _ENTRIES_PER_PAGE)
    rows = [_row(entry) for entry in entries[first:end]]
    return answers.page(request, rows, f"{commit.oid}-{end}" if end < len(entries) else None)


async def paths_info(request: Request) -> Response:
    """The files and folders at the paths asked for; unknown ones are left out."""
    body = await wire.read_bytes(request)
    if request.headers.get("content-type", "").startswith("application/json"):
        paths = wire.parse_object(body).get("paths", [])
        paths = [paths] if isinstance(paths, str) else paths
    else:
        paths = parse_qs(body.decode("utf-8", "replace")).get("paths", [])
    if not isinstance(paths, list) or len(paths) > _MAX_PATHS:
        raise BadRequest(f"paths must be a list of at most {_MAX_PATHS} paths.")

    def answer() -> Response:
        repo, store = wire.seen_repo(request), wire.store(request)
        by_path = store.entries(repo, store.commit_at(repo, wire.part(request, "revision")))
        wanted = [str(path).strip("/") for path in paths]
        return JSONResponse([_row(by_path[path]) for path in wanted if path in by_path])

    return await run_in_threadpool(answer)


def resolve(request: Request) -> Response:
    """The content of a file, whole or by range; HEAD: its size and ids."""
    repo, store = wire.readable_repo(request), wire.store(request)
    commit = store.commit_at(repo, wire.part(request, "revision"))
    path = wire.part(request, "path")
    entry = store.entry(repo, commit, path)
    if entry.sha256 is None:
        raise EntryNotFound(f"{path} is a folder on {commit.oid[:7]}", commit.oid)
    headers = {
        "x-repo-commit": commit.oid,
        "etag": f'"{entry.sha256 if entry.is_lfs else entry.oid}"',
        "x-linked-size": str(entry.size_bytes),
        # A user's file is data: a browser that opens it must not run it.
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox",
    }
    return FileResponse(
        store.blobs.path(entry.sha256), headers=headers, media_type="application/octet-stream"
    )


_T = "/api/{kinds}/{namespace}/{name}"
ROUTES = [
    Route(_T + "/tree/{revision}", tree),
    Route(_T + "/tree/{revision}/{path:path}", tree),
    Route(_T + "/paths-info/{revision}", paths_info, methods=["POST"]),
    Route("/{namespace}/{name}/resolve/{revision}/{path:path}", resolve),
    Route("/{kinds}/{namespace}/{name}/resolve/{revision}/{path:path}", resolve),
]
