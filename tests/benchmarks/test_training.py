"""Training beside its peers: what is counted, on a tiny model with both loops."""

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from benchmarks import training
from inference.core.settings import load_settings
from inference.data import records
from inference.data.schema import Schema
from tests.training.toy import write_toy_csv
from training.settings.trainer_config import TrainerConfig
from training.trainer import frozen
from training.trainer.processes import Processes


def test_only_the_second_epoch_counts_and_all_of_it():
    ends = [50.0, 90.0, 99.0, 100.0, 104.0, 107.0, 109.0, 110.0]  # the longest texts come first
    assert training.second_epoch_rate(ends, rows=120) == 12


def test_what_is_between_epochs_does_not_count():
    ends = [*range(1, 10), 100.0, *(101.0 + 2 * place for place in range(8))]  # 2 epochs of 9 steps
    assert training.step_seconds(ends, 9) == pytest.approx((3 * 1 + 1 + 7 * 2) / 11)


def test_operations_are_six_for_every_weight_that_a_token_is_multiplied_with(tiny_model):
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    layer = 4 * 32 * 32 + 2 * 32 * 64  # attention, then the wide product and back
    of_all = 2 * 32 * 32  # the top layer's keys and values
    once = layer - of_all + 32 * 32 + 3 * 32  # the rest of it, the pooler, the head
    expected = 6 * (10 * (layer + of_all) + once)
    assert training.gflops(model, 1e9, 10) == pytest.approx(expected)
    assert frozen.freeze(model, 1) is not None
    expected = 6 * (10 * of_all + once) + 10 * 2 * layer / 4
    assert training.gflops(model, 1e9, 10, epochs=4) == pytest.approx(expected)


def test_the_machine_is_measured_in_operations_a_second(tiny_model):
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    assert 0.01 < training.product_gflops(model, 64, torch.float32, seconds=0.05) < 10_000


@pytest.mark.slow
def test_both_loops_take_every_step_of_their_passes(tiny_model, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "MAX_TOKENS", 32)  # the tiny model has places for 64
    data = records.read(write_toy_csv(tmp_path / "toy.csv", 320), Schema(("text",), ("label",)))
    environ = {"CPU_CORES": "1", "DEVICE": "cpu", "HF_HOME": "unused"}
    processes = Processes(TrainerConfig(), load_settings(environ))
    for layers in (None, 0):
        assert training.our_rate(tiny_model, data, 256, processes, layers) > 0
    for is_tuned in (True, False):
        assert training.trainer_rate(tiny_model, data, 256, is_tuned=is_tuned, batch=32) > 0
