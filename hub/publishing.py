"""A folder becomes one commit of a repo, then a tag; done again after a failure, it carries on.

Owns the order of things and what counts as already done; the protocol is in hub/client.py.
Not covered: merging with what others published meanwhile (that is a Conflict).
Try: python -c "from pathlib import Path; from hub.publishing import files_under; \
print(files_under(Path('docs'), ['*.png']))"
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hub.content import HubFile
from hub.errors import Conflict, HubError, HubUnreachable
from hub.snapshots import COLD_S, is_wanted

_NEVER_PUBLISHED = {".git", ".cache"}
_COMMIT_TRIES = 2


@dataclass(frozen=True)
class Published:
    """What a publication left on the Hub."""

    repo_id: str
    sha: str
    url: str
    tag: str | None


class PublishTarget(Protocol):
    """The part of a Hub that publishing needs."""

    endpoint: str

    def head(self, repo_id: str, revision: str, repo_type: str, *, wait_s: float) -> str:
        """The commit that a revision has now."""

    def listing(
        self, repo_id: str, sha: str, repo_type: str, *, wait_s: float
    ) -> tuple[HubFile, ...]:
        """All files of a commit."""

    def make_repo(self, repo_id: str, repo_type: str, *, private: bool, branch: str) -> None:
        """Create the repo and the branch unless they exist; refuse a public one for private."""

    def commit(self, plan: "CommitPlan", parent: str) -> str:
        """Make exactly one commit on top of `parent`; its sha."""

    def tags(self, repo_id: str, repo_type: str) -> dict[str, str]:
        """Each tag with the commit that it names."""

    def make_tag(self, repo_id: str, repo_type: str, tag: str, sha: str) -> None:
        """Name a commit."""

    def url(self, repo_id: str, repo_type: str) -> str:
        """The address of the repo's page."""


@dataclass(frozen=True)
class CommitPlan:
    """One commit to be made: these files, under these paths, on this branch."""

    repo_id: str
    repo_type: str
    branch: str
    message: str
    additions: Mapping[str, Path]  # path in the repo -> file on this machine
    deletions: tuple[str, ...]  # paths in the repo


@dataclass(frozen=True)
class PublishRequest:
    """What the caller of Hub.publish asked for."""

    folder: Path
    repo_id: str
    repo_type: str
    branch: str
    message: str
    is_private: bool
    tag: str | None
    allow_patterns: Sequence[str] | None
    delete_patterns: Sequence[str] | None


def publish(target: PublishTarget, wish: PublishRequest) -> Published:
    """Bring the folder's files to the branch in one commit, and name it. Raises as Hub.publish."""
    additions = files_under(wish.folder, wish.allow_patterns)
    repo_id, repo_type = wish.repo_id, wish.repo_type
    target.make_repo(repo_id, repo_type, private=wish.is_private, branch=wish.branch)
    head = target.head(repo_id, wish.branch, repo_type, wait_s=COLD_S)
    plan = _plan(target, wish, additions, head)
    is_there = _is_at(target, plan, head)
    tagged_sha = target.tags(repo_id, repo_type).get(wish.tag) if wish.tag else None
    if tagged_sha is not None and not (is_there and tagged_sha == head):
        raise Conflict(
            f"The tag {wish.tag} of {repo_id} on {target.endpoint} already names commit "
            f"{tagged_sha[:12]} with other content. Nothing was uploaded; choose a new tag."
        )
    sha = head if is_there else _commit(target, plan, head)
    if wish.tag and tagged_sha is None:
        _tag(target, wish, wish.tag, sha)
    return Published(repo_id=repo_id, sha=sha, url=target.url(repo_id, repo_type), tag=wish.tag)


def _tag(target: PublishTarget, wish: PublishRequest, tag: str, sha: str) -> None:
    try:
        target.make_tag(wish.repo_id, wish.repo_type, tag, sha)
    except Conflict:
        # asked again after a lost answer, the Hub says that the tag exists: by then it should
        if target.tags(wish.repo_id, wish.repo_type).get(tag) != sha:
            raise


def files_under(folder: Path, patterns: Sequence[str] | None) -> dict[str, Path]:
    """Path in the repo -> file, for the folder's files that match; sorted.

    Raises:
        HubError: no such folder, or no file in it matches.
    """
    if not folder.is_dir():
        raise HubError(f"There is no folder {folder} to publish. Check the path.")
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
    files = {
        name: path
        for name, path in paths.items()
        if path.is_file()
        and not _NEVER_PUBLISHED & set(name.split("/"))
        and is_wanted(name, patterns)
    }
    if not files:
        asked = f" that matches {', '.join(patterns)}" if patterns is not None else ""
        raise HubError(f"The folder {folder} holds no file{asked}: there is nothing to publish.")
    return files


def _plan(
    target: PublishTarget, wish: PublishRequest, additions: Mapping[str, Path], head: str
) -> CommitPlan:
    deletions: tuple[str, ...] = ()
    if wish.delete_patterns is not None:
        listing = target.listing(wish.repo_id, head, wish.repo_type, wait_s=COLD_S)
        stale = (file.path for file in listing if file.path not in additions)
        deletions = tuple(path for path in stale if is_wanted(path, wish.delete_patterns))
    return CommitPlan(
        repo_id=wish.repo_id,
        repo_type=wish.repo_type,
        branch=wish.branch,
        message=wish.message,
        additions=additions,
        deletions=deletions,
    )


def _is_at(target: PublishTarget, plan: CommitPlan, sha: str) -> bool:
    """True if the commit already holds everything that the plan would bring about."""
    listing = target.listing(plan.repo_id, sha, plan.repo_type, wait_s=COLD_S)
    files = {file.path: file for file in listing}
    if any(path in files for path in plan.deletions):
        return False
    # all names first: no need to hash 90 MB to see that README.md is missing
    if any(name not in files for name in plan.additions):
        return False
    return all(files[name].matches(path) for name, path in plan.additions.items())


def _commit(target: PublishTarget, plan: CommitPlan, parent: str) -> str:
    """Commit, once, although an answer may be lost on its way to us."""
    for tries in range(1, _COMMIT_TRIES + 1):
        try:
            return target.commit(plan, parent)
        except (HubUnreachable, Conflict) as error:
            head = target.head(plan.repo_id, plan.branch, plan.repo_type, wait_s=COLD_S)
            if head != parent and _is_at(target, plan, head):
                return head  # it was made; only the answer did not arrive
            if isinstance(error, Conflict) or tries == _COMMIT_TRIES or head != parent:
                raise
    raise AssertionError("every try returns or raises")
