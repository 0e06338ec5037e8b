"""What the Hub's refusals mean to the person: one error of ours for each, with the next step.

Owns the words; knows neither huggingface_hub nor the network (hub/client.py calls it).
Try: python -c "from hub.failures import unreachable; print(unreachable('http://a:1', 'refused'))"
"""

from dataclasses import dataclass

from hub.errors import AccessDenied, Conflict, HubError, HubUnreachable, NotFound


@dataclass(frozen=True)
class Subject:
    """What was asked for, of whom, as whom: the facts that every message names."""

    endpoint: str
    has_token: bool
    repo_id: str | None = None
    repo_type: str = "model"
    revision: str | None = None

    def __str__(self) -> str:
        if self.repo_id is None:
            return f"Hub at {self.endpoint}"
        at = f" at {self.revision}" if self.revision else ""
        return f"{self.repo_type} {self.repo_id}{at} on {self.endpoint}"


def unreachable(endpoint: str, problem: str) -> HubUnreachable:
    """The error for no usable answer; `problem` goes on from "The Hub at ..."."""
    return HubUnreachable(
        f"The Hub at {endpoint} {problem}. Check that it runs and that the address is right "
        "(HF_ENDPOINT), then try again."
    )


def refusal(subject: Subject, status: int, code: str | None, message: str) -> HubError:
    """The error for an answer of the Hub with this status.

    Args:
        subject: what was asked for.
        status: the HTTP status, 400 or above.
        code: the header X-Error-Code, by which the Hub tells one 404 from another.
        message: the Hub's own words, possibly empty; no token in them.
    """
    quoted = f' The Hub says: "{message}".' if message else ""
    if code == "GatedRepo":
        return AccessDenied(
            f"The {subject} is gated: its owner decides who may read it.{quoted} Ask for access "
            "on its page, then use a token of that account (HF_TOKEN)."
        )
    if code == "RevisionNotFound":
        return NotFound(
            f"The {subject} was not found: the repo exists, that branch, tag or commit does not. "
            "Check the revision, or use main."
        )
    if code == "EntryNotFound":
        return NotFound(f"A file of the {subject} was not found.{quoted} Check its name.")
    if code == "RepoNotFound" or status == 404:
        return NotFound(f"There is no {subject}, or it is private. {_who(subject)}")
    if status == 401:
        return AccessDenied(f"The {subject} asks who you are.{quoted} {_who(subject)}")
    if status == 403:
        return AccessDenied(
            f"The token may not do this with the {subject}.{quoted} Use a token with the role "
            "write whose user owns the namespace (HF_TOKEN)."
        )
    if status in (409, 412):
        return Conflict(
            f"The {subject} changed in the meantime.{quoted} Look at its latest commit, then "
            "try again."
        )
    if status == 429 or status >= 500:
        return unreachable(subject.endpoint, f"answered {status}")
    return HubError(f"The {subject}: the Hub refused with status {status}.{quoted}")


def _who(subject: Subject) -> str:
    if subject.has_token:
        return (
            "Check the spelling, and that the token (HF_TOKEN) is valid on this Hub and belongs "
            "to somebody who may see it."
        )
    return "Check the spelling; if it is private, give a token that may read it (HF_TOKEN)."
