"""Processes: who is main, what they agree on, which device they have."""

import numpy as np

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
