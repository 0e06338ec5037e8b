"""Routes about one repo as a whole: create, move, delete, settings, info, branches, tags, log.

Try: HF_ENDPOINT=http://127.0.0.1:PORT hf repos create demo/hello
"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.server import answers, wire
from hub.server.auth import Viewer
from hub.server.history import Commit
from hub.server.names import KINDS, Repo
from hub.server.refusals import BadRequest, RepoExists
from hub.server.routes_files import siblings

_COMMITS_PER_PAGE = 1000
_GATES = {False: "", None: "", "auto": "auto", "manual": "manual"}


def _named_in(body: dict[str, object], who: Viewer) -> tuple[str, str, str]:
    """(kind, namespace, name) of a create or delete request."""
    kind = wire.text_of(body, "type", "model")
    if kind not in KINDS:
        raise BadRequest(f"type={kind[:40]!r} is not one of {', '.join(KINDS)}.")
    return kind, wire.text_of(body, "organization", who.user), wire.text_of(body, "name")


def _is_private(body: dict[str, object], default: bool) -> bool:
    visibility = body.get("visibility")
    if visibility is None:
        return bool(body.get("private", default))
    if visibility not in ("public", "private", "protected"):
        raise BadRequest(f"visibility={str(visibility)[:40]!r} is not public or private.")
    return visibility != "public"


async def create(request: Request) -> Response:
    """A new repo; 409 with its address when it is there already."""
    who = wire.viewer(request)
    body = await wire.read_json(request)
    return await run_in_threadpool(_create, request, who, body)


def _create(request: Request, who: Viewer, body: dict[str, object]) -> Response:
    kind, namespace, name = _named_in(body, who)
    who.check_writes_to(namespace, f"create a {kind}")
    sdk = wire.text_of(body, "sdk", "")
    if kind == "space" and sdk not in ("gradio", "docker", "static", "streamlit"):
        raise BadRequest(f"sdk={sdk[:40]!r}: a Space needs gradio, docker or static.")
    try:
        repo = wire.store(request).create(
            kind,
            namespace,
            name,
            is_private=_is_private(body, default=False),
            sdk=sdk if kind == "space" else "",
            author=who.user,
        )
    except RepoExists as error:
        existing = wire.store(request).find(kind, namespace, name)
        # exist_ok reads where it is
        return answers.refuse(request, error, {"url": answers.repo_url(request, existing)})
    return JSONResponse({"url": answers.repo_url(request, repo), "name": repo.id})


async def delete(request: Request) -> Response:
    """The repo is gone."""
    who = wire.viewer(request)
    body = await wire.read_json(request)

    def remove() -> Response:
        repo = wire.store(request).find(*_named_in(body, who))
        who.check_writes(repo)
        wire.store(request).delete(repo)
        return Response("OK")

    return await run_in_threadpool(remove)


async def move(request: Request) -> Response:
    """The repo has another name."""
    who = wire.viewer(request)
    body = await wire.read_json(request)

    def rename() -> Response:
        old, _, old_name = wire.text_of(body, "fromRepo").partition("/")
        new, _, new_name = wire.text_of(body, "toRepo").partition("/")
        repo = wire.store(request).find(wire.text_of(body, "type", "model"), old, old_name)
        who.check_writes(repo)
        who.check_writes_to(new, f"move {repo.id}")
        moved = wire.store(request).move(repo, new, new_name)
        return JSONResponse({"url": answers.repo_url(request, moved)})

    return await run_in_threadpool(rename)


async def settings(request: Request) -> Response:
    """The repo is public or private, gated or not."""
    body = await wire.read_json(request)

    def configure() -> Response:
        repo = wire.writable_repo(request)
        gate = body.get("gated", repo.gated or False)
        if not isinstance(gate, str | bool | None) or gate not in _GATES:
            raise BadRequest(f"gated={str(gate)[:40]!r} is not 'auto', 'manual' or false.")
        is_private = _is_private(body, repo.is_private)
        wire.store(request).configure(repo, is_private=is_private, gated=_GATES[gate])
        return JSONResponse({"private": is_private, "gated": gate})

    return await run_in_threadpool(configure)


def auth_check(request: Request) -> Response:
    """Whether the viewer may read the files."""
    wire.readable_repo(request)
    return JSONResponse({"ok": True})


def auth_check_write(request: Request) -> Response:
    """Whether the viewer may write."""
    wire.writable_repo(request)
    return JSONResponse({"ok": True})


def repo_summary(repo: Repo, commit: Commit) -> dict[str, object]:
    """What every answer about a repo holds."""
    about = commit.metadata
    row: dict[str, object] = {
        "_id": f"{repo.key:024x}",
        "id": repo.id,
        "author": repo.namespace,
        "sha": commit.oid,
        "createdAt": answers.iso(repo.created_ms),
        "lastModified": answers.iso(commit.created_ms),
        "private": repo.is_private,
        "gated": repo.gated or False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": list(about.tags),
    }
    if about.card:
        row["cardData"] = about.card
    if repo.kind == "model":
        row |= {"modelId": repo.id}
        row |= {"pipeline_tag": about.pipeline_tag} if about.pipeline_tag else {}
        row |= {"library_name": about.library_name} if about.library_name else {}
    if repo.kind == "space":
        row["sdk"] = about.card.get("sdk") or repo.sdk
    return row


def info(request: Request) -> Response:
    """The repo at a revision: commit, metadata and files."""
    repo = wire.seen_repo(request)
    revision = wire.part(request, "revision") if "revision" in request.path_params else "main"
    commit = wire.store(request).commit_at(repo, revision)
    has_blobs = wire.is_true(request, "blobs")
    files = siblings(wire.store(request), repo, commit, has_blobs=has_blobs)
    return JSONResponse({**repo_summary(repo, commit), "siblings": files})


def refs(request: Request) -> Response:
    """Branches and tags."""
    repo = wire.seen_repo(request)
    groups: dict[str, list[dict[str, str]]] = {"branches": [], "tags": [], "converts": []}
    for ref in wire.store(request).refs(repo):
        group, prefix = ("branches", "heads") if ref.kind == "branch" else ("tags", "tags")
        full = f"refs/{prefix}/{ref.name}"
        groups[group].append({"name": ref.name, "ref": full, "targetCommit": ref.target})
    return JSONResponse(groups)


async def create_branch(request: Request) -> Response:
    """A new branch, at main or where the body says."""
    body = await wire.read_json(request)

    def create_it() -> Response:
        repo = wire.writable_repo(request)
        store = wire.store(request)
        start = store.commit_at(repo, wire.text_of(body, "startingPoint", "main"))
        store.create_ref(repo, "branch", wire.part(request, "revision"), start.oid)
        return JSONResponse({"targetCommit": start.oid})

    return await run_in_threadpool(create_it)


async def create_tag(request: Request) -> Response:
    """A new tag at a revision."""
    body = await wire.read_json(request)

    def create_it() -> Response:
        repo = wire.writable_repo(request)
        store = wire.store(request)
        target = store.commit_at(repo, wire.part(request, "revision"))
        store.create_ref(repo, "tag", wire.text_of(body, "tag"), target.oid)
        return JSONResponse({"targetCommit": target.oid})

    return await run_in_threadpool(create_it)


def delete_branch(request: Request) -> Response:
    """The branch is gone; main stays."""
    repo = wire.writable_repo(request)
    if wire.part(request, "revision") == "main":
        raise BadRequest("The branch main cannot be deleted.")
    wire.store(request).delete_ref(repo, "branch", wire.part(request, "revision"))
    return JSONResponse({"success": True})


def delete_tag(request: Request) -> Response:
    """The tag is gone."""
    repo = wire.writable_repo(request)
    wire.store(request).delete_ref(repo, "tag", wire.part(request, "revision"))
    return JSONResponse({"success": True})


def commits(request: Request) -> Response:
    """One page of the log, newest first."""
    repo = wire.seen_repo(request)
    start = request.query_params.get("cursor") or wire.part(request, "revision")
    newest = wire.store(request).commit_at(repo, start)
    limit = wire.page_size(request, _COMMITS_PER_PAGE, _COMMITS_PER_PAGE)
    log = wire.store(request).log(repo, newest.oid, limit)
    rows = [
        {
            "id": commit.oid,
            "title": commit.title,
            "message": commit.message,
            "authors": [{"user": commit.author}],
            "date": answers.iso(commit.created_ms),
        }
        for commit in log
    ]
    return answers.page(request, rows, log[-1].parent)


_T = "/api/{kinds}/{namespace}/{name}"
ROUTES = [
    Route("/api/repos/create", create, methods=["POST"]),
    Route("/api/repos/delete", delete, methods=["DELETE"]),
    Route("/api/repos/move", move, methods=["POST"]),
    Route(_T, info),
    Route(_T + "/revision/{revision}", info),
    Route(_T + "/settings", settings, methods=["PUT"]),
    Route(_T + "/auth-check", auth_check),
    Route(_T + "/auth-check/write", auth_check_write),
    Route(_T + "/refs", refs),
    Route(_T + "/commits/{revision}", commits),
    Route(_T + "/branch/{revision}", create_branch, methods=["POST"]),
    Route(_T + "/branch/{revision}", delete_branch, methods=["DELETE"]),
    Route(_T + "/tag/{revision}", create_tag, methods=["POST"]),
    Route(_T + "/tag/{revision}", delete_tag, methods=["DELETE"]),
]
