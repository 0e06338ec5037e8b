"""What can name a repo, a revision, a Hub."""

import pytest

from hub.errors import HubError, NotFound
from hub.repo_ids import (
    full_repo_id,
    validate_endpoint,
    validate_repo_id,
    validate_revision,
    validate_tag,
)


@pytest.mark.parametrize("repo_id", ["gpt2", "demo/clf", "a/b_c.d-e", "cardiffnlp/x" + "y" * 60])
def test_ids_of_repos_pass(repo_id: str):
    assert validate_repo_id(repo_id) == repo_id


@pytest.mark.parametrize(
    "repo_id",
    [
        *["", "a/b/c", "./a", "../a", "/a/b", "a/", "a//b", "a/..", "a--b/c", "a/b.git", "~/a"],
        *["a b", "http://x/a/b", "a/b?x", "a\\b", "a/b\n", "a/" + "b" * 97, "-a/b", "a/b-"],
    ],
)
def test_paths_and_urls_are_no_ids(repo_id: str):
    with pytest.raises(NotFound, match="owner/name"):
        validate_repo_id(repo_id)


def test_a_bare_name_gets_its_owner():
    assert full_repo_id("clf", "demo") == "demo/clf"
    assert full_repo_id("org/clf", "demo") == "org/clf"


@pytest.mark.parametrize("revision", ["main", "v1.0", "refs/pr/1", "feature/x", "a" * 40])
def test_revisions_pass(revision: str):
    assert validate_revision(revision) == revision


@pytest.mark.parametrize("revision", ["", "../main", "a/../b", "/main", "a//b", "a b", "a\n", "-x"])
def test_what_could_leave_the_refs_folder_is_no_revision(revision: str):
    with pytest.raises(NotFound, match="revision"):
        validate_revision(revision)


@pytest.mark.parametrize("tag", ["v1", "v1.0", "release/2026-01", "1.0+cpu", "a@b"])
def test_tags_pass(tag: str):
    assert validate_tag(tag) == tag


@pytest.mark.parametrize(
    "tag",
    [
        *[
            "bad tag",
            "",
            "v1\n",
            "-v1",
            ".v1",
            "v1.",
            "a..b",
            "a//b",
            "a/",
            "/a",
            "a/.b",
            "v1.lock",
        ],
        *["a@{b", "a~1", "a^", "a:b", "a?b", "a*b", "a[b", "a\\b", "ü", "a" * 40, "x" * 256],
    ],
)
def test_what_git_takes_for_no_tag_is_refused(tag: str):
    with pytest.raises(HubError, match=r"cannot be a tag.*as in v1\.0"):
        validate_tag(tag)


def test_endpoints_lose_their_slash_and_must_be_http():
    assert validate_endpoint("http://127.0.0.1:8008/") == "http://127.0.0.1:8008"
    with pytest.raises(HubError, match="address"):
        validate_endpoint("127.0.0.1:8008")
