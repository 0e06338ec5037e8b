"""The catalogue: who sees what, and pages that do not shift."""

import pytest

from hub.server import listing
from hub.server.listing import Query
from hub.server.refusals import BadRequest
from hub.server.store import Store


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    for n in range(5):
        create(store, f"r{n}", is_private=n == 3)
    yield store
    store.close()


def create(store: Store, name: str, *, is_private: bool = False) -> None:
    store.create("model", "demo", name, is_private=is_private, sdk="", author="demo")


def names(store: Store, **fields) -> list[str]:
    rows, _ = listing.page(store, Query(kind="model", seen_by=(), **fields))
    return [repo.name for repo, _ in rows]


def test_private_repos_are_for_their_namespace(store):
    assert names(store) == ["r4", "r2", "r1", "r0"]
    rows, _ = listing.page(store, Query(kind="model", seen_by=("demo",)))
    assert [repo.name for repo, _ in rows] == ["r4", "r3", "r2", "r1", "r0"]
    rows, _ = listing.page(store, Query(kind="dataset", seen_by=("demo",)))
    assert rows == []


@pytest.mark.parametrize("sort", ["createdAt", "lastModified", "downloads"])
def test_a_page_goes_on_where_the_last_one_ended(store, sort):
    seen, cursor = [], ""
    while cursor is not None:
        query = Query("model", (), sort=sort, limit=1, cursor=cursor)
        rows, cursor = listing.page(store, query)
        seen += [repo.name for repo, _ in rows]
        create(store, f"new-{len(seen)}")
    assert seen == ["r4", "r2", "r1", "r0"], "what came later is on no later page"


@pytest.mark.parametrize("fields", [{"sort": "x"}, {"cursor": "x"}, {"cursor": "1-"}])
def test_unknown_sorts_and_cursors_are_refused(store, fields):
    with pytest.raises(BadRequest):
        names(store, **fields)


def test_filters_are_data_and_not_sql(store):
    hostile = "' OR 1=1 --"
    for fields in ({"author": hostile}, {"search": [hostile]}, {"tags": [hostile]}):
        assert names(store, **fields) == [], fields
    assert names(store, search=["%"]) == [], "no wild cards"
    assert names(store, author="DEMO", search=["R", "1"]) == ["r1"]
