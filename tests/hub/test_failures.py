"""Each refusal of the Hub becomes the right error, and says what to do."""

import pytest

from hub.errors import AccessDenied, Conflict, HubError, HubUnreachable, NotFound
from hub.failures import Subject, refusal

ENDPOINT = "http://127.0.0.1:8008"


@pytest.mark.parametrize(
    ("status", "code", "has_token", "expected", "says"),
    [
        (401, None, True, AccessDenied, "valid on this Hub"),
        (401, None, False, AccessDenied, "HF_TOKEN"),
        (401, "RepoNotFound", False, NotFound, "private"),
        (401, "GatedRepo", False, AccessDenied, "gated"),
        (403, "GatedRepo", True, AccessDenied, "Ask for access"),
        (403, None, True, AccessDenied, "role write"),
        (404, None, True, NotFound, "Check the spelling"),
        (404, "RepoNotFound", True, NotFound, "Check the spelling"),
        (404, "RevisionNotFound", True, NotFound, "or use main"),
        (404, "EntryNotFound", True, NotFound, "Check its name"),
        (409, None, True, Conflict, "try again"),
        (412, None, True, Conflict, "latest commit"),
        (429, None, True, HubUnreachable, "429"),
        (503, None, True, HubUnreachable, "503"),
        (400, None, True, HubError, "400"),
        (413, None, True, HubError, "413"),
    ],
)
def test_a_refusal_names_what_was_asked_and_the_next_step(
    status: int, code: str | None, has_token: bool, expected: type[HubError], says: str
):
    error = refusal(Subject(ENDPOINT, has_token, "demo/clf", "model", "v1"), status, code, "no")
    assert type(error) is expected
    assert says in str(error) and ENDPOINT in str(error)
    assert "huggingface.co" not in str(error)


def test_without_a_repo_the_hub_itself_is_named():
    message = str(refusal(Subject(ENDPOINT, has_token=True), 401, None, ""))
    assert message.startswith(f"The Hub at {ENDPOINT} asks who you are.")
