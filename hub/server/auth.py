"""Who asks, and what they may do: tokens, namespaces, and signatures of upload addresses.

Rules of the Hub: a repo that you may not see does not exist (404; 401 without a token); everybody
sees a public one; members of its namespace write to it, with a write token.
Try: python -m hub.server --root /tmp/hub --port 0 --token demo:write:hf_secret
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hub.server.names import Repo, check_repo_id
from hub.server.refusals import (
    BadRequest,
    BadToken,
    Forbidden,
    GatedRepo,
    NotSignedIn,
    RepoNotFound,
)

DEFAULT_USER = "demo"
ROLES = ("read", "write")


@dataclass(frozen=True)
class Token:
    """A secret, whose it is, and the further namespaces its user may write to."""

    user: str
    role: str
    secret: str = field(repr=False)
    orgs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for namespace in (self.user, *self.orgs):
            check_repo_id(namespace, "name")
        if self.role not in ROLES:
            raise BadRequest(f"Token of {self.user}: role {self.role!r} is not one of {ROLES}.")
        if not self.secret or not self.secret.isascii() or not self.secret.isprintable():
            raise BadRequest(f"Token of {self.user}: its secret is empty or not plain ASCII.")

    @classmethod
    def parse(cls, text: str) -> "Token":
        """The token that `USER:ROLE:SECRET[:ORG,ORG]` describes.

        Raises:
            BadRequest: it does not; the secret is not repeated in the message.
        """
        parts = text.split(":")
        if len(parts) not in (3, 4):
            raise BadRequest(f"--token has {len(parts)} parts, not USER:ROLE:SECRET[:ORG,ORG].")
        orgs = tuple(filter(None, parts[3].split(","))) if len(parts) == 4 else ()
        return cls(parts[0], parts[1], parts[2], orgs)


@dataclass(frozen=True)
class Viewer:
    """Who sent a request; `user` is "" without a token."""

    user: str = ""
    orgs: tuple[str, ...] = ()
    role: str = "read"

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Where this viewer is at home."""
        return (self.user, *self.orgs) if self.user else ()

    def check_sees(self, repo: Repo) -> None:
        """Return if the repo exists as far as this viewer is concerned.

        Raises:
            RepoNotFound: it is private and another's.
        """
        if repo.is_private and repo.namespace not in self.namespaces:
            raise RepoNotFound(f"Repository not found: {repo.id} ({repo.kind})")

    def check_is_member(self, namespace: str) -> None:
        """Return if this viewer is at home in the namespace.

        Raises:
            NotSignedIn, Forbidden: they are not.
        """
        if not self.user:
            raise NotSignedIn("Invalid username or password.")
        if namespace not in self.namespaces:
            raise Forbidden(f"You are not a member of {namespace}")

    def check_reads(self, repo: Repo) -> None:
        """Return if this viewer may read the files.

        Raises:
            RepoNotFound, GatedRepo: they may not.
        """
        self.check_sees(repo)
        if repo.gated and repo.namespace not in self.namespaces:
            raise GatedRepo(f"Access to {repo.kind} {repo.id} is restricted to its members.")

    def check_writes_to(self, namespace: str, what: str) -> None:
        """Return if this viewer may create or change repos there.

        Raises:
            NotSignedIn, Forbidden: they may not.
        """
        if not self.user:
            raise NotSignedIn("Invalid username or password.")
        if namespace not in self.namespaces:
            raise Forbidden(f"You don't have the rights to {what} under the namespace {namespace}")
        if self.role != "write":
            raise Forbidden(f"You must use a write token to {what}")

    def check_writes(self, repo: Repo) -> None:
        """Return if this viewer may change the repo.

        Raises:
            RepoNotFound, NotSignedIn, Forbidden: they may not.
        """
        self.check_sees(repo)
        self.check_writes_to(repo.namespace, f"upload to {repo.id}")


class Guard:
    """The known tokens, and the key that signs upload addresses for one root."""

    def __init__(self, root: Path, tokens: Iterable[Token]) -> None:
        self._viewers = {
            _digest(token.secret): Viewer(token.user, token.orgs, token.role) for token in tokens
        }
        self._key = _kept_secret(root / "signing-key")

    def viewer(self, authorization: str, *, is_git: bool = False) -> Viewer:
        """Who sent this Authorization header.

        is_git: a password will do. Nowhere else, as a browser sends those it was once given along
        with requests of any page.

        Raises:
            BadToken: it names a token that is not known here.
        """
        if not authorization:
            return Viewer()
        scheme, _, secret = authorization.partition(" ")
        if is_git and scheme.lower() == "basic":  # any user name, the token as password
            secret = _password(secret)
        elif scheme.lower() != "bearer":
            secret = ""
        viewer = self._viewers.get(_digest(secret.strip()))
        if viewer is None:
            raise BadToken("Invalid credentials in Authorization header")
        return viewer

    def sign(self, *fields: object) -> str:
        """A signature that only holders of this root's key can make."""
        message = json.dumps([str(field) for field in fields]).encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()

    def is_signed(self, signature: str, *fields: object) -> bool:
        """True if `sign` gave this signature for these fields."""
        return hmac.compare_digest(signature.encode(), self.sign(*fields).encode())


def _password(credentials: str) -> str:
    """The second half of Basic credentials (RFC 7617); "" where there is none."""
    try:
        text = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return text.partition(":")[2]


def _digest(secret: str) -> bytes:
    # A look-up by hash takes the same time however much of a wrong secret is right.
    return hashlib.sha256(secret.encode()).digest()


def generated_token(root: Path) -> Token:
    """The write token of user `demo` kept in root/tokens.json (0600), made at the first call.

    Raises:
        BadRequest: the file is there and is not ours.
    """
    path = root / "tokens.json"
    fresh = [{"user": DEFAULT_USER, "role": "write", "secret": "hf_" + secrets.token_hex(17)}]
    text = _kept(path, json.dumps(fresh, indent=1).encode())
    try:
        (kept,) = json.loads(text)
        return Token(kept["user"], kept["role"], kept["secret"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadRequest(f"{path} does not hold one token; delete it to get a new one.") from error


def _kept_secret(path: Path) -> bytes:
    return _kept(path, secrets.token_hex(32).encode())


def _kept(path: Path, fresh: bytes) -> bytes:
    """The content of the file; `fresh`, for its owner's eyes only, where there is none yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike a rename, fails if another process was first
    except FileExistsError:
        return path.read_bytes()
    finally:
        draft.unlink()
    return fresh
