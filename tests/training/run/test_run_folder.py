"""Whose folder it is, and which stages are done in it."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inference.core.errors import ConfigError
from tests.hub_fixtures import PROJECT
from training.run.run_folder import RunFolder, write_json

IDENTITY: dict[str, object] = {"seed": 1}


def test_a_stage_is_found_again_by_its_key_alone(tmp_path):
    run = RunFolder.open(tmp_path / "run", IDENTITY)
    run.record("export", ["abc", 1], {"size": 3})
    again = RunFolder.open(tmp_path / "run", IDENTITY)
    assert again.find("export", ["abc", 1]) == {"size": 3}
    assert again.find("export", ["xyz", 1]) is None
    assert again.find("measure", ["abc", 1]) is None


def test_opening_writes_nothing(tmp_path):
    RunFolder.open(tmp_path / "run", IDENTITY)
    assert not (tmp_path / "run").exists()


def test_a_folder_of_other_settings_is_refused_with_what_to_do(tmp_path):
    RunFolder.open(tmp_path, IDENTITY).write()
    with pytest.raises(ConfigError, match=r"seed is 1 there, 2 asked\. Choose another"):
        RunFolder.open(tmp_path, {"seed": 2})


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "photo.jpg").write_text("x")
    with pytest.raises(ConfigError, match="holds no run of ours"):
        RunFolder.open(tmp_path, IDENTITY)
    with pytest.raises(ConfigError, match="is a file"):
        RunFolder.open(tmp_path / "photo.jpg", IDENTITY)


def test_a_kill_in_the_very_first_write_leaves_the_folder_usable(tmp_path):
    (tmp_path / ".stages.json.123").write_text('{"iden')
    RunFolder.open(tmp_path, IDENTITY).write()
    assert RunFolder.open(tmp_path, IDENTITY).find("fit", 1) is None


@pytest.mark.parametrize("content", ["", "[]", '{"identity": {}}'])
def test_a_damaged_ledger_is_named(tmp_path, content):
    (tmp_path / "stages.json").write_text(content)
    with pytest.raises(ConfigError, match=r"stages\.json cannot be read"):
        RunFolder.open(tmp_path, IDENTITY)


def test_json_is_written_whole_with_its_folder(tmp_path):
    path = tmp_path / "a" / "b.json"
    write_json(path, {"ü": (1, 2)})
    assert json.loads(path.read_text()) == {"ü": [1, 2]}
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"x": float("nan")})
    assert json.loads(path.read_text()) == {"ü": [1, 2]}
    assert [item.name for item in path.parent.iterdir()] == ["b.json"]


_HOLDER = """
import sys
from pathlib import Path
from training.run.run_folder import RunFolder
run = RunFolder.open(Path(sys.argv[1]), {"seed": 1})
run.hold()
print("held", flush=True)
sys.stdin.readline()
run.record("fit", "weights", {"made": "by the other"})
"""


@contextmanager
def _holder(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process at work in the folder; a line to its input lets it finish."""
    command = [sys.executable, "-c", _HOLDER, str(folder)]
    with subprocess.Popen(
        command, cwd=PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_folder_that_another_process_works_in_is_refused_by_its_number(tmp_path):
    with _holder(tmp_path) as other:
        run = RunFolder.open(tmp_path, IDENTITY)
        with pytest.raises(ConfigError, match=rf"process {other.pid} is at work.*kill {other.pid}"):
            run.hold(patience_s=0)
        other.kill()
        run.hold(patience_s=10)  # its lock went with it


def test_the_work_of_the_process_that_was_waited_for_is_used(tmp_path, capsys):
    with _holder(tmp_path) as other:
        run = RunFolder.open(tmp_path, IDENTITY)
        assert run.find("fit", "weights") is None
        assert other.stdin is not None
        threading.Timer(0.5, lambda: print(file=other.stdin, flush=True)).start()
        run.hold(patience_s=60)
    assert run.find("fit", "weights") == {"made": "by the other"}
    assert f"process {other.pid} is at work in {tmp_path}; waiting" in capsys.readouterr().out


def test_one_process_may_hold_its_folder_again(tmp_path):
    first = RunFolder.open(tmp_path, IDENTITY)
    first.hold(patience_s=0)
    RunFolder.open(tmp_path, IDENTITY).hold(patience_s=0)


def test_holding_clears_what_a_kill_left_and_nothing_else(tmp_path):
    run = RunFolder.open(tmp_path, IDENTITY)
    run.write()
    (tmp_path / ".export-x1" / "onnx").mkdir(parents=True)
    (tmp_path / "results").mkdir()
    for name in (".run.json.4711", ".model.safetensors.partial", "results/.metrics.json.12"):
        (tmp_path / name).write_text("half")
    kept = (".gitignore", "model.safetensors", "results/metrics.json")
    for name in kept:
        (tmp_path / name).write_text("whole")
    run.hold()
    there = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert there == {*kept, ".lock", "stages.json"}
