import pytest

from app_pages.message.bars import bars_html, note, thresholds
from inference.catalogue.comparison import Cell, Column, Comparison
from inference.data.problem_types import MULTI, SINGLE
from tests.app_pages.message.html_texts import Texts

TUNED = Column("demo/tuned", "a" * 40, "fine-tuned", "Tuned", (0.3, 0.6, 0.5))
OTHER = Column("demo/other", "b" * 40, "pretrained", "Other", (0.5, 0.5, 0.5))
LABELS = ("rude", "threat", "spam")


def multi(*cells: Cell, columns=(TUNED, OTHER), labels=LABELS) -> Comparison:
    return Comparison(labels, MULTI, columns[: len(cells)], ("a text",), (cells,))


def single(scores: tuple[float, ...], decided: str, labels=LABELS) -> Comparison:
    column = Column("demo/tuned", "a" * 40, "fine-tuned", "Tuned")
    return Comparison(labels, SINGLE, (column,), ("t",), ((Cell(scores, (decided,)),),))


def said(comparison: Comparison) -> str:
    return "".join(Texts(bars_html(comparison, 0)).found)


def test_every_label_has_its_score_on_one_side_of_its_threshold():
    shown = said(multi(Cell((0.41, 0.59, 0.1), ("rude",))))
    assert shown == "LabelTunedthreat0.59 < 0.60rude0.41 ≥ 0.30 ✓spam0.10 < 0.50", shown


def test_bars_and_lines_stand_at_scores_and_thresholds():
    page = Texts(bars_html(multi(Cell((0.4, 0.7, 0.1), ("rude", "threat"))), 0))
    assert page.styles("bar") == ["--share: 0.700", "--share: 0.400", "--share: 0.100"]
    assert page.styles("threshold") == ["--at: 0.600", "--at: 0.300", "--at: 0.500"]
    assert len(page.styles("decided")) == 2


def test_all_models_stand_in_one_order_that_of_the_first():
    cells = Cell((0.1, 0.9, 0.5), ("threat",)), Cell((0.8, 0.2, 0.3), ("rude",))
    shown = said(multi(*cells))
    assert shown.index("threat") < shown.index("spam") < shown.index("rude"), shown


def test_a_label_that_a_model_lacks_is_said_and_not_shown_as_zero():
    shown = said(multi(Cell((0.4, 0.7, 0.1), ()), Cell((None, 0.2, None), ())))
    assert shown.count("n/a: the model has no such label") == 2 and "0.00" not in shown


@pytest.mark.parametrize(
    ("score", "is_decided", "shown"),
    [(0.2996, False, "0.2996 &lt; 0.3000"), (0.3, True, "0.30</b> ≥ 0.30"), (0.306, True, "0.31")],
)
def test_there_are_digits_enough_to_see_the_side(score: float, is_decided: bool, shown: str):
    cell = Cell((score, 0.0, 0.0), ("rude",) if is_decided else ())
    assert shown in bars_html(multi(cell), 0).replace("</b> &lt;", " &lt;")


def test_of_many_classes_the_strongest_is_given_without_a_threshold():
    comparison = single((0.2, 0.5, 0.3), "threat")
    assert said(comparison) == "LabelTunedthreat0.50 ✓spam0.30rude0.20"
    assert "the strongest" in note(comparison)


def test_of_two_classes_a_half_is_the_threshold():
    comparison = single((0.2, 0.8), "yes", labels=("no", "yes"))
    assert thresholds(comparison, comparison.columns[0]) == (0.5, 0.5)
    assert said(comparison) == "LabelTunedyes0.80 ≥ 0.50 ✓no0.20 < 0.50"


def test_thresholds_that_were_not_stored_are_not_invented():
    old = Column("demo/tuned", "a" * 40, "fine-tuned", "Tuned")
    comparison = multi(Cell((0.4, 0.7, 0.1), ("threat",)), columns=(old,))
    assert not Texts(bars_html(comparison, 0)).styles("threshold")
    assert "were not stored" in note(comparison)
    assert "threshold" in note(multi(Cell((0.4, 0.7, 0.1), ())))


@pytest.mark.parametrize("hostile", ["<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>'])
def test_names_are_shown_as_they_are(hostile: str):
    column = Column("demo/x", "a" * 40, hostile, hostile, (0.5,))
    page = Texts(
        bars_html(multi(Cell((0.9,), (hostile,)), columns=(column,), labels=(hostile,)), 0)
    )
    assert {tag for tag, _ in page.tags} <= {
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "span",
        "b",
    }
    assert page.found.count(hostile) == 2
