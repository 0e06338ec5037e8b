"""Work in a process of its own: it ends by itself, and its errors are told."""

import subprocess
import sys
import time

import psutil
import pytest

from hub.errors import UserError
from hub.repo_ids import validate_repo_id
from space_config.apart import apart
from tests.space_fixtures import PROJECT

LIMIT_S = 30


def test_its_errors_are_told_in_one_line(capfd: pytest.CaptureFixture[str]):
    with pytest.raises(UserError, match=r"hub\.repo_ids\.validate_repo_id ended with code 1"):
        apart(validate_repo_id, "no such / name")
    said = capfd.readouterr().err
    assert said.startswith("error: ") and said.count("\n") == 1, said


def test_it_ends_though_who_waits_for_it_is_killed():
    program = "import time; from space_config.apart import apart; apart(time.sleep, 1)"
    waiting = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT)
    deadline = time.monotonic() + LIMIT_S
    while len(left := psutil.Process(waiting.pid).children(recursive=True)) < 2:  # it, a tracker
        assert time.monotonic() < deadline, left
        time.sleep(0.01)
    waiting.kill()
    waiting.wait()
    _, left = psutil.wait_procs(left, LIMIT_S)
    assert not left
