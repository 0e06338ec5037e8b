from dataclasses import replace

import pytest

from hub.errors import HubUnreachable
from inference.catalogue.ask import ask_models, check_texts, choose_entries, explain_score
from inference.catalogue.catalogue import ModelEntry
from inference.catalogue.opening import OpenModel
from inference.core.errors import ChoiceError, TextError
from inference.core.settings import load_settings
from tests.inference.constant_models import CATALOGUE, ENTRIES, open_constant

LIMITS = replace(load_settings({}), max_chars=10, max_texts=2)


def test_each_model_gets_a_column_in_the_order_asked():
    answer = ask_models(ENTRIES, ("one", "two"), CATALOGUE, open_constant)
    assert [column.repo_id for column in answer.comparison.columns] == ["demo/a", "demo/b"]
    assert [len(row) for row in answer.comparison.cells] == [2, 2]
    assert answer.comparison.cells[1][1].decided == ("good",)
    assert answer.failures == ()


def test_a_model_that_cannot_be_had_leaves_the_others_answering():
    def open_model(entry: ModelEntry) -> OpenModel:
        if entry is ENTRIES[0]:
            raise HubUnreachable("the Hub sleeps")
        return open_constant(entry)

    answer = ask_models(ENTRIES, ("one",), CATALOGUE, open_model)
    assert [column.title for column in answer.comparison.columns] == ["b"]
    assert [(f.entry.title, str(f.error)) for f in answer.failures] == [("a", "the Hub sleeps")]


def test_when_no_model_answers_there_is_no_comparison():
    def refuse(entry: ModelEntry) -> OpenModel:
        raise HubUnreachable("the Hub sleeps")

    answer = ask_models(ENTRIES, ("one",), CATALOGUE, refuse)
    assert answer.comparison is None and len(answer.failures) == 2


def test_each_model_is_announced_before_it_is_opened():
    seen: list[str] = []

    def open_model(entry: ModelEntry) -> OpenModel:
        seen.append(f"open {entry.title}")
        return open_constant(entry)

    ask_models(ENTRIES, ("one",), CATALOGUE, open_model, lambda entry: seen.append(entry.title))
    assert seen == ["a", "open a", "b", "open b"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "no text"),
        (["  \n "], "no text"),
        (["one", ""], "Message 2 of 2 is empty"),
        (["one", "two", "three"], "3 messages are more than the 2"),
        (["12345678901"], "Message 1 has 11 characters; at most 10"),
    ],
)
def test_texts_that_cannot_be_scored_are_refused(texts, message):
    with pytest.raises(TextError, match=message):
        check_texts(texts, LIMITS)


def test_texts_lose_the_white_space_around_them_and_nothing_else():
    assert check_texts(["  a  b \n"], LIMITS) == ("a  b",)


def test_models_are_chosen_once_and_in_the_order_of_the_catalogue():
    assert choose_entries(CATALOGUE, ["demo/b", "demo/a", "demo/b"]) == ENTRIES


@pytest.mark.parametrize(
    ("repo_ids", "message"),
    [([], "No model is chosen"), (["demo/x"], "Not on show here: demo/x. On show: demo/a, demo/b")],
)
def test_only_what_is_on_show_can_be_chosen(repo_ids, message):
    with pytest.raises(ChoiceError, match=message):
        choose_entries(CATALOGUE, repo_ids)


def test_one_model_says_which_words_moved_its_score():
    found = explain_score(ENTRIES[1], "one two", "good", open_constant)
    assert (found.label, found.score) == ("good", 0.75)
    assert [piece.effect for piece in found.pieces] == [0.0, None, 0.0]
