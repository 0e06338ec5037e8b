import csv
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

from app_pages.message.history import (
    MAX_ANALYSES,
    Analysis,
    add,
    columns,
    csv_bytes,
    of_catalogue,
    rows,
    without_catalogue,
)
from inference.catalogue.comparison import Cell, Column, Comparison
from inference.data.problem_types import SINGLE

TUNED = Column("demo/tuned", "a" * 40, "fine-tuned", "Tuned")
BARE = Column("demo/bare", "b" * 40, "zero-shot", "Bare")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def analysis(*texts: str, models=(TUNED, BARE), at=NOON) -> Analysis:
    cell = Cell((0.25, None), ("bad",))
    cells = tuple(tuple(cell for _ in models) for _ in texts)
    return Analysis(Comparison(("bad", "good"), SINGLE, models, texts, cells), at)


def test_the_newest_analysis_is_on_top_and_its_texts_keep_their_order():
    history = add(add((), analysis("first")), analysis("second", "third"))
    assert [row.text for row in rows(history)] == ["second", "third", "first"]


def test_the_oldest_leave_when_the_history_is_full():
    history: tuple[Analysis, ...] = ()
    for number in range(MAX_ANALYSES + 5):
        history = add(history, analysis(str(number)))
    assert len(history) == MAX_ANALYSES
    assert history[0].comparison.texts == (str(MAX_ANALYSES + 4),)


def test_each_catalogue_has_a_history_of_its_own():
    toys, clicks = (replace(analysis(name), catalogue_name=name) for name in ("toys", "clicks"))
    assert of_catalogue((clicks, toys), "toys") == (toys,)
    assert without_catalogue((clicks, toys), "toys") == (clicks,)


def test_a_row_keeps_its_name_when_newer_ones_come_on_top():
    before = rows((analysis("first", "second"), analysis("example", at=None)))
    after = rows((analysis("new", at=datetime(2027, 1, 1, tzinfo=UTC)), *_analyses(before)))
    assert [row.id for row in after[1:]] == [row.id for row in before]
    assert len({row.id for row in after}) == len(after)


def _analyses(found) -> tuple[Analysis, ...]:
    return tuple(dict.fromkeys(Analysis(row.analysis, row.at) for row in found))


def test_columns_keep_the_order_of_the_examples():
    examples = analysis("example", at=None)
    assert columns((analysis("own", models=(BARE,)), examples)) == (TUNED, BARE)


def test_the_download_has_a_record_for_each_text_and_model_that_was_asked():
    file = csv_bytes((analysis("own", models=(BARE,)), analysis("example", at=None)))
    records = list(csv.DictReader(StringIO(file.decode("utf-8-sig"))))
    assert [(r["message"], r["model"]) for r in records] == [
        ("own", "Bare"),
        ("example", "Tuned"),
        ("example", "Bare"),
    ]
    assert records[0]["bad"] == "0.25"
    assert records[0]["good"] == "", "no such label is empty, not 0"
    assert records[0]["analyzed_at_utc"] == "2026-01-01T12:00:00+00:00"


def test_the_download_defuses_formulas():
    file = csv_bytes((analysis("=HYPERLINK(1)"),)).decode("utf-8-sig")
    assert "\n=" not in file and "'=HYPERLINK(1)" in file, file
