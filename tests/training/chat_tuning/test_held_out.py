"""training.chat_tuning.held_out: losses a dialogue, and how sure a difference of them is."""

import math

import numpy as np
import pytest

from tests.training.chat_tuning.toys import prepared
from training.chat_tuning import held_out
from training.chat_tuning.batches import encode_dialogues
from training.chat_tuning.held_out import Losses, difference


def losses(sums, counts=None) -> Losses:
    sums = np.array(sums, dtype=float)
    return Losses(sums, np.full(len(sums), 10.0) if counts is None else np.array(counts, float))


def test_the_loss_weighs_every_token_the_same():
    assert losses([10.0, 2.0], [90, 10]).loss == pytest.approx(0.12)
    assert losses([10.0], [10]).perplexity == pytest.approx(math.e)


def test_a_gain_on_every_dialogue_is_sure():
    base = losses(np.linspace(10, 40, 30))
    change = difference(losses(base.sums - 2), base)
    assert change.verdict == "better" and change.value == pytest.approx(-0.2)
    assert change.high is not None and change.high < 0


def test_a_loss_on_every_dialogue_is_worse():
    base = losses(np.linspace(10, 40, 30))
    assert difference(losses(base.sums + 2), base).verdict == "worse"


def test_a_gain_on_half_and_a_loss_on_half_cannot_tell():
    base = losses([20.0] * 30)
    change = difference(losses([19.0, 21.0] * 15), base)
    assert change.verdict == "cannot tell" and change.low < 0 < change.high


def test_one_dialogue_tells_nothing_of_chance():
    assert difference(losses([1.0]), losses([2.0])).low is None


def test_ninety_five_of_a_hundred_intervals_hold_the_truth():
    """Coverage of the interval on drawn dialogues whose true gain is 0.1 a token."""
    rng = np.random.default_rng(0)
    held = 0
    for seed in range(200):
        counts = rng.integers(5, 50, 60).astype(float)
        base = Losses(counts * 2, counts)
        tuned = Losses(counts * (1.9 + rng.normal(0, 0.5, 60)), counts)
        change = difference(tuned, base, resamples=300, seed=seed)
        held += change.low <= -0.1 <= change.high
    assert 0.89 <= held / 200 <= 0.99, held


def test_batches_do_not_change_what_is_measured(tiny, settings_for):
    part = encode_dialogues(prepared(settings_for()).train, tiny.reader)
    one, many = (
        held_out.measure(tiny.model, part, batch_size=size, pad_id=257, device="cpu")
        for size in (1, 7)
    )
    assert one.sums == pytest.approx(many.sums, rel=1e-5)
    assert one.counts.tolist() == many.counts.tolist()
