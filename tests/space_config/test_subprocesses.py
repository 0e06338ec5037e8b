"""Work in a process of its own: it ends by itself, and its errors are told."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import psutil
import pytest

from tests.space_fixtures import PROJECT

pytestmark = pytest.mark.slow

LIMIT_S = 30


def started(program: str, **options: Any) -> tuple["subprocess.Popen[str]", list[psutil.Process]]:
    """A process that waits for work in another, and its children: that one and a tracker."""
    waiting = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, **options)
    deadline = time.monotonic() + LIMIT_S
    while len(children := psutil.Process(waiting.pid).children(recursive=True)) < 2:
        assert time.monotonic() < deadline, children
        time.sleep(0.01)
    return waiting, children


def test_its_errors_are_told_in_one_line_each():
    program = "from inference.core.errors import run_command; "
    program += "from space_config.subprocesses import run_in_subprocess; "
    program += "from hub.repo_ids import validate_repo_id; "
    program += "run_command(lambda: run_in_subprocess(validate_repo_id, 'no such / name'))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    first, second = done.stderr.splitlines()
    assert done.returncode == 1
    assert first.startswith("error: 'no such / name' is not the id of a repo"), done.stderr
    assert second.startswith("error: hub.repo_ids.validate_repo_id ended with code 1"), done.stderr


def test_ctrl_c_is_no_traceback_wherever_it_is():
    program = "import signal; from inference.core.errors import run_command; "
    program += "from space_config.subprocesses import run_in_subprocess; "
    program += "signal.signal(signal.SIGINT, signal.default_int_handler); "
    program += "run_command(lambda: run_in_subprocess(__import__('time').sleep, 60))"
    waiting, children = started(program, start_new_session=True, stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)  # while it starts the other one, it does not hear
    os.killpg(waiting.pid, signal.SIGINT)  # as a terminal does, to all of them
    _, said = waiting.communicate(timeout=LIMIT_S)
    assert (waiting.returncode, said) == (130, "interrupted\n")
    assert not psutil.wait_procs(children, LIMIT_S)[1]


def test_it_ends_though_who_waits_for_it_is_killed():
    program = "from space_config.subprocesses import run_in_subprocess; "
    program += "run_in_subprocess(__import__('time').sleep, 1)"
    waiting, children = started(program)
    waiting.kill()
    waiting.wait()
    assert not psutil.wait_procs(children, LIMIT_S)[1]
