"""AdamW's groups and the course of the learning rate."""

import pytest
from transformers import AutoModelForSequenceClassification

from tests.training.toy import toy_config
from training.trainer import schedule


@pytest.mark.parametrize("shape", ["linear", "cosine"])
def test_the_rate_rises_over_the_warm_up_and_falls_to_zero(tiny_model, shape):
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    config = toy_config(
        learning_rate=1e-3,
        lr_scheduler_type=shape,
        warmup_ratio=0.2,
        gradient_accumulation_steps=2,
    )
    optimizer, scheduler = schedule.make(model, config.trainer, batches=9)  # 5 steps, 2 epochs
    rates = []
    for _ in range(10):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    assert rates[0] == 0
    assert max(rates) == rates[2] == 1e-3
    assert scheduler.get_last_lr()[0] == pytest.approx(0, abs=1e-9)


def test_a_number_of_steps_takes_the_place_of_epochs_on_every_process(tiny_model):
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    config = toy_config(max_steps=5, warmup_ratio=0.0).trainer
    _, scheduler = schedule.make(model, config, batches=100, processes=2)
    (falling,) = set(scheduler.lr_lambdas)
    assert falling(0) == 1 and falling(10) == 0 < falling(9)


@pytest.mark.parametrize("processes", [1, 2])
def test_the_rate_lasts_as_long_as_the_least_steps(tiny_model, processes):
    config = toy_config(min_steps=6, num_train_epochs=1, warmup_ratio=0.0).trainer
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    _, scheduler = schedule.make(model, config, batches=2, processes=processes)
    (falling,) = set(scheduler.lr_lambdas)
    last = 6 * processes
    assert falling(last) == 0 < falling(last - 1)


def test_vectors_are_not_decayed(tiny_model):
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    optimizer, _ = schedule.make(model, toy_config(weight_decay=0.1).trainer, batches=4)
    matrices, vectors = optimizer.param_groups
    assert (matrices["weight_decay"], vectors["weight_decay"]) == (0.1, 0.0)
    assert {p.ndim for p in vectors["params"]} == {1}
    count = len(matrices["params"]) + len(vectors["params"])
    assert count == len(list(model.parameters()))
