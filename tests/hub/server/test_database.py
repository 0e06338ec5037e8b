"""Transactions: whole or not at all."""

import pytest

from hub.server.database import Database

INSERT = "INSERT INTO repo VALUES (NULL, 'model', 'a', ?, 0, '', '', 0)"


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "hub.sqlite3")
    yield database
    database.close()


def names(database: Database) -> list[str]:
    with database.reading() as db:
        return [row[0] for row in db.execute("SELECT name FROM repo")]


def test_an_exception_takes_everything_back(database):
    with pytest.raises(KeyError), database.writing() as db:
        db.execute(INSERT, ("x",))
        raise KeyError
    assert names(database) == []


def test_a_view_does_not_change_while_it_is_read(database):
    with database.reading() as view:
        assert view.execute("SELECT count(*) FROM repo").fetchone() == (0,)
        with database.writing() as db:
            db.execute(INSERT, ("x",))
        assert view.execute("SELECT count(*) FROM repo").fetchone() == (0,)
    assert names(database) == ["x"]


def test_a_key_is_never_used_again(database):
    with database.writing() as db:
        db.execute(INSERT, ("x",))
        (old,) = db.execute("SELECT key FROM repo").fetchone()
        db.execute("DELETE FROM repo")
        db.execute(INSERT, ("x",))
        assert db.execute("SELECT key FROM repo").fetchone()[0] > old
