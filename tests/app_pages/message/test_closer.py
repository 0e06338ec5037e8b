from pathlib import Path

from streamlit.testing.v1 import AppTest

from app_pages.message.closer import WHY_COST
from tests.app_pages.conftest import OpenApp, analyze, boxes, html
from tests.catalogue_fixtures import two_catalogues as two_catalogues  # a fixture
from tests.space_fixtures import BARE, MESSAGES, TUNED


def labels_box(app: AppTest):
    (box,) = [one for one in app.selectbox if (one.key or "").startswith("words_label/")]
    return box


def ask_words(app: AppTest) -> AppTest:
    return app.button(key="show_words").click().run()


def test_the_newest_message_is_looked_at_until_another_is_chosen(open_app: OpenApp):
    app = open_app()
    assert app.selectbox(key="closer").options[0] == f"{MESSAGES[0]} (example)"
    analyze(app, "a bad day")
    box = app.selectbox(key="closer")
    assert box.options[box.options.index("a bad day")] == "a bad day"
    assert box.value == app.session_state.closer and not box.value.startswith("example")
    box.set_value("example/1").run()
    assert app.session_state.closer == "example/1"
    app = analyze(app, "a good day")
    assert not app.session_state.closer.startswith("example")


def test_the_thresholds_of_a_multi_label_model_are_drawn(
    open_app: OpenApp,
    two_catalogues: Path,
):
    app = open_app(SPACE_CATALOGUE=str(two_catalogues))
    assert "--at: 0.300" in html(app) and "--at: 0.600" in html(app)
    assert "the label's threshold" in "".join(caption.value for caption in app.caption)


def test_nothing_is_explained_before_it_is_asked_for(open_app: OpenApp):
    app = open_app()
    assert app.session_state.explained is None and 'class="word"' not in html(app)


def test_the_words_of_a_message_are_marked_for_the_chosen_model_and_label(open_app: OpenApp):
    app = analyze(open_app(), "a really awful day")
    decided = app.session_state.history[0].comparison.cells[0][0].decided[0]
    assert labels_box(app).value == decided
    app = ask_words(app)
    found = app.session_state.explained
    assert (found.column.repo_id, found.explanation.label) == (TUNED, decided)
    assert "".join(piece.text for piece in found.explanation.pieces) == "a really awful day"
    assert 'class="word"' in html(app) and not boxes(app)


def test_the_marks_go_when_another_model_or_label_is_chosen(open_app: OpenApp):
    app = ask_words(analyze(open_app(), "a really awful day"))
    bare = app.session_state.history[0].comparison.columns[1]
    app.selectbox(key="words_model").set_value(bare).run()
    assert 'class="word"' not in html(app)
    assert ask_words(app).session_state.explained.column.repo_id == BARE


def test_a_single_word_gets_a_plain_answer(open_app: OpenApp):
    app = ask_words(analyze(open_app(), "awful"))
    assert "single word" in boxes(app) and app.session_state.explained is None


def test_an_explanation_costs_as_many_requests_as_it_says(open_app: OpenApp, one_address: None):
    app = open_app(SPACE_MAX_REQUESTS_PER_MINUTE=str(WHY_COST))
    assert not boxes(ask_words(app))
    assert "requests a minute are allowed" in boxes(ask_words(app))


def test_a_link_is_made_only_when_asked_for(open_app: OpenApp, two_catalogues: Path):
    host = {"SPACE_HOST": "owner-space.hf.space", "SPACE_CATALOGUE": str(two_catalogues)}
    app = analyze(open_app(**host), "a bad day")
    assert not app.code
    app.button(key="share").click().run()
    assert app.code[0].value == (
        "https://owner-space.hf.space/?catalogue=clicks&model=demo%2Ftiny-clicks&text=a+bad+day"
    )


def test_a_message_too_long_for_a_link_is_refused(open_app: OpenApp):
    app = analyze(open_app(), "ab " * 3000)
    app.button(key="share").click().run()
    assert "share a shorter message" in boxes(app) and not app.code
