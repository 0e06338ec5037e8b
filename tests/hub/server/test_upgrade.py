"""A store of the time when commit ids were not git's."""

import json
import sqlite3

import pytest

from hub.server.blobs import Blobs
from hub.server.store import Store
from hub.server.trees import git_oid

# Its table of commits, and the shape of its folders' rows; the rest was as today.
OLD_HISTORY = (
    "CREATE TABLE history (repo INTEGER NOT NULL REFERENCES repo ON DELETE CASCADE,"
    " oid TEXT NOT NULL, parent TEXT, tree TEXT NOT NULL, title TEXT NOT NULL,"
    " message TEXT NOT NULL, author TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    " metadata TEXT NOT NULL, PRIMARY KEY (repo, oid)) WITHOUT ROWID"
)
METADATA = '{"card": {}, "pipeline_tag": null, "library_name": null, "tags": []}'
OLD_IDS = ["c" * 40, "b" * 40]  # the first commit sorts last


def staged_file(blobs: Blobs, content: bytes) -> list[object]:
    """A file as an old folder lists it, less its name."""
    with blobs.arrive() as arrival:
        arrival.write(content)
        staged = arrival.finish()
        blobs.adopt([staged])
    return [git_oid(content), staged.size_bytes, staged.sha256, False]


@pytest.fixture
def old_root(tmp_path):
    Store(tmp_path).close()
    blobs = Blobs(tmp_path)
    db = sqlite3.connect(tmp_path / "hub.sqlite3")
    db.execute("DROP TABLE history")
    db.execute(OLD_HISTORY)
    db.execute("INSERT INTO repo VALUES (1, 'model', 'demo', 'x', 0, '', '', 0)")
    for number, oid in enumerate(OLD_IDS):
        inside = json.dumps([["b.txt", *staged_file(blobs, b"%d" % number)]])
        root = json.dumps([["a", f"old-folder-{number}", 0, None, False]])
        db.execute("INSERT INTO tree VALUES (1, ?, ?)", (f"old-folder-{number}", inside))
        db.execute("INSERT INTO tree VALUES (1, ?, ?)", (f"old-root-{number}", root))
        parent = OLD_IDS[number - 1] if number else None
        said = (f"old-root-{number}", f"Commit {number}", "", "demo", 5000, METADATA)
        db.execute("INSERT INTO history VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)", (oid, parent, *said))
    db.execute("INSERT INTO ref VALUES (1, 'branch', 'main', ?)", (OLD_IDS[1],))
    db.execute("INSERT INTO ref VALUES (1, 'tag', 'v1', ?)", (OLD_IDS[0],))
    db.commit()
    db.close()
    blobs.close()
    return tmp_path


def read(store: Store, revision: str) -> bytes:
    repo = store.find("model", "demo", "x")
    entry = store.entry(repo, store.commit_at(repo, revision), "a/b.txt")
    return store.blobs.path(entry.sha256).read_bytes()


def test_old_revisions_mean_what_they_meant_and_new_ids_are_gits(old_root):
    for _ in range(2):  # the second time there is nothing to do
        store = Store(old_root)
        repo = store.find("model", "demo", "x")
        head = store.commit_at(repo, "main")
        assert head.oid not in OLD_IDS and head.parent not in OLD_IDS
        assert [commit.title for commit in store.log(repo, head.oid, 9)] == ["Commit 1", "Commit 0"]
        seen = {name: read(store, name) for name in ("main", "v1", *OLD_IDS)}
        assert list(seen.values()) == [b"1", b"0", b"0", b"1"]
        assert store.commit_at(repo, OLD_IDS[0]).oid == OLD_IDS[0]
        store.close()


def test_a_branch_from_an_old_id_stands_on_the_git_commit(old_root):
    store = Store(old_root)
    repo = store.find("model", "demo", "x")
    store.create_ref(repo, "branch", "again", OLD_IDS[0])
    assert store.commit_at(repo, "again") == store.commit_at(repo, "v1")
    store.close()
