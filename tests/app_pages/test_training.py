"""The owner's page as its owner, a visitor and a broken installation meet it."""

from functools import partial
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app_pages.shared import auth
from inference.data import formats
from inference.runs import process
from inference.runs import runs as runs_of
from inference.runs.runs import TRAIN, Run, Runs
from tests.app_pages.conftest import OpenApp
from tests.space_fixtures import PROJECT
from tests.waiting import SLEEP, wait_for

CSV = b"title,text,label\na,good day,positive\nb,bad day,negative\n"


@pytest.fixture
def run(runs: Runs) -> Run:
    return runs.make("tweets", "my *tweets*.csv", CSV)


@pytest.fixture
def open_page(open_as_owner: OpenApp) -> OpenApp:
    return partial(open_as_owner, "app_pages/training.py")


def test_a_visitor_finds_no_such_page_and_its_script_draws_nothing(open_page):
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        open_page(is_owner=False)
    app = AppTest.from_file(str(PROJECT / "app_pages" / "training.py"), default_timeout=60).run()
    assert "SPACE_OWNERS" in app.error[0].value.replace("\\", "")
    assert not app.title and not app.get("file_uploader")


def test_a_visitor_cannot_press_what_the_owner_was_shown(open_page, run: Run, monkeypatch):
    app = open_page()
    monkeypatch.setattr(auth, "is_owner", lambda: False)
    app.button("run_delete_button").click().run()
    assert Runs(run.folder.parent).all() == (run,)


def test_without_runs_the_page_asks_for_a_file(open_page):
    app = open_page()
    assert "Nothing was trained here yet" in app.text[0].value
    app.button("run_make_button").click().run()
    assert "Give one file" in app.error[0].value


def test_the_page_takes_a_file_of_every_ending(open_page):
    assert tuple(open_page().get("file_uploader")[0].proto.type) == formats.SUFFIXES


def test_a_file_of_this_machine_becomes_a_run(open_page, runs: Runs, tmp_path: Path):
    (tmp_path / "Some Reviews.csv").write_bytes(CSV)
    app = open_page()
    app.text_input("run_path").input(str(tmp_path / "Some Reviews.csv"))
    app.button("run_make_button").click().run()
    assert not app.exception and not app.error
    (made,) = runs.all()
    assert made.name.startswith("some-reviews-")
    assert "Some Reviews.csv: 2 rows, 3 columns" in [text.value for text in app.text]


def test_an_uploaded_file_becomes_a_run_under_the_name_that_is_given(open_page, runs: Runs):
    app = open_page()
    app.get("file_uploader")[0].upload("a.csv", CSV, "text/csv")
    app.text_input("run_name").input("mine")
    app.button("run_make_button").click().run()
    assert not app.exception and not app.error
    assert runs.find("mine").columns == ("title", "text", "label")


def test_columns_are_asked_for_before_anything_starts(open_page, run: Run):
    app = open_page()
    app.button("run_train").click().run()
    assert "Choose the column of the text" in app.error[0].value
    assert run.work is None


def test_what_was_chosen_is_kept_and_the_public_command_started(
    open_page, run: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Run, "command", lambda self, kind, *flags: ("python", *SLEEP[1:]))
    app = open_page()
    app.multiselect("text_fields_tweets").select("title").select("text")
    app.multiselect("label_fields_tweets").select("label")
    app.number_input("num_train_epochs_tweets").set_value(5)
    app.button("run_train").click().run()
    assert not app.exception and not app.error
    assert run.settings["text_fields"] == ["title", "text"]
    assert run.settings["num_train_epochs"] == 5
    assert run.work.state == process.RUNNING
    assert "Text: title, text · label: label" in " ".join(text.value for text in app.text)
    app.button("run_stop").click().run()
    wait_for(lambda: run.work.state == process.STOPPED, "the stop")
    app.run()
    assert "Training was stopped" in app.warning[0].value
    assert app.multiselect("text_fields_tweets").value == ["title", "text"], "as it was chosen"


def test_a_second_tab_sees_what_the_first_started(open_page, run: Run):
    process.start(run.folder, TRAIN, SLEEP)
    for app in (open_page(), open_page()):
        assert app.button("run_stop") and not app.exception


def test_another_run_waits_and_says_for_which(open_page, runs: Runs, run: Run):
    runs.make("newer", "a.csv", CSV)
    process.start(run.folder, TRAIN, SLEEP)
    app = open_page()
    assert "The run tweets is at work" in app.info[0].value.replace("\\", "")


def test_a_failure_shows_what_was_printed(open_page, run: Run):
    command = (SLEEP[0], "-c", "print('error: a *bad* row'); exit(1)")
    process.start(run.folder, TRAIN, command)
    wait_for(lambda: run.work.state == process.FAILED, "the failure")
    app = open_page()
    assert "Training failed" in app.error[0].value
    assert "error: a *bad* row" in app.code[0].value


def test_deleting_a_run_leads_to_the_next(open_page, runs: Runs, run: Run):
    app = open_page()
    app.button("run_delete_button").click().run()
    assert not app.exception and runs.all() == ()
    assert "Nothing was trained here yet" in app.text[0].value


def test_a_trained_run_is_published_only_with_a_token(open_page, run: Run):
    run.output.mkdir()
    (run.output / "stages.json").write_text('{"stages": {"card": {}}}')
    (run.output / "README.md").write_text("a card")
    app = open_page()
    assert "HF_TOKEN" in app.info[0].value
    st.cache_resource.clear()
    app = open_page(HF_TOKEN="hf_secret")
    assert app.button("run_publish_button")
    assert "hf_secret" not in str(app)


def test_missing_packages_are_told_with_the_way_to_get_them(open_page, monkeypatch):
    monkeypatch.setattr(runs_of, "find_spec", lambda name: None)
    app = open_page()
    assert "training/requirements" in app.error[0].value.replace("\\", "")
    assert not app.get("file_uploader")
