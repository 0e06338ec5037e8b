"""Tokens, and the secrets a root keeps."""

import base64
import stat

import pytest

from hub.server.auth import Guard, Token, Viewer, generated_token
from hub.server.names import Repo
from hub.server.refusals import (
    BadRequest,
    BadToken,
    Forbidden,
    GatedRepo,
    NotSignedIn,
    RepoNotFound,
)

OWNER, READER = Viewer("demo", ("org",), "write"), Viewer("demo", ("org",), "read")
OTHER, NOBODY = Viewer("other", (), "write"), Viewer()


def repo(namespace: str = "demo", *, is_private: bool = False, gated: str = "") -> Repo:
    return Repo(1, "model", namespace, "x", is_private, gated, "", 0)


def test_a_token_is_parsed_and_does_not_show_its_secret():
    token = Token.parse("demo:write:hf_secret:org-a,org-b")
    assert token == Token("demo", "write", "hf_secret", ("org-a", "org-b"))
    assert "hf_secret" not in repr(token)


@pytest.mark.parametrize(
    "text", ["", "demo", "demo:write", "demo:admin:s", "demo:read:", "../x:read:s", "a:read:s:x:y"]
)
def test_a_malformed_token_is_refused_without_repeating_it(text):
    with pytest.raises(BadRequest) as caught:
        Token.parse(text)
    assert "hf_" not in str(caught.value)


@pytest.mark.parametrize(
    "viewer, where, error",
    [
        (OWNER, repo(), None),
        (OWNER, repo("org", is_private=True), None),
        (READER, repo(), Forbidden),
        (OTHER, repo(), Forbidden),
        (OTHER, repo(is_private=True), RepoNotFound),
        (NOBODY, repo(), NotSignedIn),
        (NOBODY, repo(is_private=True), RepoNotFound),
    ],
)
def test_who_may_write(viewer, where, error):
    if error is None:
        viewer.check_writes(where)
    else:
        with pytest.raises(error):
            viewer.check_writes(where)


def test_who_may_read():
    for viewer in (OWNER, READER):
        viewer.check_reads(repo(is_private=True, gated="auto"))
    for viewer in (OTHER, NOBODY):
        viewer.check_reads(repo())
        viewer.check_sees(repo(gated="auto"))
        with pytest.raises(GatedRepo):
            viewer.check_reads(repo(gated="auto"))
        with pytest.raises(RepoNotFound):
            viewer.check_reads(repo(is_private=True))


def test_a_token_names_its_viewer(tmp_path):
    guard = Guard(tmp_path, [Token("demo", "write", "hf_x", ("org",))])
    assert guard.viewer("Bearer hf_x") == OWNER
    login = "Basic " + base64.b64encode(b"anybody:hf_x").decode()
    assert guard.viewer(login, is_git=True) == OWNER
    with pytest.raises(BadToken):  # a browser that knows it would send it for any page
        guard.viewer(login)
    assert guard.viewer("") == NOBODY
    for header in ("Bearer hf_y", "Bearer ", "Basic hf_x", "hf_x", "Basic OmhmX3k=", "Digest hf_x"):
        with pytest.raises(BadToken):
            guard.viewer(header, is_git=True)


def test_signatures_outlive_the_process_and_belong_to_one_root(tmp_path):
    signature = Guard(tmp_path / "a", []).sign(1, "oid", 5)
    assert Guard(tmp_path / "a", []).is_signed(signature, 1, "oid", 5)
    assert not Guard(tmp_path / "a", []).is_signed(signature, 1, "oid", 55)
    assert not Guard(tmp_path / "b", []).is_signed(signature, 1, "oid", 5)
    assert not Guard(tmp_path / "a", []).is_signed("", 1, "oid", 5)


def test_a_generated_token_is_kept_for_its_owner_only(tmp_path):
    token = generated_token(tmp_path)
    assert (token.user, token.role) == ("demo", "write")
    assert generated_token(tmp_path) == token
    assert stat.S_IMODE((tmp_path / "tokens.json").stat().st_mode) == 0o600
    (tmp_path / "tokens.json").write_text("{}")
    with pytest.raises(BadRequest, match=r"tokens\.json does not hold one token"):
        generated_token(tmp_path)
