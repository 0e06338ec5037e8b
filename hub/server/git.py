"""Git's own program: found, run in a folder with none of its user's settings, asked for objects.

Try: python -c "from hub.server import git; print(git.program())"
"""

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from hub.server.refusals import NoGit

# What holds in every repo here, whoever owns the folder and whatever the machine's settings say.
_SETTINGS = {
    "safe.directory": "*",
    "gc.auto": "0",  # a copy of the store may lose nothing behind our back
    "receive.autogc": "false",
    "receive.fsckObjects": "true",
    # What may not happen to a branch is for hub/server/pushes.py to say: after it has agreed,
    # nothing may fail any more.
    "receive.denyDeletes": "false",
    "receive.denyNonFastForwards": "false",
    "receive.denyDeleteCurrent": "ignore",
    # A push comes as one pack, as what the mirror lacks does: a commit that is there is whole.
    "receive.unpackLimit": "1",
    "receive.maxInputSize": str(2**30),
    "http.receivepack": "true",
    # a branch may move between the two requests of a fetch
    "uploadpack.allowAnySHA1InWant": "true",
    "uploadpack.allowFilter": "true",
}


def program() -> str:
    """The path of git.

    Raises:
        NoGit: it is not installed.
    """
    path = shutil.which("git")
    if path is None:
        raise NoGit(
            "git is not installed on the machine of this Hub: install it there (Debian:"
            " apt-get install git), or commit with huggingface_hub."
        )
    return path


def environment() -> dict[str, str]:
    """The whole environment that git runs in."""
    settings = {"GIT_CONFIG_COUNT": str(len(_SETTINGS))}
    for number, (name, value) in enumerate(_SETTINGS.items()):
        settings |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return {
        **settings,
        "PATH": str(Path(program()).parent),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "LC_ALL": "C",
    }


def run(folder: Path, *arguments: str, stdin: Iterable[bytes] = ()) -> str:
    """What git prints in this folder when it is given these bytes.

    Raises:
        subprocess.CalledProcessError: it failed; our own mistake, or a broken disk.
    """
    with subprocess.Popen(
        [program(), *arguments],
        cwd=folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin and process.stdout, process
        for piece in stdin:
            process.stdin.write(piece)
        process.stdin.close()
        printed = process.stdout.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, ["git", *arguments], printed)
    return printed.decode()


class Objects:
    """The objects of a repo, read through two processes that stay; for a `with` block."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._environment = environment  # None: a hook's own, with its quarantine

    def __enter__(self) -> Self:
        self._sizes = self._start("--batch-check")
        self._contents = self._start("--batch")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in (self._sizes, self._contents):
            process.communicate()

    def _start(self, mode: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [program(), "cat-file", mode],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def look_up(self, oid: str) -> tuple[str, int] | None:
        """(kind, bytes) of an object; None where there is none."""
        return _header(self._sizes, oid)

    def read(self, oid: str) -> bytes:
        """The content of an object that is there."""
        header = _header(self._contents, oid)
        assert header and self._contents.stdout, f"git has no object {oid}"
        content = self._contents.stdout.read(header[1])
        self._contents.stdout.read(1)
        return content


def _header(process: "subprocess.Popen[bytes]", oid: str) -> tuple[str, int] | None:
    assert process.stdin and process.stdout, process
    process.stdin.write(oid.encode() + b"\n")
    process.stdin.flush()
    _, *fields = process.stdout.readline().decode().split()
    return None if fields == ["missing"] else (fields[0], int(fields[1]))
