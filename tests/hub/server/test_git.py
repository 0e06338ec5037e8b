"""Git's program, run without its user's settings."""

import subprocess

import pytest

from hub.server import git
from hub.server.refusals import NoGit
from tests.hub.server.clones import needs_git


@pytest.fixture
def folder(tmp_path):
    needs_git()
    git.run(tmp_path, "init", "-q", "--bare", "x.git")
    return tmp_path / "x.git"


def test_without_git_the_reason_says_what_to_do(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoGit, match="install it there"):
        git.program()


def test_settings_of_the_user_do_not_count(folder, monkeypatch, tmp_path):
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Somebody\n[gc]\n\tauto = 1\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    listed = git.run(folder, "config", "--list")
    assert "Somebody" not in listed and "gc.auto=0" in listed


def test_objects_are_looked_up_and_read(folder):
    oid = git.run(folder, "hash-object", "-w", "--stdin", stdin=[b"one\n", b"two"]).strip()
    with git.Objects(folder, git.environment()) as objects:
        for _ in range(2):
            assert objects.look_up(oid) == ("blob", 7)
            assert objects.look_up("0" * 40) is None
            assert objects.read(oid) == b"one\ntwo"


def test_a_failure_is_one(folder):
    with pytest.raises(subprocess.CalledProcessError):
        git.run(folder, "index-pack", "--stdin", stdin=[b"no pack"])
