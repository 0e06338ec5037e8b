import numpy as np
import pytest

from inference.data.problem_types import SINGLE
from inference.evaluation.pairwise import compare_pair, name_labels
from inference.evaluation.predictions import Predictions, Targets

TRUTH = Targets(("a", "b"), SINGLE, np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 1]], np.int8))


def said(*scores_of_a: float) -> Predictions:
    scores = np.array([[score, 1 - score] for score in scores_of_a], np.float32)
    return Predictions(("a", "b"), scores, np.eye(2, dtype=bool)[scores.argmax(axis=1)])


def test_who_was_right_where_is_counted_over_all_rows():
    found = compare_pair(TRUTH, said(0.9, 0.2, 0.1, 0.1, 0.9), said(0.9, 0.9, 0.9, 0.1, 0.8))
    counts = (found.both, found.only_first, found.only_second, found.neither)
    assert counts == (2, 1, 1, 1)
    assert found.first_right.tolist() == [True, False, True, True, False]


def test_the_rows_on_which_both_are_surest_come_first():
    found = compare_pair(TRUTH, said(0.6, 0.9, 0.1, 0.1, 0.9), said(0.4, 0.3, 0.9, 0.1, 0.8))
    assert found.rows.tolist() == [2, 1, 0], "row 3 and 4 are decided alike"


def test_chance_is_mcnemars_exact_test():
    n, truth = 12, Targets(("a", "b"), SINGLE, np.array([[1, 0]] * 12, np.int8))
    found = compare_pair(truth, said(*[0.9] * n), said(*[0.1] * 10, 0.9, 0.9))
    assert (found.only_first, found.only_second) == (10, 0)
    assert found.p_value == pytest.approx(2 * 0.5**10)


def test_equal_models_differ_nowhere():
    found = compare_pair(TRUTH, said(0.9, 0.2, 0.1, 0.1, 0.9), said(0.9, 0.2, 0.1, 0.1, 0.9))
    assert found.rows.size == 0 and found.p_value == 1.0


def test_a_row_is_named_by_its_labels():
    table = np.array([[1, 1], [0, 0]])
    assert [name_labels(table, row, ("a", "b")) for row in (0, 1)] == ["a, b", "(nothing)"]
