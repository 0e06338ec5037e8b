"""What is measured with: the same flags everywhere, texts of a folder, a demo that is there."""

import os
import subprocess
import sys

import pytest

from benchmarks import material
from benchmarks.__main__ import ALL
from benchmarks.material import PROJECT, Demo
from hub.errors import UserError

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("benchmark", ALL)
def test_every_benchmark_takes_data_json_rounds_and_demo(benchmark):
    command = [sys.executable, "-m", f"benchmarks.{benchmark}", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT)
    assert done.returncode == 0, done.stderr
    missing = {
        flag for flag in ("--data", "--json", "--rounds", "--demo") if flag not in done.stdout
    }
    assert not missing, missing


def test_texts_of_a_folder_of_data_sets_come_mixed_but_always_alike(tmp_path):
    folder = tmp_path / "tweet_eval_emotion"
    folder.mkdir()
    rows = "".join(f"tweet {row},{'joy' if row < 20 else 'anger'}\n" for row in range(40))
    (folder / "train.csv").write_text(f"text,label_name\n{rows}")
    name, data = material.labelled(tmp_path)
    assert name == "tweet_eval_emotion" and set(data.labels) == {"joy", "anger"}
    assert len({example.labels for example in data.examples[:10]}) == 2, "as the file was sorted"
    assert material.labelled(tmp_path)[1].examples == data.examples


def test_a_demo_that_was_not_made_is_an_error_that_says_how(tmp_path):
    for part in ("run", "space"):
        with pytest.raises(UserError, match="Run `make demo DEMO_ARGS=--check` first"):
            getattr(Demo(tmp_path), part)


def test_the_newest_run_of_a_demo_is_measured_with_its_own_cache_and_no_hub(tmp_path):
    for name, changed_at in (("newer", 2_000_000_000), ("older", 1_000_000_000)):
        (tmp_path / "runs" / name / "onnx").mkdir(parents=True)
        os.utime(tmp_path / "runs" / name / "onnx", (changed_at, changed_at))
    (tmp_path / "space").mkdir()
    demo = Demo(tmp_path)
    assert demo.run.name == "newer"
    environment = demo.environment(SPACE_MAX_ROWS="7")
    assert environment["HF_HOME"] == str(tmp_path / "home")
    assert (environment["HF_TOKEN"], environment["SPACE_MAX_ROWS"]) == ("", "7")
