"""Which words moved a score, asked of scorers whose every word has a known effect."""

import numpy as np
import pytest

from inference.core.errors import ChoiceError, TextError
from inference.data.problem_types import MULTI, SINGLE
from inference.models.bundle import Bundle
from inference.models.classifier import load_classifier
from inference.models.explain import MAX_STRETCHES, MAX_WORDS, explain

WEIGHTS = {"good": 0.3, "bad": -0.2, "好": 0.1}


class Counting:
    """A scorer to which each known word adds its weight; remembers what it was asked."""

    bundle = Bundle(("kind", "other"), MULTI)
    size_bytes = 0
    engine_name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def score(self, texts):
        self.asked += texts
        kind = [0.5 + sum(w * text.count(word) for word, w in WEIGHTS.items()) for text in texts]
        return np.array([[one, np.nan] for one in kind], np.float32)


def effects(text: str) -> dict[str, float]:
    found = explain(Counting(), text, "kind")
    return {p.text: round(p.effect, 3) for p in found.pieces if p.effect is not None}


def test_a_word_gets_what_the_score_loses_without_it():
    assert effects("a good, bad day") == {"a": 0, "good,": 0.3, "bad": -0.2, "day": 0}


def test_the_strongest_come_first_whichever_way_they_moved_it():
    strongest = explain(Counting(), "a bad and good day", "kind").strongest
    assert [piece.text for piece in strongest[:2]] == ["good", "bad"]


@pytest.mark.parametrize(
    "text",
    ["  a good\n\nday ", "好的，很好 ok", "tab\tand\u00a0space", "x \u200b y", "a" * 400 + " b"],
)
def test_the_pieces_joined_are_the_text(text):
    assert "".join(piece.text for piece in explain(Counting(), text, "kind").pieces) == text


def test_signs_of_chinese_are_words_by_themselves():
    assert effects("好天气 bad") == {"好": 0.1, "天": 0, "气": 0, "bad": -0.2}


def test_each_question_lacks_one_word_and_no_two_spaces_meet():
    scorer = Counting()
    explain(scorer, "one two  three", "kind")
    assert scorer.asked == ["one two  three", " two  three", "one  three", "one two  "]


@pytest.mark.parametrize("count", [2, MAX_STRETCHES, MAX_STRETCHES + 1, MAX_WORDS])
def test_no_more_questions_are_asked_than_allowed_and_every_word_is_left_out_once(count: int):
    scorer = Counting()
    words = [f"w{number}" for number in range(count)]
    found = explain(scorer, " ".join(words), "kind")
    assert len(scorer.asked) - 1 <= MAX_STRETCHES
    left_out = [piece.text for piece in found.pieces if piece.effect is not None]
    assert " ".join(left_out).split() == words
    assert max(len(one.split()) for one in left_out) == found.words_a_piece


@pytest.mark.parametrize("text", ["", "  ", "alone", " alone\u200b "])
def test_a_single_word_cannot_be_left_out(text: str):
    with pytest.raises(TextError, match="single word"):
        explain(Counting(), text, "kind")


def test_a_text_of_too_many_words_is_refused_with_their_number():
    with pytest.raises(TextError, match=r"has 301 words; .* at most 300"):
        explain(Counting(), "w " * (MAX_WORDS + 1), "kind")


def test_a_label_that_the_model_does_not_know_is_refused():
    with pytest.raises(ChoiceError, match="no label 'rude'; its labels: kind, other"):
        explain(Counting(), "a day", "rude")
    with pytest.raises(ChoiceError, match="no score"):
        explain(Counting(), "a day", "other")


def test_a_real_model_is_explained_by_its_own_scores(onnx_model):
    model = load_classifier(onnx_model, threads=1)
    text = "the food was really awful"
    found = explain(model, text, "negative")
    whole, without = model.score([text, "the food was really"])[:, 0]
    assert found.score == pytest.approx(whole, abs=1e-6)
    assert found.pieces[-1].effect == pytest.approx(whole - without, abs=1e-5)
    assert model.bundle.problem_type == SINGLE
