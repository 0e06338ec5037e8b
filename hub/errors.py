"""The errors of the Hub that a person may see, and the base of every such error.

UserError                its text is the whole message: what happened, value seen, what to do
└── HubError
    ├── HubUnreachable   refused, never answered, 429 or 5xx after the last retry
    ├── AccessDenied     no token, wrong token, read-only token, foreign namespace, gated repo
    ├── NotFound         no such repo (or a private one), revision or file
    ├── Conflict         the branch moved on, or the tag exists with other content
    └── CorruptDownload  a file's content does not match its sha256, also after one refetch

inference/core/errors.py draws the part of the tree that lies above this layer.
"""


class UserError(Exception):
    """An error that its reader can act on; a command prints it in one line, without a traceback."""

    exit_code = 1


class HubError(UserError):
    """The Hub did not do what was asked."""


class HubUnreachable(HubError):
    """The Hub refused, did not answer in time, or answered only 429 or 5xx."""


class AccessDenied(HubError):
    """The token is missing, wrong or may not do this."""


class NotFound(HubError):
    """The repo, the revision or the file does not exist, or this token may not see it."""


class Conflict(HubError):
    """The change was made against a state of the repo that is no longer current."""


class CorruptDownload(HubError):
    """A downloaded file is not what the Hub says it is, and a second download did not help."""
