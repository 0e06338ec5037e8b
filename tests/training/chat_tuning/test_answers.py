"""training.chat_tuning.answers: seeded, cut where they end, the same in a batch as alone."""

import json

import pytest
import torch

from inference.chat.sampling import Options
from tests.training.chat_tuning.toys import prepared
from training.chat_tuning.answers import (
    ANSWERS_FILE,
    Answer,
    answer_figures,
    distinct_share,
    sample_answers,
    write_answers,
)


@pytest.fixture
def prompts(tiny, settings_for):
    return [tiny.reader.prompt(one) for one in prepared(settings_for()).train[:5]]


def sampled(tiny, prompts, **changes):
    batch_size = changes.pop("batch_size", 3)
    options = Options(**{"max_tokens": 8, "seed": 1, **changes})
    return sample_answers(tiny.model, prompts, tiny.reader, options, batch_size=batch_size)


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
    made = sampled(tiny, prompts, max_tokens=6)
    told = answer_figures(made, tiny.model, prompts, tiny.reader)
    assert told.prompts == 5 and 0 <= told.ended_share <= 1 and told.tokens <= 6
    assert told.first_token_ms > 0 and all(0 <= share <= 1 for share in told.distinct)


def test_what_an_answer_has_said_is_less_likely_and_what_was_asked_is_not(tiny):
    (prompt,) = [[*range(20, 60)]]
    free = sampled(tiny, [prompt], temperature=0, max_tokens=30, repetition_penalty=1)[0].ids
    bound = sampled(tiny, [prompt], temperature=0, max_tokens=30, repetition_penalty=2)[0].ids
    assert len(set(bound)) > len(set(free)), (free, bound)
    assert bound[0] == free[0]  # nothing is said yet


def test_answers_are_written_to_be_read_beside_those_of_the_data(tiny, settings_for, tmp_path):
    asked = prepared(settings_for()).train[:2]
    made = [
        Answer(tuple(tiny.reader.prompt(one)[-3:]), place == 0) for place, one in enumerate(asked)
    ]
    write_answers(tmp_path, asked, {"tuned": made}, tiny.reader)
    rows = [json.loads(line) for line in (tmp_path / ANSWERS_FILE).read_text().splitlines()]
    assert [row["expected"] for row in rows] == [one.answers[-1] for one in asked]
    assert [row["tuned_ended"] for row in rows] == [True, False]
    assert rows[0]["tuned"] == tiny.reader.text(made[0].ids)
    assert rows[0]["messages"][-1] == {"role": "user", "content": asked[0].prompt[-1].content}


@pytest.mark.parametrize(
    ("made", "n", "expected"),
    [([[1, 1, 1, 1]], 1, 0.25), ([[1, 2], [1, 2]], 2, 0.5), ([[1, 2, 3]], 3, 1.0), ([[1]], 2, 0.0)],
)
def test_distinct_n_grams_over_all(made, n, expected):
    assert distinct_share(made, n) == expected
