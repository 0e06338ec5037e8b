"""The page About: what it says of models, limits and storage, in each state of the catalogue."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from inference.catalogue import licences
from inference.catalogue.catalogue import LEADERBOARD_FILE, load_catalogue
from tests.app_pages.conftest import OpenApp
from tests.space_fixtures import BARE, TUNED

PAGE = "app_pages/about.py"


def opened(open_app: OpenApp, **environment: str) -> AppTest:
    app = open_app(**environment).switch_page(PAGE).run()
    assert not app.exception, app.exception
    return app


def without(tiny_catalogue: Path, folder: Path, *names: str) -> Path:
    """A copy of the catalogue that lacks some of what is stored."""
    copied = shutil.copytree(tiny_catalogue, folder)
    for name in names:
        (copied / name).unlink()
    return copied


def test_every_model_stands_there_with_its_commit_and_quality(
    open_app: OpenApp, tiny_catalogue: Path
):
    table = opened(open_app).dataframe[0].value
    assert list(table["Repo"]) == [TUNED, BARE]
    pinned = [entry.revision for entry in load_catalogue(tiny_catalogue).models]
    assert list(table["Revision"]) == pinned
    assert list(table["MCC, 95 %"]) == ["0.610 (0.590 to 0.630)", "0.200 (0.180 to 0.220)"]


def test_a_licence_is_that_of_the_card_or_said_to_be_missing(
    open_app: OpenApp, tiny_catalogue: Path, tmp_path: Path
):
    folder = without(tiny_catalogue, tmp_path / "catalogue", licences.FILE_NAME)
    licences.save({TUNED: "apache-2.0"}, folder)
    table = opened(open_app, SPACE_CATALOGUE=str(folder)).dataframe[0].value
    assert list(table["Licence"]) == ["apache-2.0", "not stated"]


def test_limits_are_those_of_this_process(open_app: OpenApp):
    app = opened(open_app, SPACE_MAX_CHARS="1234", SPACE_MAX_MODELS="3")
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Characters of a message"] == "1,234" and shown["Models in memory"] == "3"
    assert shown["Size of an upload"] == "10 MB"


@pytest.mark.parametrize("repo", ["", "demo/answers"])
def test_answers_are_said_to_travel_only_where_they_do(open_app: OpenApp, repo: str):
    app = opened(open_app, SPACE_FEEDBACK_REPO=repo, HF_TOKEN="hf_x")
    assert ("private data set" in app.table[0].value.to_string()) == bool(repo)


def test_without_measurements_the_page_says_so(
    open_app: OpenApp, tiny_catalogue: Path, tmp_path: Path
):
    folder = without(tiny_catalogue, tmp_path / "catalogue", LEADERBOARD_FILE)
    app = opened(open_app, SPACE_CATALOGUE=str(folder))
    assert set(app.dataframe[0].value["MCC, 95 %"]) == {"not measured"}
    assert any("Not measured yet" in text.value for text in app.text)


def test_a_damaged_file_is_named_in_a_box(open_app: OpenApp, tiny_catalogue: Path, tmp_path: Path):
    folder = without(tiny_catalogue, tmp_path / "catalogue")
    (folder / licences.FILE_NAME).write_text("[1", "utf-8")
    app = opened(open_app, SPACE_CATALOGUE=str(folder))
    assert "is not what was stored" in app.error[0].value


def test_the_programs_name_the_model_at_its_commit_and_this_address(
    open_app: OpenApp, tiny_catalogue: Path
):
    revision = load_catalogue(tiny_catalogue).models[0].revision
    python, shell, small = [block.value for block in opened(open_app).code]
    assert TUNED in python and revision in python and revision in small
    assert "http://localhost:8501/api/classify" in shell
