"""Names of repos, revisions and endpoints: what is one, and what only looks like one.

A repo id is never a path: a folder of the same name must not stand in for the Hub's model.
Try: python -c "from hub.repo_ids import validate_repo_id; validate_repo_id('../model')"
"""

import re
from urllib.parse import urlsplit

from hub.errors import HubError, NotFound

_SEGMENT = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?")
_SHA = re.compile(r"[0-9a-f]{40}")
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+@/-]{0,254}")


def validate_repo_id(repo_id: str) -> str:
    """The repo id itself, "name" or "owner/name".

    Raises:
        NotFound: a path, a URL or another text that cannot name a repo.
    """
    segments = repo_id.split("/")
    is_id = len(segments) <= 2 and all(map(_SEGMENT.fullmatch, segments))
    if not is_id or "--" in repo_id or ".." in repo_id or repo_id.endswith(".git"):
        raise NotFound(
            f"{repo_id!r} is not the id of a repo. Expected owner/name in letters, digits, "
            "'-', '_' and '.', as in demo/tweet-sentiment; paths and URLs are not accepted."
        )
    return repo_id


def full_repo_id(repo_id: str, owner: str) -> str:
    """The id as owner/name: a bare name belongs to `owner`.

    Raises:
        NotFound: as for validate_repo_id.
    """
    validate_repo_id(repo_id)
    return repo_id if "/" in repo_id else validate_repo_id(f"{owner}/{repo_id}")


def validate_revision(revision: str) -> str:
    """The revision itself: a branch, a tag or a commit sha.

    Raises:
        NotFound: a text that cannot be one, such as a path with "..".
    """
    if not _REVISION.fullmatch(revision) or ".." in revision or "//" in revision:
        raise NotFound(
            f"{revision!r} is not a revision. Expected a branch, a tag or a commit of 40 hex "
            "digits, as in main or v1.0."
        )
    return revision


def validate_tag(tag: str) -> str:
    """The tag itself: a revision that git takes as the name of a new tag (git-check-ref-format).

    Raises:
        HubError: a text that cannot be one, or that looks like a commit sha.
    """
    segments = tag.split("/")
    is_wrong = (
        not _REVISION.fullmatch(tag)
        or any(not s or s.startswith(".") or s.endswith((".", ".lock")) for s in segments)
        or ".." in tag
        or "@{" in tag
        or _SHA.fullmatch(tag) is not None
    )
    if is_wrong:
        raise HubError(
            f"{tag!r} cannot be a tag. Expected letters, digits, '.', '_', '-', '+' and '/', and "
            "no commit sha, as in v1.0."
        )
    return tag


def validate_endpoint(endpoint: str) -> str:
    """The endpoint without a trailing slash.

    Raises:
        HubError: not an http or https address.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise HubError(
            f"The endpoint {endpoint!r} is not the address of a Hub. Expected http(s)://host, "
            "as in https://huggingface.co or http://127.0.0.1:8008 (HF_ENDPOINT)."
        )
    return endpoint.rstrip("/")
