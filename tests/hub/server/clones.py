"""Real git against the tests' Hub: repos to clone, clones to work in, and what git says."""

import os
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.hub_fixtures import RunningHub

# Settings of this machine's user must not decide a test.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@localhost",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@localhost",
    "NO_PROXY": "127.0.0.1,localhost",
    "LC_ALL": "C",
}


def needs_git() -> None:
    """Skip where git is not installed; fail there under CI=true."""
    if shutil.which("git") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("git is not installed, and CI=true asks for its tests")
        pytest.skip("git is not installed: tests/install.sh installs it")


def run(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """git in a folder, whatever comes of it."""
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=ENVIRONMENT | {"HOME": str(folder)} | environment,
        capture_output=True,
        text=True,
    )


def git(folder: Path, *arguments: str, **environment: str) -> str:
    """What git prints in a folder; fails with what it said if it fails."""
    done = run(folder, *arguments, **environment)
    assert done.returncode == 0, f"git {arguments}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def address(hub: RunningHub, path: str, token: str | None = None) -> str:
    """Where git finds a repo, with the token as password; False-like: none."""
    parts = urlsplit(hub.endpoint)
    login = f"anybody:{token}@" if token else ""
    return f"{parts.scheme}://{login}{parts.netloc}/{path}"


@dataclass(frozen=True)
class Clone:
    """A clone's folder."""

    folder: Path

    @property
    def head(self) -> str:
        """The commit that is checked out."""
        return git(self.folder, "rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        return git(self.folder, *arguments)

    def write(self, **files: str | bytes) -> None:
        """Write files given as name=content; `__` stands for a slash, `_` for the dot."""
        for name, content in files.items():
            path = self.folder / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str = "Edit", **files: str | bytes) -> str:
        """Commit these files, and all else that changed; returns the commit's id."""
        self.write(**files)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.head

    def push(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return run(self.folder, "push", *arguments)


def clone(hub: RunningHub, path: str, folder: Path, token: str | None = None) -> Clone:
    """A fresh clone with the write token, or with another."""
    git(folder.parent, "clone", "-q", address(hub, path, token or hub.token), folder.name)
    return Clone(folder)


def new_repo(hub: RunningHub, kind: str = "model", **options: object) -> str:
    repo_id = f"demo/git-{uuid.uuid4().hex[:10]}"
    sdk = {"space_sdk": "docker"} if kind == "space" else {}
    hub.api().create_repo(repo_id, repo_type=kind, **sdk, **options)
    return repo_id


def upload(hub: RunningHub, repo_id: str, path: str, content: bytes) -> str:
    api = hub.api()
    return api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=repo_id).oid
