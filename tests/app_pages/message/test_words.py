import csv
from io import StringIO

import pytest

from app_pages.message.words import csv_bytes, signed, summary, words_html
from inference.models.explain import Explanation, Piece
from tests.app_pages.message.html_texts import Texts


def explained(*pieces: tuple[str, float | None], label: str = "good") -> Explanation:
    return Explanation(label, 0.9, tuple(Piece(*piece) for piece in pieces), 1)


SENTENCE = explained(("  a", 0.001), (" ", None), ("fine", 0.4), ("\n", None), ("mess", -0.2))


def test_the_text_stands_whole_with_a_signed_number_behind_each_word_that_counts():
    assert "".join(Texts(words_html(SENTENCE)).found) == "  a fine+0.40\nmess−0.20"


def test_direction_and_weight_are_marked():
    page = Texts(words_html(SENTENCE))
    assert [at["data-way"] for tag, at in page.tags if "data-way" in at] == ["raised", "lowered"]
    assert page.styles("word") == ["--weight: 1.00", "--weight: 0.50"]


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "</p><b>x</b>", "**x** :red[y] [l](javascript:1)"]
)
def test_words_are_shown_as_they_were_typed(hostile: str):
    page = Texts(words_html(explained((hostile, 0.5), (" ", None), ("b", 0.0))))
    assert {tag for tag, _ in page.tags} == {"p", "span", "small"}
    assert page.found[0] == hostile


def test_the_summary_names_what_moved_it_most():
    assert summary(SENTENCE) == (
        "good scores 0.90. What moved it most: “fine” +0.40, “mess” −0.20."
    )


def test_where_no_word_counts_the_summary_says_so():
    still = explained(("a", 0.0), (" ", None), ("b", -0.004))
    assert "no single word moves it by 0.01" in summary(still)
    assert "".join(Texts(words_html(still)).found) == "a b"


@pytest.mark.parametrize(("effect", "shown"), [(0.126, "+0.13"), (-0.5, "−0.50")])
def test_an_effect_has_a_sign(effect: float, shown: str):
    assert signed(effect) == shown


def test_the_download_holds_every_word_and_no_formula():
    content = csv_bytes(explained(("=1+1", 0.25), (" ", None), ("b", -0.5))).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(content)))
    assert [row["words"] for row in rows] == ["'=1+1", "b"]
    assert [float(row["effect"]) for row in rows] == [0.25, -0.5]
