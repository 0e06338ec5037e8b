from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import RepetitionPenaltyLogitsProcessor

from inference.chat.sampling import Options, TokenSampler
from inference.core.errors import ConfigError

LOGITS = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
DRAWS = 4000


def shares(options: Options) -> np.ndarray:
    sampler = TokenSampler(replace(options, repetition_penalty=1))
    drawn = [sampler.choose(LOGITS) for _ in range(DRAWS)]
    return np.bincount(drawn, minlength=len(LOGITS)) / DRAWS


def test_temperature_0_takes_the_likeliest():
    assert shares(Options(temperature=0)).tolist() == [1, 0, 0, 0]


def test_at_temperature_1_tokens_come_as_often_as_they_are_likely():
    seen = shares(Options(temperature=1, top_p=1, seed=0))
    np.testing.assert_allclose(seen, np.exp(LOGITS), atol=0.03)


@pytest.mark.parametrize(("top_p", "kept"), [(0.01, 1), (0.5, 1), (0.51, 2), (0.8, 2), (0.94, 3)])
def test_top_p_keeps_the_fewest_that_hold_it(top_p: float, kept: int):
    seen = shares(Options(temperature=1, top_p=top_p, seed=0))
    assert (seen > 0).sum() == kept, seen


def test_a_low_temperature_sharpens():
    assert shares(Options(temperature=0.3, top_p=1, seed=0))[0] > 0.75


def test_a_seed_repeats():
    one, other = (TokenSampler(Options(temperature=1, seed=3)) for _ in range(2))
    assert [one.choose(LOGITS) for _ in range(50)] == [other.choose(LOGITS) for _ in range(50)]


def test_a_penalty_makes_less_likely_what_was_said_as_in_transformers():
    rng = np.random.default_rng(0)
    rows = rng.normal(scale=3, size=(30, 12)).astype(np.float32)
    sampler, said, prompt = (
        TokenSampler(Options(temperature=0, repetition_penalty=1.3)),
        [],
        [7, 8, 9],
    )
    theirs = RepetitionPenaltyLogitsProcessor(1.3, prompt_ignore_length=len(prompt))
    for row in rows:
        before = row.copy()
        scores = theirs(torch.tensor([prompt + said]), torch.tensor(row[None]))
        said.append(sampler.choose(row))
        assert said[-1] == int(scores.argmax())
        np.testing.assert_array_equal(row, before)
    assert said != rows.argmax(axis=1).tolist()


def test_by_default_an_answer_does_not_say_one_token_for_ever():
    logits = np.array([5.0, 4.9, -1.0], np.float32)
    sampler = TokenSampler(Options(temperature=0))
    assert [sampler.choose(logits) for _ in range(2)] == [0, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -1.0},
        {"temperature": 2.1},
        {"top_p": 0.0},
        {"max_tokens": 0},
        {"repetition_penalty": 0.9},
        {"repetition_penalty": float("nan")},
    ],
)
def test_what_cannot_be_used_is_refused(wrong: dict[str, float]):
    with pytest.raises(ConfigError, match=f"{next(iter(wrong))} is"):
        Options(**wrong)
