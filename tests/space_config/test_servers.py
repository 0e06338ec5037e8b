"""space_config.servers with real child processes."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from hub.errors import UserError
from space_config.servers import HOST, Servers, free_port

pytestmark = pytest.mark.slow

PROGRAM = "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port={port}, bind='{host}')"


def command(port: int) -> list[str]:
    return [sys.executable, "-c", PROGRAM.format(port=port, host=HOST)]


def start(servers: Servers) -> int:
    port = free_port()
    servers.start("web", command(port), f"http://{HOST}:{port}/", dict(os.environ))
    return port


def test_leaving_the_block_ends_the_servers(tmp_path):
    with Servers(tmp_path) as servers:
        start(servers)
        pid = json.loads((tmp_path / "processes.json").read_text())[0]["pid"]
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)


def test_a_server_that_ends_is_reported_with_its_log(tmp_path):
    with Servers(tmp_path) as servers, pytest.raises(UserError, match="no such song") as caught:
        program = [sys.executable, "-c", "raise SystemExit('no such song')"]
        servers.start("web", program, f"http://{HOST}:{free_port()}/", dict(os.environ))
    assert str(tmp_path / "web.log") in str(caught.value)


def test_servers_of_a_killed_demo_are_ended_by_the_next(tmp_path):
    port = free_port()
    script = (
        "import os, time; from pathlib import Path\n"
        "from space_config.servers import Servers\n"
        f"with Servers(Path({str(tmp_path)!r})) as servers:\n"
        f"    servers.start('web', {command(port)!r}, 'http://{HOST}:{port}/', dict(os.environ))\n"
        "    print('up', flush=True); time.sleep(60)\n"
    )
    demo = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None and demo.stdout.readline() == "up\n"
    demo.send_signal(signal.SIGKILL)
    demo.communicate()
    assert free_port(port) != port, "the orphan should still listen"
    with Servers(tmp_path):
        deadline = time.monotonic() + 5
        while free_port(port) != port and time.monotonic() < deadline:
            time.sleep(0.05)
        assert free_port(port) == port, "the orphan still listens"


def test_a_pid_given_to_another_program_is_left_alone(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    note = [{"pid": other.pid, "started": 1.0}]
    (tmp_path / "processes.json").write_text(json.dumps(note))
    with Servers(tmp_path):
        assert other.poll() is None
    other.kill()
    other.wait()
