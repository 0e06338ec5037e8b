import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inference.core.errors import ModelError
from tests.training.finished_run import GOLDEN_TEXTS
from training.export.golden import FILE_NAME, replay


def test_the_logits_of_each_file_are_stored(exported_run: Path):
    stored = json.loads((exported_run / FILE_NAME).read_text())
    assert stored["texts"] == list(GOLDEN_TEXTS)
    assert set(stored["logits"]) == {"onnx_int8", "onnx_fp32"}
    difference = np.subtract(*stored["logits"].values())
    assert 0 < np.abs(difference).max() < 1, "int8 is another file, of the same model"


def test_a_run_replays_and_int8_may_round_otherwise(exported_run: Path, tmp_path: Path):
    run = shutil.copytree(exported_run, tmp_path / "run")
    replay(run)
    shift(run, "onnx_int8", 0.05)
    replay(run)


@pytest.mark.parametrize(("engine", "by"), [("onnx_int8", 0.2), ("onnx_fp32", 0.001)])
def test_other_logits_are_refused(exported_run: Path, tmp_path: Path, engine: str, by: float):
    run = shutil.copytree(exported_run, tmp_path / "run")
    shift(run, engine, by)
    with pytest.raises(ModelError, match=f"the {engine} model in .* differ by {by}"):
        replay(run)


def shift(run: Path, engine: str, by: float) -> None:
    """Move all stored logits of an engine."""
    stored = json.loads((run / FILE_NAME).read_text())
    stored["logits"][engine] = (np.array(stored["logits"][engine]) + by).tolist()
    (run / FILE_NAME).write_text(json.dumps(stored))
