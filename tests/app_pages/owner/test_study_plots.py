"""Optuna's pictures of a stored search, and what they need."""

import pytest

from app_pages.owner import study_plots
from app_pages.owner.study_plots import contour, courses, history, importances, parallel, slices
from inference.workshop.study import COMPLETE, Study
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


def test_what_matters_adds_up_to_one():
    found = study_plots.importance(study())
    assert set(found["setting"]) == {"learning_rate", "class_weights"}
    assert found["importance"].sum() == pytest.approx(1)


def test_a_search_without_an_ended_trial_has_no_picture():
    empty = Study("s", "mcc", 5, ())
    assert history(empty) is None and courses(empty) is None
    assert study_plots.importance(empty).empty
