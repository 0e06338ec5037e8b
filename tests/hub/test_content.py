"""Digests are the ones git and the Hub compute; listings are not trusted."""

import subprocess
from pathlib import Path

import pytest

from hub.content import HubFile, git_sha1, sha256

SHA1 = "a" * 40


def test_git_sha1_is_what_git_computes(tmp_path: Path):
    file = tmp_path / "file"
    file.write_bytes(b"\0text\n" * 300_000)
    told = subprocess.run(
        ["git", "hash-object", "--no-filters", str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert git_sha1(file) == told.stdout.strip()


def test_a_file_matches_by_size_and_content(tmp_path: Path):
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    for digest in (sha256(file), git_sha1(file)):
        assert HubFile("file", 3, digest).matches(file)
        assert not HubFile("file", 4, digest).matches(file)
        assert not HubFile("file", 3, digest).matches(tmp_path / "missing")
        assert not HubFile("file", 3, digest[::-1]).matches(file)


@pytest.mark.parametrize(
    ("path", "digest", "is_sane"),
    [
        ("model.safetensors", "b" * 64, True),
        ("onnx/model.onnx", SHA1, True),
        ("..name", SHA1, True),
        ("../escape", SHA1, False),
        ("a/../../b", SHA1, False),
        ("/etc/passwd", SHA1, False),
        ("a\\..\\b", SHA1, False),
        ("", SHA1, False),
        ("file", "../../blob", False),
        ("file", "A" * 40, False),
        ("file", "", False),
    ],
)
def test_paths_that_leave_the_repo_and_odd_digests_are_not_sane(
    path: str, digest: str, is_sane: bool
):
    assert HubFile(path, 1, digest).is_sane() is is_sane
