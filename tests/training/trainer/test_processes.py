"""Processes: who is main, what they agree on, which device they have."""

import numpy as np
import torch
from safetensors.torch import load_file

from inference.core.settings import load_settings
from tests.training.toy import toy_config
from training.trainer.processes import Processes, is_main_process


def test_one_process_agrees_with_itself(tmp_path):
    processes = Processes(
        toy_config().trainer, load_settings({"DEVICE": "cpu", "HF_HOME": "unused"})
    )
    assert processes.agree({"a": np.float32(1)}) == {"a": 1}
    assert (processes.count, processes.is_main, processes.device) == (1, True, "cpu")
    with processes.main_first():
        pass
    assert is_main_process()


def test_a_checkpoint_leaves_out_what_does_not_train(tmp_path):
    processes = Processes(
        toy_config().trainer, load_settings({"DEVICE": "cpu", "HF_HOME": "unused"})
    )
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1))
    model[0].requires_grad_(False)
    before = {name: weights.clone() for name, weights in model.state_dict().items()}
    model = processes.accelerator.prepare(model)
    processes.accelerator.save_state(str(tmp_path))
    assert set(load_file(tmp_path / "model.safetensors")) == {"1.weight", "1.bias"}
    with torch.no_grad():
        model[1].weight.zero_()
    processes.accelerator.load_state(str(tmp_path), strict=False)
    assert all(torch.equal(before[name], there) for name, there in model.state_dict().items())
