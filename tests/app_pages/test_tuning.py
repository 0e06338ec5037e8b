"""The owner's page of searches as its owner, a visitor and a broken installation meet it."""

from functools import partial

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from inference.runs import process
from inference.runs import runs as runs_of
from inference.runs.runs import TUNE, Run, Runs
from inference.runs.study import COMPLETE, Study, save_study
from tests.app_pages.conftest import OpenApp
from tests.space_fixtures import PROJECT
from tests.studies import NEAR, study, trial
from tests.waiting import SLEEP, wait_for

CSV = b"title,text,label\na,good day,positive\nb,bad day,negative\n"
CHOSEN = {"text_fields": ["text"], "label_fields": ["label"], "num_train_epochs": 2}


@pytest.fixture
def run(runs: Runs) -> Run:
    run = runs.make("tweets", "tweets.csv", CSV)
    run.configure(CHOSEN)
    return run


@pytest.fixture
def open_page(open_as_owner: OpenApp) -> OpenApp:
    return partial(open_as_owner, "app_pages/tuning.py")


def text_of(app: AppTest) -> str:
    return "\n".join(text.value for text in app.text)


def test_a_visitor_finds_no_such_page_and_its_script_draws_nothing(open_page):
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        open_page(is_owner=False)
    app = AppTest.from_file(str(PROJECT / "app_pages" / "tuning.py"), default_timeout=60).run()
    assert "SPACE_OWNERS" in app.error[0].value.replace("\\", "")
    assert not app.title


def test_without_a_run_the_page_says_where_one_is_made(open_page):
    app = open_page()
    assert not app.exception and "There is nothing to tune yet" in text_of(app)


def test_without_columns_it_says_where_they_are_chosen(open_page, runs: Runs):
    runs.make("bare", "tweets.csv", CSV)
    app = open_page()
    assert not app.exception
    assert "No settings were tried" in text_of(app) and "come first" in text_of(app)
    assert not app.get("form")


def test_a_search_is_started_with_the_public_command_and_stopped(
    open_page, run: Run, monkeypatch: pytest.MonkeyPatch
):
    asked: list[tuple[str, ...]] = []

    def command(self: Run, kind: str, *flags: str) -> tuple[str, ...]:
        asked.append((kind, *flags))
        return ("python", *SLEEP[1:])

    monkeypatch.setattr(Run, "command", command)
    app = open_page()
    app.number_input("trials_tweets").set_value(7)
    app.number_input("minutes_tweets").set_value(5)
    app.selectbox("pruner_tweets").select("median")
    app.button("tuning_start").click().run()
    assert not app.exception and not app.error
    flags = ("--n_trials", "7", "--timeout", "300", "--pruner", "median")
    assert (TUNE, *flags) in asked
    assert run.work.kind == TUNE and run.work.state == process.RUNNING
    app.button("tuning_stop").click().run()
    wait_for(lambda: run.work.state == process.STOPPED, "the stop")
    app.run()
    assert "Tuning was stopped" in app.warning[0].value


def test_what_was_found_is_shown_with_what_it_gained(open_page, run: Run):
    save_study(study(), run.tuning)
    app = open_page()
    assert not app.exception and not app.error
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Trials"] == "6 of 20" and figures["Best MCC"] == "0.610"
    assert "On test, looked at once: MCC 0.520" in text_of(app)
    assert "so it flatters: MCC 0.500" in text_of(app)
    best = app.dataframe[0].value.set_index("setting")
    assert best.loc["learning_rate", "best"] == "0.0009"
    assert best.loc["class_weights", "your own"] == "none"
    assert app.get("plotly_chart")


def test_it_says_so_where_the_best_trial_is_within_chance_of_the_own_settings(open_page, run: Run):
    save_study(study(validation=NEAR, test=None), run.tuning)
    said = text_of(open_page())
    assert "by no more than chance may (one standard error), so your own stay" in said


@pytest.mark.parametrize(
    "view", ["Importance", "Course of the trials", "All settings", "One by one"]
)
def test_every_picture_can_be_chosen(open_page, run: Run, view: str):
    save_study(study(), run.tuning)
    app = open_page()
    app.session_state["tuning_view"] = view
    app.run()
    assert not app.exception and app.get("plotly_chart")


def test_importance_is_shown_by_the_evaluator_that_was_chosen(open_page, run: Run):
    save_study(study(), run.tuning)
    app = open_page()
    app.session_state["tuning_view"] = "Importance"
    app.run()
    assert app.segmented_control("tuning_evaluator").label == "Importance by"
    for name in ("fANOVA", "PED-ANOVA", "Mean decrease impurity"):
        app.segmented_control("tuning_evaluator").set_value(name).run()
        assert not app.exception and app.get("plotly_chart")
        said = [one.value.replace("\\", "") for one in app.caption]
        assert any(f"by {name}" in one for one in said), said


def test_an_evaluator_that_can_say_nothing_is_told_in_a_line(open_page, run: Run):
    alike = [trial(number, COMPLETE, 0.5 + number / 10, 2e-4, "none") for number in range(4)]
    save_study(Study("s", "mcc", 5, tuple(alike)), run.tuning)
    app = open_page()
    app.session_state["tuning_view"] = "Importance"
    app.run()
    assert not app.exception and not app.get("plotly_chart")
    assert "fANOVA finds no difference between the settings of these trials" in text_of(app)


def test_two_settings_can_be_looked_at_together(open_page, run: Run):
    save_study(study(), run.tuning)
    app = open_page()
    app.session_state["tuning_view"] = "Two together"
    app.run()
    assert not app.exception and app.get("plotly_chart")
    assert app.selectbox("tuning_one").value == "learning_rate"
    assert app.selectbox("tuning_other").value == "class_weights"


def test_before_there_are_three_trials_it_says_what_is_missing(open_page, run: Run):
    save_study(Study("s", "mcc", 5, study().trials[:1]), run.tuning)
    app = open_page()
    app.session_state["tuning_view"] = "Importance"
    app.run()
    assert not app.exception and "three trials are complete" in text_of(app)


def test_a_search_under_way_says_how_far_it_is(open_page, run: Run):
    process.start(run.folder, TUNE, SLEEP)
    app = open_page()
    assert not app.exception
    assert "Reading the data" in app.get("progress")[0].proto.text
    save_study(study(), run.tuning)
    app.run()
    assert "Trial 7 of 20, at most about 3 min left" in app.get("progress")[0].proto.text


def test_without_the_packages_of_training_it_says_how_to_install_them(
    open_page, monkeypatch: pytest.MonkeyPatch
):
    find = runs_of.find_spec
    monkeypatch.setattr(runs_of, "find_spec", lambda name: None if name == "optuna" else find(name))
    st.cache_resource.clear()
    app = open_page()
    assert "training/requirements.txt" in app.error[0].value.replace("\\", "")
