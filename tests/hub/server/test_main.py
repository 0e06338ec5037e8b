"""The command: how it starts, what it prints, where it listens, how it stops."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.hub_fixtures import PROJECT

pytestmark = pytest.mark.slow


@contextmanager
def command(*arguments: object):
    """The running command and its output up to the last export line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.server", *map(str, arguments)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_without_tokens_one_is_made_and_kept(tmp_path):
    secrets = []
    for _ in range(2):
        with command("--root", tmp_path, "--port", 0) as process:
            lines = [process.stdout.readline().strip() for _ in range(6)]
        assert re.fullmatch(r"listening on http://127\.0\.0\.1:\d+", lines[0])
        exports = dict(line.removeprefix("export ").split("=", 1) for line in lines[1:])
        assert exports["HF_ENDPOINT"] == lines[0].split()[-1]
        assert exports["HF_HUB_DISABLE_XET"] == "1"
        secrets.append(exports["HF_TOKEN"])
    assert secrets[0] == secrets[1]
    assert secrets[0] in (tmp_path / "tokens.json").read_text()


def test_a_given_secret_is_not_printed(tmp_path):
    with command("--root", tmp_path, "--port", 0, "--token", "me:write:hf_given") as process:
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
    assert "hf_given" not in output and "HF_TOKEN" not in output
    assert not (tmp_path / "tokens.json").exists()


def own_address() -> str | None:
    """An address of this machine that is not loopback, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # no packet is sent; the kernel picks a source
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


def test_only_this_machine_is_answered_unless_told_otherwise(tmp_path):
    address = own_address()
    if address is None:
        pytest.skip("this machine has no address but loopback")
    for flags, is_reachable in (([], False), (["--host", "0.0.0.0"], True)):
        with command("--root", tmp_path, "--port", 0, *flags) as process:
            port = int(process.stdout.readline().rsplit(":", 1)[1])
            with socket.socket() as visitor:
                visitor.settimeout(5)
                assert (visitor.connect_ex((address, port)) == 0) is is_reachable


@pytest.mark.parametrize("sent, status", [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)])
def test_it_stops_when_told_to(tmp_path, sent, status):
    with command("--root", tmp_path, "--port", 0) as process:
        process.stdout.readline()
        os.kill(process.pid, sent)
        assert process.wait(timeout=20) == status


def test_a_folder_of_something_else_is_one_line_on_stderr(tmp_path):
    (tmp_path / "hub.sqlite3").write_bytes(b"not a database" * 100)
    command = [sys.executable, "-m", "hub.server", "--root", tmp_path, "--port", "0"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "hub.server: file is not a database\n")


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--port", "PORT"], "in use"),
        (["--port", "99999"], "port must be 0-65535"),
        (["--port", "0", "--token", "demo:boss:hf_hidden"], "role 'boss' is not one of"),
        (["--port", "0", "--host", "no.such.host.invalid"], "hub.server: "),
    ],
)
def test_a_mistake_is_one_line_on_stderr(tmp_path, flags, message):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        arguments = [port if flag == "PORT" else flag for flag in flags]
        done = subprocess.run(
            [sys.executable, "-m", "hub.server", "--root", tmp_path, *arguments],
            cwd=PROJECT,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and message in done.stderr, done.stderr
    assert "hf_hidden" not in done.stderr
