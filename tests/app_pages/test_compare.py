import shutil
from pathlib import Path

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from tests.app_pages.conftest import OpenApp, html
from tests.space_fixtures import BARE, MESSAGES, TUNED

NOBODY = "http://127.0.0.1:9"  # the discard port: nobody listens there


def analyze(app: AppTest, text: str) -> AppTest:
    app.text_area(key="message").set_value(text)
    return app.button(key="analyze").click().run()


def rows(app: AppTest) -> int:
    return html(app).count('<span class="when">')


def boxes(app: AppTest) -> str:
    assert not app.exception, app.exception
    return "".join(f"{box.proto.title} {box.value}" for box in app.error).replace("\\", "")


def test_the_examples_are_painted_without_a_hub(open_app: OpenApp):
    app = open_app(HF_ENDPOINT=NOBODY)
    assert rows(app) == len(MESSAGES) and not boxes(app)


def test_an_analysis_is_added_on_top_with_a_cell_a_model(open_app: OpenApp):
    app = analyze(analyze(open_app(), "a bad day"), "a good day")
    assert not boxes(app)
    texts = [row.comparison.texts for row in app.session_state.history]
    assert texts == [("a good day",), ("a bad day",)]
    columns = app.session_state.history[0].comparison.columns
    assert [column.repo_id for column in columns] == [TUNED, BARE]
    assert rows(app) == 2 + len(MESSAGES)


def test_lines_can_be_messages_of_their_own(open_app: OpenApp):
    app = open_app()
    app.checkbox(key="lines").check()
    analyze(app, "a bad day\n\n a good day\n")
    assert app.session_state.history[0].comparison.texts == ("a bad day", "a good day")


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_message_gets_a_plain_answer(open_app: OpenApp, text: str):
    app = analyze(open_app(), text)
    assert "There is no text to analyze" in boxes(app)
    assert rows(app) == len(MESSAGES)


def test_a_message_over_the_limit_is_refused_with_its_length(open_app: OpenApp):
    app = analyze(open_app(SPACE_MAX_CHARS="20"), "x" * 21)
    assert "Message 1 has 21 characters; at most 20" in boxes(app)
    assert app.session_state.history == ()


def test_no_model_chosen_gets_a_plain_answer(open_app: OpenApp):
    app = open_app()
    app.session_state["models/ready"] = []
    assert "No model is chosen" in boxes(analyze(app, "hello"))


def test_without_a_hub_each_model_says_why_it_cannot_answer(open_app: OpenApp):
    told = boxes(analyze(open_app(HF_ENDPOINT=NOBODY), "hello"))
    assert "Tiny, tuned cannot answer" in told and "Tiny, bare cannot answer" in told
    assert NOBODY in told


def test_a_model_that_is_gone_leaves_the_others_answering(
    open_app: OpenApp, tiny_catalogue: Path, tmp_path: Path
):
    folder = tmp_path / "catalogue"
    shutil.copytree(tiny_catalogue, folder)
    content = yaml.safe_load((folder / "models.yaml").read_text("utf-8"))
    content["models"].append({**content["models"][0], "repo_id": "demo/gone", "title": "Gone"})
    (folder / "models.yaml").write_text(yaml.safe_dump(content), "utf-8")
    app = open_app(SPACE_CATALOGUE=str(folder))
    app.session_state["models/catalogue"] = ["demo/gone", TUNED]
    told = boxes(analyze(app, "hello"))
    assert "Gone cannot answer" in told and "Tiny" not in told
    (column,) = app.session_state.history[0].comparison.columns
    assert column.repo_id == TUNED


def test_clear_keeps_the_examples(open_app: OpenApp):
    app = analyze(open_app(), "hello")
    app.button(key="clear").click().run()
    assert app.session_state.history == () and rows(app) == len(MESSAGES)


def test_history_and_message_survive_a_change_of_page(open_app: OpenApp):
    app = analyze(open_app(), "hello")
    app.switch_page("app_pages/leaderboard.py").run()
    app.switch_page("app_pages/compare.py").run()
    assert rows(app) == 1 + len(MESSAGES)
    assert app.text_area(key="message").value == "hello"


def test_a_new_visitor_sees_nothing_of_another(open_app: OpenApp):
    analyze(open_app(), "a secret")
    assert "a secret" not in html(open_app())


def test_a_catalogue_that_cannot_be_read_is_said_on_the_page(open_app: OpenApp, tmp_path: Path):
    app = open_app(SPACE_CATALOGUE=str(tmp_path / "nowhere"))
    assert "not set up correctly" in boxes(app) and "nowhere" in boxes(app)
