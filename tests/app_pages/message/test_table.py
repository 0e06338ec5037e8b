from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from app_pages.message.history import Analysis, columns, rows
from app_pages.message.table import results_html, strongest
from inference.catalogue.comparison import Cell, Column, Comparison
from inference.data.problem_types import MULTI, SINGLE

TUNED = Column("demo/tuned", "a" * 40, "fine-tuned", "Tuned")
BARE = Column("demo/bare", "b" * 40, "zero-shot", "Bare")


def comparison(cells, texts=("hello",), labels=("bad", "good"), kind=SINGLE, models=(TUNED, BARE)):
    return Comparison(labels, kind, models, texts, cells)


def drawn(*analyses: Analysis, timezone=UTC) -> str:
    return results_html(rows(analyses), columns(analyses), timezone)


class Tags(HTMLParser):
    """Every tag of a page, and its texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


GOOD = Cell((0.1, 0.9), ("good",))
BAD = Cell((0.8, 0.2), ("bad",))


def test_a_cell_holds_the_two_strongest_labels_with_their_probabilities():
    texts = Tags(drawn(Analysis(comparison(((GOOD, BAD),))))).texts
    assert texts[-9:-1] == ["good", "0.90", "bad", "0.10", "bad", "0.80", "good", "0.20"], texts


@pytest.mark.parametrize(
    ("cells", "word"), [((GOOD, BAD), "≠ disagree"), ((GOOD, GOOD), "= agree")]
)
def test_disagreement_is_said_in_words(cells, word):
    assert Tags(drawn(Analysis(comparison((cells,))))).texts[-1] == word


def test_one_model_alone_neither_agrees_nor_disagrees():
    alone = comparison(((GOOD,),), models=(TUNED,))
    assert Tags(drawn(Analysis(alone))).texts[-1] == "– one model"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</td></table><b>bold</b>",
        '"><svg onload=alert(1)>',
        "&lt;b&gt; &amp;",
        "**bold** [link](javascript:alert(1)) :red[x] $a$",
    ],
)
def test_every_text_is_shown_as_it_was_typed(hostile):
    column = Column("demo/x", "a" * 40, hostile, hostile)
    cell = Cell((0.1, 0.9), (hostile,))
    odd = comparison(
        ((cell, GOOD),), texts=(hostile,), labels=("bad", hostile), models=(column, BARE)
    )
    tags = Tags(drawn(Analysis(odd)))
    allowed = {"table", "thead", "tbody", "tr", "th", "td", "span", "wbr"}
    assert set(tags.names) <= allowed, set(tags.names) - allowed
    assert tags.texts.count(hostile) >= 3, tags.texts


def test_multi_label_shows_every_decided_label_and_what_is_missing():
    labels = ("toxic", "insult", "threat", "obscene")
    three = Cell((0.9, 0.8, 0.7, None), ("toxic", "insult", "threat"))
    html = drawn(Analysis(comparison(((three, three),), labels=labels, kind=MULTI)))
    texts = Tags(html).texts
    assert texts[-8:-1] == ["toxic", "0.90", "insult", "0.80", "threat", "0.70", "1 labels n/a"]


def test_nothing_above_threshold_is_said_with_the_top_score():
    quiet = Cell((0.2, 0.4), ())
    texts = Tags(drawn(Analysis(comparison(((quiet, quiet),), kind=MULTI)))).texts
    assert texts[-4:-1] == ["nothing above threshold", "good", "0.40"], texts


def test_a_model_without_any_label_of_the_task_is_not_shown_as_zero():
    blank = Cell((None, None), ())
    texts = Tags(drawn(Analysis(comparison(((GOOD, blank),))))).texts
    assert texts[-2] == "n/a: knows none of the labels", texts
    assert "0.00" not in texts


def test_a_model_that_was_not_asked_says_so():
    alone = Analysis(comparison(((GOOD,),), models=(TUNED,)), datetime(2026, 1, 1, tzinfo=UTC))
    examples = Analysis(comparison(((GOOD, BAD),), texts=("example",)))
    assert "not asked" in Tags(drawn(alone, examples)).texts


def test_times_are_the_visitors():
    at = datetime(2026, 1, 1, 23, 30, tzinfo=UTC)
    own = Analysis(comparison(((GOOD, BAD),)), at)
    assert "You, 08:30" in drawn(own, timezone=ZoneInfo("Asia/Tokyo"))
    assert "Example" in drawn(Analysis(comparison(((GOOD, BAD),))))


def test_the_strongest_keep_the_given_order_among_equals():
    cell = Cell((0.25, 0.25, 0.5), ("c",))
    assert strongest(("a", "b", "c"), cell) == [("c", 0.5), ("a", 0.25)]
