"""Every row has its place and either scores or a reason."""

import numpy as np
import pytest

from inference.batch.scoring import RowReader, choose_columns, score_rows
from inference.core.errors import ConfigError, DataError
from inference.data.cells import Unusable
from inference.data.delimited import Broken
from inference.data.problem_types import SINGLE
from inference.models.bundle import Bundle
from inference.models.classifier import load_classifier
from tests.tiny import LABELS

TEXT = Bundle(LABELS, SINGLE)
TWO = Bundle(LABELS, SINGLE, text_fields=("title", "queries"), json_fields=("queries",))
SILENT = Bundle(LABELS, SINGLE, text_fields=())


@pytest.mark.parametrize(
    ("bundle", "columns", "row", "text"),
    [
        (TEXT, ("message",), {"message": "good", "id": 1}, "good"),
        (TEXT, ("message",), {"message": 5}, "5"),
        (TWO, ("t", "q"), {"t": "A", "q": '{"b": 0.25}'}, "A b 25%"),
        (TWO, ("t", "q"), {"q": ["b", "c"]}, " b; c"),
        (SILENT, ("a", "b"), {"b": "y", "a": "x"}, "x y"),
    ],
)
def test_a_row_is_read_as_the_model_was_trained(bundle, columns, row, text):
    assert RowReader(bundle, columns).text(row) == text


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": " \n"}, "no text in 'text'"),
        ({}, "no text in 'text'"),
        ({"text": "x\0"}, "NUL"),
        ({"text": "\udc80"}, "damaged characters"),
        ({"text": ["a"]}, "type list, expected text"),
        ({"text": "12345678901"}, "11 characters; at most 10"),
        (Broken("1 column, expected 2"), "1 column, expected 2"),
    ],
)
def test_what_cannot_be_scored_says_why(row, reason):
    with pytest.raises(Unusable, match=reason):
        RowReader(TEXT, ("text",), max_chars=10).text(row)


def test_columns_are_the_models_own_unless_others_are_named():
    assert choose_columns(TWO, (), ("queries", "title", "id"), "f") == ("title", "queries")
    assert choose_columns(TWO, ("a", "b"), ("a", "b"), "f") == ("a", "b")
    assert choose_columns(SILENT, (), ("text", "id"), "f") == ("text",)
    with pytest.raises(ConfigError, match=r"1 text fields are named.*reads 2 \(title, queries\)"):
        choose_columns(TWO, ("a",), ("a",), "f")
    with pytest.raises(ConfigError, match="does not say which columns"):
        choose_columns(SILENT, (), ("a", "b"), "f")
    with pytest.raises(DataError, match="Did you mean 'titel'"):
        choose_columns(TWO, (), ("titel", "queries"), "f")


def test_rejected_rows_keep_their_place_beside_the_scored(onnx_model):
    model = load_classifier(onnx_model, threads=1)
    texts = ["good", "", "bad day", "awful", "   "]
    rows = [{"text": text} for text in texts]
    blocks = list(
        score_rows(model, iter([*rows, Broken("no")]), RowReader(model.bundle, ("text",)), 4)
    )
    assert [len(block.rows) for block in blocks] == [4, 2]
    assert [row for block in blocks for row in block.rows] == [*rows, {}]
    reasons = [reason for block in blocks for reason in block.reasons]
    assert [reason is None for reason in reasons] == [True, False, True, True, False, False]
    scores = np.concatenate([block.scores for block in blocks])
    assert np.array_equal(scores[[0, 2, 3]], model.score(["good", "bad day", "awful"]))
    assert np.isnan(scores[[1, 4, 5]]).all()
    assert np.concatenate([block.decided for block in blocks]).sum(axis=1).tolist() == [
        1,
        0,
        1,
        1,
        0,
        0,
    ]
    assert [block.rejected for block in blocks] == [1, 2]
