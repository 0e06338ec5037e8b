"""What the Hub on loopback refuses, and by which code the real clients recognise it.

Refusal                    `code` travels in the X-Error-Code header, the text in X-Error-Message
├── BadRequest             a malformed body, name, path or option
├── TooLarge               a request longer than its bound
├── NotSignedIn            no token where one is needed
├── BadToken               a token that this server does not know
├── Forbidden              a known user who may not do this
├── RepoNotFound           no such repo, or one that this user may not see
├── RevisionNotFound       no such branch, tag or commit
├── EntryNotFound          no such file or folder; carries the commit in which it is missing
├── GatedRepo              a repo whose files are only for its members
├── RepoExists, RefExists  the name is taken
├── StaleParent            the branch has moved on since the client looked
└── NoGit                  git clients cannot be served where git is not installed

Which HTTP status each one becomes is decided in hub/server/wire.py.
"""


class Refusal(Exception):
    """A request that is answered with an error; the text says why, for the person who sent it."""

    code = "BadRequest"


class BadRequest(Refusal):
    """The request cannot be read or names something impossible."""


class TooLarge(Refusal):
    """The request is longer than this server reads."""

    code = "PayloadTooLarge"


class NotSignedIn(Refusal):
    """The request needs a token and brought none."""

    code = "Unauthorized"


class BadToken(Refusal):
    """The request brought a token that this server does not know."""

    code = "InvalidCredentials"


class Forbidden(Refusal):
    """The user is known and may not do this."""

    code = "Forbidden"


class RepoNotFound(Refusal):
    """The repo does not exist, or must look so to this user."""

    code = "RepoNotFound"


class RevisionNotFound(Refusal):
    """The repo has no such branch, tag or commit."""

    code = "RevisionNotFound"


class EntryNotFound(Refusal):
    """The commit has no such file or folder."""

    code = "EntryNotFound"

    def __init__(self, message: str, commit: str) -> None:
        super().__init__(message)
        self.commit = commit


class GatedRepo(Refusal):
    """The repo shows itself, but its files are only for its members."""

    code = "GatedRepo"


class RepoExists(Refusal):
    """A repo of this kind and name is already there."""

    code = "RepoExists"


class RefExists(Refusal):
    """The repo already has a branch or tag of this name."""

    code = "RefExists"


class StaleParent(Refusal):
    """The branch is no longer at the commit that the client built on."""

    code = "PreconditionFailed"


class NoGit(Refusal):
    """The machine has no git, whose own program serves git clients."""

    code = "NotImplemented"
