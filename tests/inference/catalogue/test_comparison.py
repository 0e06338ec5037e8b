from dataclasses import replace
from pathlib import Path

import pytest

from inference.catalogue.comparison import (
    Cell,
    Column,
    Comparison,
    compare_models,
    load_comparison,
    save_comparison,
)
from inference.core.errors import DataError, ModelError
from inference.data.problem_types import MULTI, SINGLE
from inference.data.records import Example
from inference.models.alignment import align
from inference.models.bundle import Bundle
from tests.inference.models.fixed_scores import Fixed

STORED = Path(__file__).parents[2] / "stored" / "before_floors" / "space" / "first_paint.json"
LABELS = ("bad", "good")
FIRST = Column("demo/one", "a" * 40, "fine-tuned", "One")
SECOND = Column("demo/two", "b" * 40, "pretrained", "Two")


def single(*rows: tuple[float, float]) -> Fixed:
    return Fixed(Bundle(LABELS, SINGLE), *rows)


def example(row: int, text: str, *labels: str) -> Example:
    return Example({"text": text}, labels, row)


def test_a_comparison_has_a_row_a_text_and_a_column_a_model():
    models = [(FIRST, single((0.9, 0.1), (0.2, 0.8))), (SECOND, single((0.6, 0.4), (0.7, 0.3)))]
    table = compare_models(models, LABELS, SINGLE, ["x", "y"])
    assert (table.columns, table.texts) == ((FIRST, SECOND), ("x", "y"))
    assert [[cell.decided for cell in row] for row in table.cells] == [
        [("bad",), ("bad",)],
        [("good",), ("bad",)],
    ]
    assert table.cells[0][0].scores == pytest.approx((0.9, 0.1))
    assert [table.disagree(row) for row in range(2)] == [False, True]
    assert [label for label, _ in table.top(1, 0)] == ["good", "bad"]
    assert table.top(1, 0, 1) == (("good", pytest.approx(0.8)),)


def test_multilabel_decisions_are_strongest_first_or_none():
    model = Fixed(Bundle(("a", "b", "c"), MULTI), (0.6, 0.9, 0.1), (0.1, 0.2, 0.3))
    table = compare_models([(FIRST, model)], ("a", "b", "c"), MULTI, ["x", "y"])
    assert [row[0].decided for row in table.cells] == [("b", "a"), ()]


def test_a_label_that_one_model_lacks_is_none_and_no_disagreement():
    whole = Fixed(Bundle(("a", "b"), MULTI), (0.9, 0.9))
    lacking = align(Fixed(Bundle(("x",), MULTI), (0.8,)), ("a", "b"), MULTI, {"x": "a"})
    table = compare_models([(FIRST, whole), (SECOND, lacking)], ("a", "b"), MULTI, ["t"])
    assert table.cells[0][1].scores == (pytest.approx(0.8), None)
    assert table.top(0, 1) == (("a", pytest.approx(0.8)),)
    assert table.disagree(0) is False


def test_thresholds_are_stored_and_do_not_make_another_column(tmp_path):
    with_thresholds = replace(FIRST, thresholds=(0.25, 0.75))
    table = Comparison(LABELS, MULTI, (with_thresholds, SECOND), (), ())
    save_comparison(table, tmp_path / "table.json")
    first, second = load_comparison(tmp_path / "table.json").columns
    assert (first.thresholds, second.thresholds) == ((0.25, 0.75), ())
    assert first == FIRST


def test_a_table_that_was_stored_without_thresholds_is_read(tmp_path):
    path = tmp_path / "table.json"
    save_comparison(Comparison(LABELS, MULTI, (FIRST,), (), ()), path)
    path.write_text(path.read_text().replace('"thresholds": []', '"title": "Old"'))
    assert load_comparison(path).columns[0].thresholds == ()


def test_a_model_in_other_labels_is_refused():
    with pytest.raises(ModelError, match="demo/one answers in bad, good, the task asks for a, b"):
        compare_models([(FIRST, single((1, 0)))], ("a", "b"), SINGLE, ["t"])


def test_no_models_give_empty_rows():
    assert compare_models([], LABELS, SINGLE, ["x", "y"]).cells == ((), ())


def test_a_stored_comparison_comes_back_the_same(tmp_path):
    table = Comparison(
        LABELS, SINGLE, (FIRST,), ("<b>x</b> ☃\u2028",), ((Cell((0.25, None), ("bad",)),),)
    )
    save_comparison(table, tmp_path / "new" / "first_paint.json")
    assert load_comparison(tmp_path / "new" / "first_paint.json") == table
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["first_paint.json"]


def test_a_comparison_of_before_is_read_whole(tmp_path):
    table = load_comparison(STORED)
    save_comparison(table, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == STORED.read_bytes()
    assert table.columns[0].title == "Toys" and table.cells[1][0].decided == ("positive",)


def test_a_wrong_key_is_named_with_what_was_expected(tmp_path):
    (tmp_path / "file.json").write_text(
        STORED.read_text("utf-8").replace("0.0005877003422938287", '"high"')
    )
    said = "cells.0.0.scores.0 is 'high', expected a number; .*store it again"
    with pytest.raises(DataError, match=f"file.json is no stored results table: {said}"):
        load_comparison(tmp_path / "file.json")


@pytest.mark.parametrize("content", ["", "{", '{"labels": []}', '{"cells": 3}', "[]"])
def test_what_is_no_stored_table_is_refused(tmp_path, content):
    (tmp_path / "file.json").write_text(content)
    with pytest.raises(DataError, match="store it again"):
        load_comparison(tmp_path / "file.json")


def test_a_missing_table_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="does not exist; measure"):
        load_comparison(tmp_path / "none.json")
