"""Git's CGI program where it is missing; with it, tests/hub/server/test_routes_git.py."""

import subprocess
from pathlib import Path

import pytest

from hub.server import backend
from hub.server.refusals import NoGit


def test_a_git_without_its_http_backend_is_no_git(tmp_path: Path, monkeypatch):
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoGit, match="http-backend does not run"):
        backend.answer({}, subprocess.DEVNULL, is_streamed=True)
