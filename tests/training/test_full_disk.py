"""A disk that is too small: one line each time, and with more space the same command goes on.

The disk is a real one in memory, mounted in a namespace of the test's own.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.space_fixtures import PROJECT
from tests.training.toy import toy_config, write_toy_csv

pytestmark = pytest.mark.slow

# The training of the arguments after the first two, for each size in a process of its own that has
# the imports done. The disk grows as by a person who frees space: too little for the first
# checkpoint, for all of them, enough.
_GROWING = """
import os, runpy, subprocess, sys
from training.classifier import pipeline

disk, kept, *sys.argv[1:] = sys.argv[1:]
subprocess.run(["mount", "-t", "tmpfs", "none", disk], check=True)
for size in ("100k", "1200k", "9m"):
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)
    child = os.fork()
    if child == 0:
        for number, ending in ((1, "out"), (2, "err")):
            os.dup2(os.open(f"{kept}/{size}.{ending}", os.O_CREAT | os.O_WRONLY), number)
        code = 0
        try:
            runpy.run_module("training.train", run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
        os._exit(code)  # what the imports would tidy up is the parent's
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
_MAY_MOUNT = ("unshare", "--map-root-user", "--mount")


@pytest.fixture
def namespace() -> tuple[str, ...]:
    """The command that gives another one mounts of its own."""
    try:
        tried = subprocess.run([*_MAY_MOUNT, "true"], capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if tried.returncode:
        pytest.skip(f"no mounts here: {tried.stderr.decode().strip()}")
    return _MAY_MOUNT


def test_a_full_disk_is_said_in_one_line_and_loses_nothing(
    tiny_model: Path, tmp_path: Path, namespace: tuple[str, ...]
):
    disk = tmp_path / "disk"
    kept = tmp_path / "kept"
    disk.mkdir()
    kept.mkdir()
    config = toy_config(
        train_file=str(write_toy_csv(tmp_path / "toy.csv", 120)),
        model_name_or_path=str(tiny_model),
        output_dir=str(disk / "run"),
        baselines=(),
    )
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config.as_dict()))
    growing = [*namespace, sys.executable, "-c", _GROWING, str(disk), str(kept)]
    done = subprocess.run(
        [*growing, "--config", str(file)],
        cwd=PROJECT,
        env={**os.environ, "HF_HOME": str(tmp_path / "hub"), "DEVICE": "cpu"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.stdout.split() == ["1", "1", "0"], done
    for size in ("100k", "1200k"):
        *_, said = (kept / f"{size}.err").read_text().splitlines()
        assert said.startswith("error: the disk is full. Free some space"), said
        assert "Traceback" not in (kept / f"{size}.err").read_text()
    assert "carrying on" in (kept / "9m.out").read_text()
