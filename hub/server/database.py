"""The SQLite file of a store: its tables, and transactions that hold across processes.

A connection lives as long as one transaction, so threads and processes share nothing.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WAIT_S = 30.0  # for another process's write transaction
_SCHEMA = """
CREATE TABLE IF NOT EXISTS repo (
    key INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, namespace TEXT NOT NULL,
    name TEXT NOT NULL, is_private INTEGER NOT NULL, gated TEXT NOT NULL, sdk TEXT NOT NULL,
    created_ms INTEGER NOT NULL, UNIQUE (kind, namespace, name)
);
CREATE TABLE IF NOT EXISTS history (
    repo INTEGER NOT NULL REFERENCES repo ON DELETE CASCADE, oid TEXT NOT NULL,
    parent TEXT, tree TEXT NOT NULL, title TEXT NOT NULL, message TEXT NOT NULL,
    author TEXT NOT NULL, created_ms INTEGER NOT NULL, metadata TEXT NOT NULL,
    object BLOB NOT NULL, PRIMARY KEY (repo, oid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tree (
    repo INTEGER NOT NULL REFERENCES repo ON DELETE CASCADE, oid TEXT NOT NULL,
    rows TEXT NOT NULL, PRIMARY KEY (repo, oid)
);
CREATE TABLE IF NOT EXISTS ref (
    repo INTEGER NOT NULL REFERENCES repo ON DELETE CASCADE, kind TEXT NOT NULL,
    name TEXT NOT NULL, target TEXT NOT NULL, PRIMARY KEY (repo, kind, name)
) WITHOUT ROWID;
-- What git knows of a tag that has an author and a message of its own.
CREATE TABLE IF NOT EXISTS annotation (
    repo INTEGER NOT NULL REFERENCES repo ON DELETE CASCADE, name TEXT NOT NULL,
    object BLOB NOT NULL, PRIMARY KEY (repo, name)
) WITHOUT ROWID;
-- The contents a repo may refer to: uploaded to it or committed in it, never by hash alone.
CREATE TABLE IF NOT EXISTS holding (
    repo INTEGER NOT NULL REFERENCES repo ON DELETE CASCADE, sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, PRIMARY KEY (repo, sha256)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS holding_sha256 ON holding (sha256);
"""


class Database:
    """The tables of one store."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Held open for life: SQLite folds its log away whenever the last connection closes.
        self._keeper = self._connect()
        self._keeper.execute("PRAGMA journal_mode = WAL")
        self._keeper.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._keeper.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view."""
        with self._transaction("BEGIN") as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One change, alone in the store, that happens whole or, on an exception, not at all."""
        with self._transaction("BEGIN IMMEDIATE") as db:
            yield db

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        db = self._connect()
        try:
            db.execute(begin)
            yield db
            db.execute("COMMIT")
        finally:
            db.close()  # without COMMIT this rolls back

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            self._path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False
        )
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA synchronous = FULL")  # a commit that was answered survives a power cut
        return db
