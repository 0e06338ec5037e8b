"""Folders as content-addressed rows, and which paths may be in them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.server import trees
from hub.server.database import Database
from hub.server.refusals import BadRequest
from hub.server.trees import Entry


def file(path: str) -> Entry:
    return Entry(path, trees.git_oid(path.encode()), len(path), "0" * 64)


@pytest.fixture
def db(tmp_path):
    database = Database(tmp_path / "hub.sqlite3")
    with database.writing() as db:
        db.execute("INSERT INTO repo VALUES (1, 'model', 'a', 'b', 0, '', '', 0)")
        yield db
    database.close()


@pytest.mark.parametrize("path", ["a", "a/b.txt", ".gitattributes", "git/x", "ä ö/ü", "..a", "-"])
def test_possible_paths(path):
    assert trees.check_path(path) == path


@pytest.mark.parametrize(
    "path", ["", "/a", "a/", "a//b", ".", "..", "a/..", "a/./b", "a\\b", "\x00"]
)
def test_impossible_paths(path):
    with pytest.raises(BadRequest):
        trees.check_path(path)


@pytest.mark.slow
@given(st.text())
@settings(max_examples=300)
def test_no_path_that_passes_leaves_its_folder(text):
    try:
        path = trees.check_path(text)
    except BadRequest:
        return
    segments = path.split("/")
    assert not {"", ".", "..", ".git"} & {segment.lower() for segment in segments}
    assert "\\" not in path and "\x00" not in path


def test_git_ids_are_gits():
    # git hash-object of an empty file, and of "hello\n"
    assert trees.git_oid(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert trees.git_oid(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_what_is_written_is_found_again(db):
    files = {path: file(path) for path in ("a.txt", "d/b.txt", "d/e/c.txt")}
    root = trees.write_tree(db, 1, files)
    paths = [entry.path for entry in trees.walk(db, 1, root)]
    assert paths == ["a.txt", "d", "d/b.txt", "d/e", "d/e/c.txt"]
    assert trees.find(db, 1, root, "d/e/c.txt") == files["d/e/c.txt"]
    assert trees.find(db, 1, root, "d/e").is_folder
    assert trees.find(db, 1, root, "a.txt/x") is None
    assert trees.find(db, 1, root, "d/x") is None


def test_the_same_files_have_the_same_id_in_any_order(db):
    paths = ["b", "a/x", "a/y"]
    ids = {trees.write_tree(db, 1, {p: file(p) for p in order}) for order in (paths, paths[::-1])}
    assert len(ids) == 1
    assert ids != {trees.write_tree(db, 1, {p: file(p) for p in paths[:2]})}


def test_a_path_is_not_both_file_and_folder(db):
    with pytest.raises(BadRequest, match="'a' would be both"):
        trees.write_tree(db, 1, {"a": file("a"), "a/b": file("a/b")})
