"""Which names a repo, a branch or a tag may have."""

import pytest

from hub.server.names import check_ref_name, check_repo_id
from hub.server.refusals import BadRequest


@pytest.mark.parametrize("name", ["a", "all-MiniLM-L6-v2", "x_1.5", "A" * 96, "_a_"])
def test_possible_repo_names(name):
    check_repo_id("sentence-transformers", name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "-a", "a-", "a.", "a--b", "a..b", "a.git", "a/b", "ä", "a\n", "A" * 97]
)
def test_impossible_repo_names(name):
    for namespace, repo in ((name, "a"), ("a", name)):
        with pytest.raises(BadRequest, match="Invalid name"):
            check_repo_id(namespace, repo)


@pytest.mark.parametrize("name", ["v1.0.0", "feature/x", "refs/pr/1", "ä", "a-b"])
def test_possible_ref_names(name):
    check_ref_name(name)


@pytest.mark.parametrize(
    "name", ["", "a b", "a..b", "a~", "a/", "/a", "a.lock", "@{", "f" * 40, "a\x7f"]
)
def test_impossible_ref_names(name):
    with pytest.raises(BadRequest, match="Invalid reference name"):
        check_ref_name(name)
