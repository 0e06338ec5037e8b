"""training.dialogues.answers: seeded, cut where they end, the same in a batch as alone."""

import pytest
import torch

from training.dialogues import answers, corpus
from training.dialogues.answers import distinct


@pytest.fixture
def prompts(tiny, settings_for):
    return [tiny.reader.prompt(one) for one in corpus.prepare(settings_for()).train[:5]]


def sampled(tiny, prompts, **changes):
    given = {"max_tokens": 8, "batch_size": 3, "seed": 1, **changes}
    return answers.sample(tiny.model, prompts, tiny.reader, **given)


def test_equal_seeds_answer_equally(tiny, prompts):
    first = sampled(tiny, prompts)
    assert first == sampled(tiny, prompts) and first != sampled(tiny, prompts, seed=2)


def test_padding_does_not_change_an_answer(tiny, prompts):
    together = sampled(tiny, prompts, temperature=0.0, batch_size=5)
    alone = sampled(tiny, prompts, temperature=0.0, batch_size=1)
    assert together == alone


def test_an_answer_stops_at_its_end_which_is_no_part_of_it(tiny, prompts):
    end = tiny.reader.end_of_turn[0]
    with torch.no_grad():
        rows = tiny.model.get_output_embeddings().weight
        kept = rows[end].clone()
        rows[end] = rows.sum(dim=0) * 50  # nearly always the likeliest, or the least likely
        made = sampled(tiny, prompts)
        rows[end] = kept
    assert all(end not in one.ids for one in made)
    assert all(one.is_ended == (len(one.ids) < 8) for one in made)


def test_figures_count_ended_answers_and_time_one_prompt_at_a_time(tiny, prompts):
    told = answers.measure(tiny.model, prompts, tiny.reader, max_tokens=6, batch_size=4, seed=1)
    assert told.prompts == 5 and 0 <= told.ended_share <= 1 and told.tokens <= 6
    assert told.first_token_ms > 0 and all(0 <= share <= 1 for share in told.distinct)


@pytest.mark.parametrize(
    ("made", "n", "expected"),
    [([[1, 1, 1, 1]], 1, 0.25), ([[1, 2], [1, 2]], 2, 0.5), ([[1, 2, 3]], 3, 1.0), ([[1]], 2, 0.0)],
)
def test_distinct_n_grams_over_all(made, n, expected):
    assert distinct(made, n) == expected
