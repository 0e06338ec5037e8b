"""Names on the Hub: repos, their kinds, branches and tags; and what may be one.

Try: python -c "from hub.server.names import check_repo_id as c; c('demo', 'tweet-sentiment')"
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hub.server.git_objects import object_id
from hub.server.refusals import BadRequest

# kind -> (segment in /api/..., prefix in web addresses)
KINDS = {
    "model": ("models", ""),
    "dataset": ("datasets", "datasets/"),
    "space": ("spaces", "spaces/"),
}
KIND_OF_SEGMENT = {segment: kind for kind, (segment, _) in KINDS.items()}
# What git and git-lfs ask for, with a user name and a token as password.
_FOR_GIT = re.compile(r"/info/(refs$|lfs/)|/git-(upload|receive)-pack$")
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?")
_REF = re.compile(r"[^\x00-\x20\x7f~^:?*\[\\]{1,200}")


def is_for_git(path: str) -> bool:
    """True for the addresses that git and git-lfs make of a repo's own."""
    return _FOR_GIT.search(path) is not None


@dataclass(frozen=True)
class Repo:
    """A repo's name and settings; `key` stays the same when it moves and is never used again."""

    key: int
    kind: str
    namespace: str
    name: str
    is_private: bool
    gated: str  # "", "auto" or "manual"
    sdk: str  # of a Space, else ""
    created_ms: int

    @classmethod
    def from_row(cls, row: Sequence[object]) -> "Repo":
        """The repo of a row of the table `repo`."""
        key, kind, namespace, name, is_private, gated, sdk, created_ms = row
        return cls(
            int(str(key)),
            str(kind),
            str(namespace),
            str(name),
            bool(is_private),
            str(gated),
            str(sdk),
            int(str(created_ms)),
        )

    @property
    def id(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Ref:
    """A branch or tag and the commit it stands for."""

    kind: str
    name: str
    target: str
    annotation: bytes | None = None  # the git object of a tag that has one

    @property
    def full_name(self) -> str:
        """As git names it."""
        return f"refs/{'heads' if self.kind == 'branch' else 'tags'}/{self.name}"

    @property
    def git_id(self) -> str:
        """What it stands for in git."""
        return object_id("tag", self.annotation) if self.annotation else self.target


def check_repo_id(namespace: str, name: str) -> None:
    """Return if both may name a repo.

    Raises:
        BadRequest: they may not.
    """
    for word in (namespace, name):
        if not _NAME.fullmatch(word) or ".." in word or "--" in word or word.endswith(".git"):
            raise BadRequest(
                f"Invalid name {word[:100]!r}: up to 96 letters, digits, '-', '_' and '.', no '--'"
                " or '..', neither '-' nor '.' at either end, and no '.git' there."
            )


def check_ref_name(name: str) -> None:
    """Return if git would take this as the name of a branch or tag.

    Raises:
        BadRequest: it would not (git-check-ref-format), or it looks like a commit id.
    """
    segments = name.split("/")
    is_wrong = (
        not _REF.fullmatch(name)
        or any(not s or s.startswith(".") or s.endswith((".", ".lock")) for s in segments)
        or ".." in name
        or "@{" in name
        or name == "@"
        or name.startswith("-")
        or re.fullmatch("[0-9a-f]{40}", name) is not None
    )
    if is_wrong:
        raise BadRequest(f"Invalid reference name {name[:100]!r}.")
