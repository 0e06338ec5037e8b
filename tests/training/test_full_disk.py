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

# $1: where it is mounted, $2: where stderr goes; the rest is the command. The disk grows as by a
# person who frees space: too little for the first checkpoint, for all of them, enough.
_GROWING = """
disk=$1; kept=$2; shift 2
mount -t tmpfs none "$disk" || exit 99
for size in 100k 1200k 9m; do
    mount -o "remount,size=$size" "$disk" || exit 99
    "$@" > "$kept/$size.out" 2> "$kept/$size.err"
    echo $?
done
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
    command = [sys.executable, "-m", "training.train", "--config", str(file)]
    done = subprocess.run(
        [*namespace, "sh", "-c", _GROWING, "sh", str(disk), str(kept), *command],
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
