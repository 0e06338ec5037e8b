"""The catalogue of a Hub: which repos there are, filtered, sorted, one page at a time.

A page ends in a cursor made of the last row's sort key, so new repos do not shift later pages.
Try: HF_ENDPOINT=http://127.0.0.1:PORT hf models ls
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.server.history import Commit
from hub.server.names import Repo
from hub.server.refusals import BadRequest
from hub.server.store import Store

_SORTS = {
    "lastModified": "history.created_ms",
    "createdAt": "repo.created_ms",
    # Nobody counts on loopback: all repos are equal, the newest first.
    "downloads": "repo.created_ms",
    "likes": "repo.created_ms",
    "trendingScore": "repo.created_ms",
}
_ROWS = (
    "SELECT repo.*, history.oid, history.parent, history.tree, history.title, history.message,"
    " history.author, history.created_ms, history.metadata FROM repo"
    " JOIN ref ON ref.repo = repo.key AND ref.kind = 'branch' AND ref.name = 'main'"
    " JOIN history ON history.repo = repo.key AND history.oid = ref.target WHERE "
)


@dataclass(frozen=True)
class Query:
    """What to list; an empty field does not filter."""

    kind: str
    seen_by: Sequence[str]  # namespaces whose private repos are shown
    author: str = ""
    search: Sequence[str] = ()
    tags: Sequence[str] = ()
    gated: str = ""  # "true" or "false"
    sort: str = "trendingScore"
    limit: int = 1000
    cursor: str = ""


def page(store: Store, query: Query) -> tuple[list[tuple[Repo, Commit]], str | None]:
    """Repos with the head of their main branch, and the cursor of the next page if there is one.

    Raises:
        BadRequest: unknown sort or cursor.
    """
    if query.sort not in _SORTS:
        raise BadRequest(f"sort={query.sort[:40]!r} is not one of {', '.join(_SORTS)}.")
    key = _SORTS[query.sort]
    conditions, values = _conditions(query)
    if query.cursor:
        newest, _, last = query.cursor.partition("-")
        if not newest.isdecimal() or not last.isdecimal():
            raise BadRequest(f"cursor={query.cursor[:40]!r} was not made by this server.")
        conditions.append(f"({key}, repo.key) < (?, ?)")
        values += [int(newest), int(last)]
    order = f" ORDER BY {key} DESC, repo.key DESC LIMIT ?"
    rows = store.repos(_ROWS + " AND ".join(conditions) + order, [*values, query.limit + 1])
    if len(rows) <= query.limit:
        return rows, None
    repo, commit = rows[query.limit - 1]
    position = commit.created_ms if query.sort == "lastModified" else repo.created_ms
    return rows[: query.limit], f"{position}-{repo.key}"


def _conditions(query: Query) -> tuple[list[str], list[object]]:
    marks = ", ".join("?" * len(query.seen_by))
    conditions = ["repo.kind = ?", f"(repo.is_private = 0 OR repo.namespace IN ({marks}))"]
    values: list[object] = [query.kind, *query.seen_by]
    if query.author:
        conditions.append("repo.namespace = ? COLLATE NOCASE")
        values.append(query.author)
    for word in query.search:
        conditions.append("instr(lower(repo.namespace || '/' || repo.name), lower(?)) > 0")
        values.append(word)
    for tag in query.tags:
        conditions.append(
            "EXISTS (SELECT 1 FROM json_each(history.metadata, '$.tags') WHERE value = ?)"
        )
        values.append(tag)
    if query.gated:
        conditions.append("repo.gated != ''" if query.gated == "true" else "repo.gated = ''")
    return conditions, values
