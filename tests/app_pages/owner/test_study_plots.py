"""Optuna's pictures of a stored search, and what they need."""

import pandas as pd
import pytest

from app_pages.owner import study_plots
from app_pages.owner.study_plots import contour, courses, history, importances, parallel, slices
from inference.runs.study import COMPLETE, Study
from tests.studies import study, trial

ONE = Study("s", "mcc", 5, (trial(0, COMPLETE, 0.5, 2e-4, "none"),))


@pytest.mark.parametrize("draw", [history, importances, courses, parallel, slices])
def test_every_picture_is_one_of_optuna_with_words_for_those_who_cannot_see_it(draw):
    picture = draw(study())
    assert picture.figure.data, picture
    assert len(picture.alt) > 20
    assert "Objective Value" not in picture.figure.to_json()


def test_two_settings_are_drawn_together():
    assert study_plots.settings(study()) == ["learning_rate", "class_weights"]
    picture = contour(study(), "learning_rate", "class_weights")
    assert picture.figure.data and "learning_rate and class_weights" in picture.alt


@pytest.mark.parametrize("draw", [importances, parallel, slices])
def test_nothing_is_said_of_settings_before_three_trials(draw):
    assert draw(ONE) is None
    assert history(ONE) is not None


@pytest.mark.parametrize("evaluator", study_plots.EVALUATORS)
def test_what_matters_adds_up_to_one_by_each_evaluator_of_optuna(evaluator: str):
    found = study_plots.importance(study(), evaluator)
    assert set(found["setting"]) == {"learning_rate", "class_weights"}
    assert found["importance"].sum() == pytest.approx(1)
    pd.testing.assert_frame_equal(found, study_plots.importance(study(), evaluator))
    picture = importances(study(), evaluator)
    assert f"by {evaluator}: most" in picture.alt
    assert sorted(picture.figure.data[0].x) == pytest.approx(sorted(found["importance"]))


def test_the_evaluators_do_not_all_say_the_same():
    said = [study_plots.importance(study(), name) for name in study_plots.EVALUATORS]
    assert len({frame["importance"].round(6).max() for frame in said}) == 3


@pytest.mark.parametrize("evaluator", study_plots.EVALUATORS)
def test_an_evaluator_that_finds_no_difference_says_nothing(evaluator: str):
    same = [trial(number, COMPLETE, 0.5 + number / 10, 2e-4, "none") for number in range(4)]
    alike = Study("s", "mcc", 5, tuple(same))
    assert study_plots.is_enough(alike)
    assert study_plots.importance(alike, evaluator).empty
    assert importances(alike, evaluator) is None


def test_a_search_without_an_ended_trial_has_no_picture():
    empty = Study("s", "mcc", 5, ())
    assert history(empty) is None and courses(empty) is None
    assert study_plots.importance(empty).empty
