import json
from dataclasses import replace

import numpy as np
import pytest

from inference import compare
from inference.alignment import align
from inference.bundle import MULTI, SINGLE, Bundle
from inference.compare import Cell, Column, Comparison, LeaderboardRow
from inference.errors import DataError, ModelError, TextError
from inference.records import Example
from tests.inference.test_alignment import Fixed

LABELS = ("bad", "good")
FIRST = Column("demo/one", "a" * 40, "fine-tuned", "One")
SECOND = Column("demo/two", "b" * 40, "pretrained", "Two")


def single(*rows: tuple[float, float]) -> Fixed:
    return Fixed(Bundle(LABELS, SINGLE), *rows)


def example(row: int, text: str, *labels: str) -> Example:
    return Example({"text": text}, labels, row)


def test_a_comparison_has_a_row_a_text_and_a_column_a_model():
    models = [(FIRST, single((0.9, 0.1), (0.2, 0.8))), (SECOND, single((0.6, 0.4), (0.7, 0.3)))]
    table = compare.compare(models, LABELS, SINGLE, ["x", "y"])
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
    table = compare.compare([(FIRST, model)], ("a", "b", "c"), MULTI, ["x", "y"])
    assert [row[0].decided for row in table.cells] == [("b", "a"), ()]


def test_a_label_that_one_model_lacks_is_none_and_no_disagreement():
    whole = Fixed(Bundle(("a", "b"), MULTI), (0.9, 0.9))
    lacking = align(Fixed(Bundle(("x",), MULTI), (0.8,)), ("a", "b"), MULTI, {"x": "a"})
    table = compare.compare([(FIRST, whole), (SECOND, lacking)], ("a", "b"), MULTI, ["t"])
    assert table.cells[0][1].scores == (pytest.approx(0.8), None)
    assert table.top(0, 1) == (("a", pytest.approx(0.8)),)
    assert table.disagree(0) is False


def test_a_model_in_other_labels_is_refused():
    with pytest.raises(ModelError, match="demo/one answers in bad, good, the task asks for a, b"):
        compare.compare([(FIRST, single((1, 0)))], ("a", "b"), SINGLE, ["t"])


def test_no_models_give_empty_rows():
    assert compare.compare([], LABELS, SINGLE, ["x", "y"]).cells == ((), ())


def test_a_stored_comparison_comes_back_the_same(tmp_path):
    table = Comparison(
        LABELS, SINGLE, (FIRST,), ("<b>x</b> ☃\u2028",), ((Cell((0.25, None), ("bad",)),),)
    )
    compare.save(table, tmp_path / "new" / "first_paint.json")
    assert compare.load(tmp_path / "new" / "first_paint.json") == table
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["first_paint.json"]


ROW = LeaderboardRow(
    "One", "fine-tuned", "demo/one", "", "onnx_int8", 0.5, 0.6, 0.1, None, 9, 1.5, 10
)


def test_a_stored_leaderboard_comes_back_the_same(tmp_path):
    rows = (ROW, replace(ROW, title="Two", mcc=None))
    compare.save_leaderboard(rows, tmp_path / "leaderboard.json")
    assert compare.load_leaderboard(tmp_path / "leaderboard.json") == rows


@pytest.mark.parametrize("content", ["", "{", '{"labels": []}', '{"cells": 3}', "[]"])
def test_what_is_no_stored_table_is_refused(tmp_path, content):
    (tmp_path / "file.json").write_text(content)
    with pytest.raises(DataError, match="store it again"):
        compare.load(tmp_path / "file.json")


@pytest.mark.parametrize("content", ['{"title": "x"}', "[1]", '[{"title": "x"}]'])
def test_what_is_no_leaderboard_is_refused(tmp_path, content):
    (tmp_path / "file.json").write_text(content)
    with pytest.raises(DataError, match="leaderboard|expected"):
        compare.load_leaderboard(tmp_path / "file.json")


def test_a_missing_table_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="does not exist; measure"):
        compare.load_leaderboard(tmp_path / "none.json")


def evaluate(scorer, examples):
    return compare.evaluate(
        scorer,
        examples,
        title="One",
        role="fine-tuned",
        repo_id="demo/one",
        revision="",
        engine="onnx_int8",
    )


class Keyword(Fixed):
    """Knows good from bad by the word."""

    def score(self, texts):
        assert all(texts)
        return np.array([[0.1, 0.9] if "good" in text else [0.8, 0.2] for text in texts], "f4")


def test_an_evaluation_measures_a_model_on_examples():
    scorer = Keyword(Bundle(LABELS, SINGLE), (0, 0))
    words = ["good one", "bad one", "good two", "poor", "so good", "not good"]
    truth = ["good", "bad", "good", "bad", "good", "bad"]
    found = evaluate(
        scorer,
        [example(i, t, label) for i, (t, label) in enumerate(zip(words, truth, strict=True))],
    )
    assert found.scores.shape == (6, 2)
    assert found.row.accuracy == pytest.approx(5 / 6)
    assert found.row.macro_f1 == found.metrics.macro_f1
    assert (found.row.examples, found.row.size_bytes) == (6, 7)
    assert found.row.latency_p50_ms > 0


def test_multilabel_examples_may_have_no_label():
    scorer = Keyword(Bundle(LABELS, MULTI), (0, 0))
    found = evaluate(
        scorer, [example(1, "good", "good"), example(2, "poor"), example(3, "x", "bad")]
    )
    assert found.row.accuracy == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "problem_type, examples, message",
    [
        (SINGLE, [], "no example"),
        (
            SINGLE,
            [example(4, "x", "ugly")],
            r"row 4 has the labels \['ugly'\]; expected one of bad",
        ),
        (SINGLE, [example(4, "x")], r"row 4 has the labels \[\]"),
        (SINGLE, [example(4, "x", "bad", "good")], "expected one of"),
        (MULTI, [example(4, "x", "ugly")], "expected any of bad, good"),
    ],
)
def test_examples_that_cannot_be_measured_are_refused(problem_type, examples, message):
    with pytest.raises(DataError, match=message):
        evaluate(Keyword(Bundle(LABELS, problem_type), (0, 0)), examples)


def test_a_set_in_which_no_label_occurs_cannot_be_measured():
    model = Fixed(Bundle(LABELS, MULTI), (0.1, 0.1), (0.2, 0.2))
    with pytest.raises(DataError, match="none of the 2 examples has a label that demo/one knows"):
        evaluate(model, [example(1, "x"), example(2, "y")])


def test_a_missing_text_field_is_named():
    scorer = Keyword(Bundle(LABELS, SINGLE, ("title",)), (0, 0))
    with pytest.raises(TextError, match="title is missing from text"):
        evaluate(scorer, [example(1, "x", "bad")])


def test_the_tiny_model_is_evaluated_end_to_end(onnx_model, tmp_path):
    from inference import classifier

    model = classifier.load(onnx_model)
    examples = [example(i, f"good {i}", label) for i, label in enumerate(model.bundle.labels * 3)]
    found = evaluate(model, examples)
    assert found.row.roc_auc is not None and 0 <= found.row.roc_auc <= 1
    compare.save_leaderboard([found.row], tmp_path / "rows.json")
    assert json.loads((tmp_path / "rows.json").read_text())[0]["examples"] == 9
