"""A real PostgreSQL server on loopback, from Debian's packages, for the time of a test."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_USER = "tuner"


def _program(name: str) -> str:
    """The path of one of the server's programs, which Debian keeps out of PATH."""
    found = shutil.which(name)
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if found is None and not places:
        message = "PostgreSQL is not installed (Debian's package postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{message}, and CI=true asks for its tests")
        pytest.skip(f"{message}: its tests are skipped")
    return found or str(places[-1])


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of an empty database; the server ends with the block."""
    initdb, control = _program("initdb"), _program("pg_ctl")
    # not pytest's folder, which the server's own user may not enter: it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    as_user = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    data = str(folder / "data")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def call(*command: str) -> None:
        subprocess.run([*as_user, *command], cwd=folder, check=True, stdout=subprocess.DEVNULL)

    try:
        call(initdb, "--auth=trust", f"--username={_USER}", "--no-sync", data)
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        call(
            control, "-D", data, "-l", str(folder / "log"), "-w", "-t", "60", "-o", options, "start"
        )
        try:
            yield f"postgresql://{_USER}@127.0.0.1:{port}/postgres"
        finally:
            call(control, "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
