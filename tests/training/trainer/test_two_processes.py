"""Two processes that share a batch learn what one learns that has all of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.space_fixtures import PROJECT
from tests.tiny import with_config
from tests.training.trainer import fitted_by_two

pytestmark = pytest.mark.slow

LIMIT_S = 240


def curve(run: Path) -> list[dict[str, float]]:
    """What was logged, but for the times."""
    lines = map(json.loads, (run / "metrics.jsonl").open())
    return [{name: value for name, value in line.items() if "second" not in name} for line in lines]


def test_two_processes_with_half_of_each_batch_give_the_curve_of_one(
    tiny_model, tmp_path, monkeypatch
):
    # dropout is drawn for each process by itself, so only without it can the two be held together
    none = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    model = with_config(tiny_model, tmp_path / "model", **none)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*launcher, "--nproc_per_node", "2", "-m", fitted_by_two.__name__]
    command += [str(model), str(tmp_path / "two"), "4"]
    done = subprocess.run(
        command, cwd=PROJECT, env=os.environ, capture_output=True, timeout=LIMIT_S
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    monkeypatch.setattr(sys, "argv", ["one", str(model), str(tmp_path / "one"), "8"])
    fitted_by_two.main()
    alone, together = curve(tmp_path / "one"), curve(tmp_path / "two")
    assert len(alone) == 26  # 24 steps and 2 validations
    for one, two in zip(alone, together, strict=True):
        assert one.keys() == two.keys()
        for name, value in one.items():
            assert two[name] == pytest.approx(value, abs=1e-4), (one["step"], name)
    losses = [line["loss"] for line in alone if "loss" in line]
    assert np.mean(losses[-4:]) < losses[0] / 2, losses  # so there was something to learn
