"""How a command ends: one line for a person, a traceback only for a fault of ours."""

import subprocess
import sys
from pathlib import Path

import pytest

from inference.core.errors import ConfigError, run_command

PROJECT = Path(__file__).resolve().parents[3]


def run(body: str) -> subprocess.CompletedProcess[str]:
    """A command whose main() has this body."""
    code = (
        f"from inference.core.errors import run_command\ndef main():\n    {body}\nrun_command(main)"
    )
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, timeout=60)


def sent(body: str, where: str) -> subprocess.CompletedProcess[str]:
    """A command whose main() does this, in a shell that sends its output on."""
    code = f"from inference.core.errors import run_command; run_command(lambda: {body})"
    line = f'"{sys.executable}" -c "{code}" {where}'
    return subprocess.run(line, shell=True, capture_output=True, text=True, cwd=PROJECT, timeout=60)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("open('/proc/nowhere/x', 'w')", "error: /proc/nowhere/x: No such file or directory."),
        ("import os; os.mkdir('/dev/null/x')", "error: /dev/null/x: Not a directory."),
    ],
)
def test_a_path_that_cannot_be_used_is_named_in_one_line(body: str, said: str):
    done = run(body)
    assert done.returncode == 1 and done.stderr.startswith(said), done.stderr
    assert done.stderr.count("\n") == 1


def test_a_full_disk_is_one_line_whoever_was_writing():
    done = sent("print('x')", "> /dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith("error: the disk is full. "), done.stderr
    assert done.stderr.count("\n") == 1


def test_a_reader_that_stops_early_is_no_error():
    done = sent("print('x\\n' * 10**6)", "| head -1")
    assert (done.stdout, done.stderr) == ("x\n", "")


def test_an_error_of_the_user_is_one_line_and_a_fault_of_ours_a_traceback(capsys):
    def wrong() -> None:
        raise ConfigError("no such flag")

    with pytest.raises(SystemExit):
        run_command(wrong)
    assert capsys.readouterr().err == "error: no such flag\n"
    assert "Traceback" in run("raise OSError('without a file')").stderr
