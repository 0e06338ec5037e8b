import shutil
from pathlib import Path

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from tests.app_pages.conftest import NOBODY, OpenApp, analyze, boxes, html
from tests.catalogue_fixtures import two_catalogues as two_catalogues  # a fixture
from tests.space_fixtures import BARE, MESSAGES, TUNED


def rows(app: AppTest) -> int:
    return html(app).count('<span class="when">')


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


def shared(text: str, *repo_ids: str) -> dict[str, list[str]]:
    return {"text": [text], "model": list(repo_ids)}


def test_a_share_link_is_answered_at_once_by_the_models_it_names(open_app: OpenApp):
    app = open_app(query=shared("a bad day", BARE, "demo/unknown"))
    assert not boxes(app)
    (analysis,) = app.session_state.history
    assert analysis.comparison.texts == ("a bad day",)
    assert [column.repo_id for column in analysis.comparison.columns] == [BARE]
    assert app.text_area(key="message").value == "a bad day"


def test_a_share_link_is_followed_once(open_app: OpenApp):
    app = open_app(query=shared("a bad day"))
    analyze(app, "a good day")
    app.run()
    texts = [row.comparison.texts for row in app.session_state.history]
    assert texts == [("a good day",), ("a bad day",)]
    assert app.text_area(key="message").value == "a good day"


@pytest.mark.parametrize(
    ("text", "said"), [(" ", "There is no text"), ("x" * 21, "has 21 characters")]
)
def test_a_share_link_is_checked_like_any_message(open_app: OpenApp, text: str, said: str):
    app = open_app(query=shared(text), SPACE_MAX_CHARS="20")
    assert said in boxes(app) and app.session_state.history == ()


def test_the_last_requests_of_a_minute_are_counted_out_before_the_limit_bites(
    open_app: OpenApp, one_address: None
):
    app = open_app(SPACE_MAX_REQUESTS_PER_MINUTE="2")
    assert any("2 of 2 requests left" in caption.value for caption in app.caption)
    app = analyze(analyze(analyze(app, "one"), "two"), "three")
    assert "2 requests a minute are allowed" in boxes(app) and len(app.session_state.history) == 2


def test_each_catalogue_has_its_own_models_examples_and_history(
    open_app: OpenApp, two_catalogues: Path
):
    app = open_app(SPACE_CATALOGUE=str(two_catalogues))
    assert "Clicks on toys" in app.caption[0].value and rows(app) == 2
    analyze(app, "a good movie")
    assert [row.catalogue_name for row in app.session_state.history] == ["clicks"]
    app.segmented_control(key="catalogue").set_value("toys").run()
    assert "Sentiment of toys" in app.caption[0].value and rows(app) == len(MESSAGES)
    analyze(app, "a bad day")
    columns = app.session_state.history[0].comparison.columns
    assert [column.repo_id for column in columns] == [TUNED, BARE]
    app.button(key="clear").click().run()
    assert [row.catalogue_name for row in app.session_state.history] == ["clicks"]
    assert not boxes(app)


def test_a_link_leads_to_its_catalogue_and_an_unknown_one_to_the_first(
    open_app: OpenApp, two_catalogues: Path
):
    toys, clicks = "Sentiment of toys", "Clicks on toys"
    older = ("recipe", "toys", toys)
    for key, name, title in (("catalogue", "toys", toys), older, ("catalogue", "nothing", clicks)):
        query = {key: [name], **shared("a good day")}
        app = open_app(query=query, SPACE_CATALOGUE=str(two_catalogues))
        assert title in app.caption[0].value and not boxes(app)
        assert app.session_state.history[0].comparison.texts == ("a good day",)


def test_one_catalogue_needs_no_switch(open_app: OpenApp):
    assert not open_app().segmented_control
