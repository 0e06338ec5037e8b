"""Routes about the user and the catalogue: whoami, lists of repos, and the check of a card.

Try: HF_ENDPOINT=http://127.0.0.1:PORT hf models ls
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.server import answers, listing, metadata, wire
from hub.server.listing import Query
from hub.server.refusals import NotSignedIn
from hub.server.routes_repo import repo_summary

_REPOS_PER_PAGE = 1000


def whoami(request: Request) -> Response:
    """Who the token belongs to, its role, and their organisations."""
    who = wire.viewer(request)
    if not who.user:
        raise NotSignedIn("Invalid username or password.")
    token = {"displayName": f"{who.user} {who.role}", "role": who.role}
    orgs = [{"type": "org", "name": org, "fullname": org} for org in who.orgs]
    return JSONResponse(
        {
            "type": "user",
            "id": who.user,
            "name": who.user,
            "fullname": who.user,
            "email": f"{who.user}@localhost",
            "isPro": False,
            "orgs": orgs,
            "auth": {"type": "access_token", "accessToken": token},
        }
    )


def agent_harnesses(request: Request) -> Response:
    """Which agents a client should recognise: none."""
    # Without an answer clients ask again at every start, instead of once a day.
    return JSONResponse({"standardEnvVars": [], "harnesses": {}})


async def validate_yaml(request: Request) -> Response:
    """Whether the front matter of a README.md can be used."""
    body = await wire.read_json(request)
    try:
        metadata.front_matter(wire.text_of(body, "content"))
    except metadata.BadCard as error:
        return JSONResponse({"errors": [{"message": str(error)}], "warnings": []}, 400)
    return JSONResponse({"errors": [], "warnings": []})


def list_repos(request: Request) -> Response:
    """One page of the repos of a kind that the viewer may see."""
    query = request.query_params
    tags = [*query.getlist("filter"), *query.getlist("pipeline_tag")]
    rows, cursor = listing.page(
        wire.store(request),
        Query(
            kind=wire.kind(request),
            seen_by=wire.viewer(request).namespaces,
            author=query.get("author", ""),
            search=query.getlist("search"),
            tags=tags,
            gated=query.get("gated", "").lower(),
            sort=query.get("sort", "trendingScore"),
            limit=wire.page_size(request, _REPOS_PER_PAGE, _REPOS_PER_PAGE),
            cursor=query.get("cursor", ""),
        ),
    )
    summaries = [repo_summary(repo, commit) for repo, commit in rows]
    return answers.page(request, summaries, cursor)


def own_repos(request: Request) -> Response:
    """The repos of a namespace of the viewer, with the bytes each one holds."""

    who = wire.viewer(request)
    namespace = request.path_params.get("namespace", who.user)
    who.check_is_member(namespace)
    rows = wire.store(request).sizes(namespace)
    total = sum(size for _, size in rows) or 1
    return JSONResponse(
        [
            {
                "id": repo.id,
                "type": repo.kind,
                "updatedAt": answers.iso(repo.created_ms),
                "visibility": "private" if repo.is_private else "public",
                "storage": size,
                "storagePercent": size / total,
            }
            for repo, size in rows
        ]
    )


ROUTES = [
    Route("/api/whoami-v2", whoami),
    Route("/api/agent-harnesses", agent_harnesses),
    Route("/api/validate-yaml", validate_yaml, methods=["POST"]),
    Route("/api/settings/repositories", own_repos),
    Route("/api/organizations/{namespace}/settings/repositories", own_repos),
    Route("/api/{kinds}", list_repos),
]
