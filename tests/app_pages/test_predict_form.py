from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app_pages.conftest import NOBODY, OpenApp, boxes, html
from tests.catalogue_fixtures import CLICKS, FIELDS
from tests.catalogue_fixtures import two_catalogues as two_catalogues  # a fixture
from tests.space_fixtures import TUNED

PAGE = "app_pages/predict_form.py"
OBJECT = {"prefix": "wea", "title": "a good app", "tag": "day", "predicted": '{"weather": 0.4}'}
LINE = 'wea\t{"weather": 0.4}\ta good app\tday'


@pytest.fixture
def form(open_app: OpenApp, two_catalogues: Path):
    def open_(**environment: str) -> AppTest:
        app = open_app(SPACE_CATALOGUE=str(two_catalogues), **environment)
        return app.switch_page(PAGE).run()

    return open_


def predict(app: AppTest, fields: dict[str, str]) -> AppTest:
    for name, text in fields.items():
        app.text_area(key=f"form/{CLICKS}/{name}").set_value(text)
    return app.button(key="predict").click().run()


def test_there_is_an_input_for_each_field_of_the_model(form):
    labels = [area.label for area in form().text_area]
    assert labels == ["prefix", "title", "tag", "predicted (JSON)"]


def test_the_fields_are_known_without_a_hub(form):
    assert len(form(HF_ENDPOINT=NOBODY).text_area) == len(FIELDS)


def test_every_class_gets_its_score_beside_its_threshold(form):
    app = predict(form(), OBJECT)
    assert not boxes(app)
    comparison = app.session_state.object_answer.comparison
    assert comparison.texts == ("wea [SEP] a good app [SEP] day [SEP] weather 40%",)
    assert "clicked" in html(app) and "--at: 0.300" in html(app) and "--at: 0.600" in html(app)


def test_a_line_of_the_training_file_says_the_same(form):
    by_field = predict(form(), OBJECT).session_state.object_answer.comparison
    app = form()
    app.segmented_control(key="form_way").set_value("One line of a file").run()
    app.text_area(key=f"form_line/{CLICKS}").set_value(LINE + "\t1")
    app.button(key="predict").click().run()
    assert app.session_state.object_answer.comparison == by_field


@pytest.mark.parametrize(
    ("line", "said"), [("wea", "1 column.s. between its tabs; expected 4 to 5"), ("", "1 column")]
)
def test_a_line_of_other_columns_gets_a_plain_answer(form, line: str, said: str):
    app = form()
    app.segmented_control(key="form_way").set_value("One line of a file").run()
    app.text_area(key=f"form_line/{CLICKS}").set_value(line)
    app.button(key="predict").click().run()
    assert said.replace("column.s.", "column(s)") in boxes(app)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "There is no text"),
        ({**OBJECT, "predicted": "{oops"}, "'predicted' is not JSON"),
        ({**OBJECT, "title": "x" * 99}, "characters; at most 50"),
    ],
)
def test_what_cannot_be_scored_gets_a_plain_answer(form, fields: dict[str, str], said: str):
    app = predict(form(SPACE_MAX_CHARS="50"), fields)
    assert said in boxes(app) and app.session_state.object_answer is None


def test_a_model_that_cannot_be_had_is_said(form):
    assert NOBODY in boxes(predict(form(HF_ENDPOINT=NOBODY), OBJECT))


def test_a_model_without_named_fields_reads_one_text(open_app: OpenApp):
    app = open_app().switch_page(PAGE).run()
    assert [area.label for area in app.text_area] == ["text"] and not app.segmented_control
    app.text_area(key=f"form/{TUNED}/text").set_value("a good day")
    app.button(key="predict").click().run()
    assert app.session_state.object_answer.comparison.texts == ("a good day",)


def test_fields_and_answer_survive_a_change_of_page(form):
    app = predict(form(), OBJECT)
    app.switch_page("app_pages/compare.py").run()
    app.switch_page(PAGE).run()
    assert app.text_area(key=f"form/{CLICKS}/title").value == "a good app"
    assert "--at: 0.300" in html(app)
