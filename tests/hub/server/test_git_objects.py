"""Git's objects, held against git itself."""

import hashlib
import subprocess

import pytest

from hub.server import git_objects
from hub.server.git_objects import (
    EXECUTABLE,
    FILE,
    FOLDER,
    GitObject,
    TreeRow,
    decode_commit,
    decode_tree,
    encode_commit,
    encode_tree,
    object_id,
    pack,
    parse_pointer,
    pointer_text,
)
from hub.server.refusals import BadRequest
from tests.hub.server.clones import git

EMPTY = object_id("blob", b"")


@pytest.fixture
def repo(has_git, tmp_path):
    git(tmp_path, "init", "-q")
    return tmp_path


def written_by_git(folder, kind: str, content: bytes) -> str:
    done = subprocess.run(
        ["git", "hash-object", "-t", kind, "-w", "--stdin"],
        cwd=folder,
        input=content,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def test_a_tree_is_ordered_as_git_orders_it(repo):
    git_folder = written_by_git(repo, "tree", b"")
    rows = [
        TreeRow(FILE, "a.txt", EMPTY),
        TreeRow(FOLDER, "a", git_folder),
        TreeRow(EXECUTABLE, "a-b", EMPTY),
        TreeRow(FILE, "ä", EMPTY),
    ]
    content = encode_tree(rows)
    written_by_git(repo, "blob", b"")
    assert written_by_git(repo, "tree", content) == object_id("tree", content)
    assert [row.name for row in decode_tree(content)] == ["a-b", "a.txt", "a", "ä"]
    assert set(decode_tree(content)) == set(rows)


def test_a_name_that_is_not_utf8_is_refused():
    content = encode_tree([TreeRow(FILE, "x", EMPTY)]).replace(b"x\0", b"\xff\0")
    with pytest.raises(BadRequest, match="not UTF-8"):
        decode_tree(content)


def test_a_commit_is_one_to_git_and_says_what_it_was_given(repo):
    tree = written_by_git(repo, "tree", b"")
    content = encode_commit(tree, None, "Title", "Line one\n\nline two", "demo", 1_700_000_000_123)
    oid = written_by_git(repo, "commit", content)
    assert oid == object_id("commit", content)
    shown = git(repo, "show", "-s", "--format=%an|%ae|%ct|%s|%b", oid)
    assert shown == "demo|demo@localhost|1700000000|Title|Line one\n\nline two"
    said = decode_commit(content)
    assert (said.tree, said.parents, said.title) == (tree, (), "Title")
    assert (said.message, said.author) == ("Line one\n\nline two", "demo")
    assert said.created_ms == 1_700_000_000_000


def test_a_foreign_commit_with_signature_encoding_and_two_parents():
    head = (
        f"tree {'a' * 40}\nparent {'b' * 40}\nparent {'c' * 40}\n"
        "author José <j@x> 1 +0100\ncommitter B <b@x> -5 +0000\nencoding latin-1\n"
        "gpgsig -----BEGIN-----\n tree spoof\n -----END-----\n\nÀ propos\n"
    ).encode("latin-1")
    said = decode_commit(head)
    assert (said.tree, said.parents) == ("a" * 40, ("b" * 40, "c" * 40))
    assert (said.author, said.title, said.created_ms) == ("José", "À propos", -5000)


def test_a_pack_is_taken_by_git(repo, tmp_path):
    large = tmp_path / "file"
    large.write_bytes(bytes(range(256)) * 1000)
    objects = [GitObject("blob", b"x" * size) for size in (0, 15, 16, 2047, 2048)]
    objects.append(GitObject("blob", large))
    subprocess.run(
        ["git", "index-pack", "--stdin", "--strict"],
        cwd=repo,
        input=b"".join(pack(objects)),
        check=True,
        capture_output=True,
    )
    oid = object_id("blob", large.read_bytes())
    assert git(repo, "cat-file", "-s", oid) == "256000"
    assert git(repo, "cat-file", "-p", object_id("blob", b"x" * 16)) == "x" * 16


def test_the_pointer_is_that_of_git_lfs():
    oid = hashlib.sha256(b"").hexdigest()
    text = pointer_text(oid, 0)
    assert text.decode().splitlines() == [
        "version https://git-lfs.github.com/spec/v1",
        f"oid sha256:{oid}",
        "size 0",
    ]
    assert parse_pointer(text) == (oid, 0)
    assert len(pointer_text(oid, 10**18 - 1)) <= git_objects.MAX_POINTER_BYTES
    for other in (text + b"\n", text.replace(b"size 0", b"size 00"), b"", text[:-1]):
        assert parse_pointer(other) is None
