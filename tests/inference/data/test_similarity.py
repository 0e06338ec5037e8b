"""Likeness in words: from identical to unrelated, by the likest of several texts."""

import pytest

from inference.data.similarity import describe_similarity, similarity


@pytest.mark.parametrize(
    ("text", "others", "words"),
    [
        ("Rain Coat", ["umbrella", "rain coat"], "identical"),
        ("rain coats", ["rain coat"], "almost the same"),
        ("rain coat", ["rain"], "similar"),
        ("abcdef", ["abxyzw", "q"], "hardly similar"),
        ("abc", ["xyz"], "unrelated"),
        ("重庆旅游", ["重庆旅游攻略"], "almost the same"),
        ("abc", [], "unrelated"),
    ],
)
def test_the_likest_of_the_others_decides(text, others, words):
    assert describe_similarity(text, others) == words


def test_likeness_is_the_share_of_characters_in_common():
    assert similarity("abcd", "bcde") == pytest.approx(0.75)
    assert similarity("", "") == 1.0
