import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app_pages.conversation import chat_models
from app_pages.conversation.conversation import Turn
from inference.core.event_log import NAME, record_event
from inference.feedback import opinions
from tests.app_pages.conftest import OpenApp
from tests.chat_fixtures import BASE, EXAMPLES, TUNED
from tests.chat_fixtures import talking_catalogue as talking_catalogue  # a fixture

PAGE = "app_pages/chat.py"
NOBODY = "http://127.0.0.1:9"
LIMIT_S = 60


@pytest.fixture
def talk(open_app: OpenApp, talking_catalogue: Path) -> Iterator[OpenApp]:
    """Opens the chat page; answers that still grow at the end are stopped."""
    opened: list[AppTest] = []

    def open_(**environment: str) -> AppTest:
        environment = {"SPACE_CATALOGUE": str(talking_catalogue), **environment}
        opened.append(open_app(**environment).switch_page(PAGE).run())
        return opened[-1]

    yield open_
    for app in opened:
        for turn in app.session_state.chat:
            turn.stop()
            finish(turn)


def finish(turn) -> None:
    for answer in turn.answers:
        assert answer.job.wait(LIMIT_S), f"{answer.title} goes on for more than {LIMIT_S} s"


def say(app: AppTest, message: str, length: int = 16) -> AppTest:
    """Send a message and see both answers to their end."""
    app.slider(key="chat_length").set_value(length).run()
    app.chat_input(key="chat_message").set_value(message).run()
    if not app.session_state.chat:
        return app  # it was refused
    finish(app.session_state.chat[-1])
    return app.run()


def boxes(app: AppTest) -> str:
    return " ".join(error.value for error in app.error).replace("\\", "")


def test_there_is_no_page_where_there_is_no_chat(open_app: OpenApp):
    open_app()
    assert not chat_models.is_listed()


def test_both_models_answer_the_same_message(talk: OpenApp):
    app = say(talk(), "Hello")
    (turn,) = app.session_state.chat
    assert [answer.entry.repo_id for answer in turn.answers] == [BASE, TUNED]
    texts = [answer.text for answer in turn.answers]
    assert all(texts) and texts[0] != texts[1]
    shown = [text.value for text in app.text]
    assert set(texts) <= set(shown) and "Hello" in shown
    notes = " ".join(caption.value for caption in app.caption)
    assert "16 tokens" in notes and "tokens/s" in notes


def test_each_model_is_told_its_own_earlier_answers(talk: OpenApp):
    app = say(say(talk(), "Hello"), "And now?")
    first, second = app.session_state.chat
    for number, answer in enumerate(second.answers):
        said = [(message.role, message.content) for message in answer.asked]
        assert said == [
            ("user", "Hello"),
            ("assistant", first.answers[number].text),
            ("user", "And now?"),
        ]


def test_an_example_is_a_first_message(talk: OpenApp):
    app = talk()
    app.button(key="chat_example/1").click().run()
    assert [turn.message for turn in app.session_state.chat] == [EXAMPLES[1]]


def test_the_settings_reach_both_models(talk: OpenApp):
    app = talk()
    app.slider(key="chat_temperature").set_value(0.0)
    app.text_area(key="chat_system").set_value("Be brief.")
    texts = []
    for _ in range(3):
        say(app, "Hello")
        (turn,) = app.session_state.chat
        texts.append([answer.text for answer in turn.answers])
        assert all(answer.asked[0].content == "Be brief." for answer in turn.answers)
        app.button(key="chat_clear").click().run()
    # the first reads all of the message at once, which rounds otherwise than taking it up again
    assert texts[1] == texts[2], "temperature 0 says the same again"


def test_oldest_messages_that_do_not_fit_are_said_to_be_left_out(talk: OpenApp):
    app = talk()
    for message in ("x" * 450, "y" * 450, "z" * 450):
        say(app, message)
    notes = " ".join(caption.value for caption in app.caption)
    assert "The oldest 2 messages no longer fit" in notes


def test_an_answer_that_ends_while_the_page_is_drawn_is_followed_by_the_next(talk, monkeypatch):
    app = talk()
    app.slider(key="chat_length").set_value(512).run()
    app.chat_input(key="chat_message").set_value("Hello").run()
    assert app.chat_input(key="chat_message").placeholder.startswith("Wait for both")
    is_over = Turn.is_over.fget

    def ends_when_asked(turn: Turn) -> bool:
        answer = is_over(turn)
        turn.stop()
        finish(turn)
        return answer

    monkeypatch.setattr(Turn, "is_over", property(ends_when_asked))
    assert app.run().chat_input(key="chat_message").placeholder == "Your message"


def test_a_stopped_answer_keeps_what_was_said(talk: OpenApp):
    app = talk()
    app.slider(key="chat_length").set_value(512).run()
    app.chat_input(key="chat_message").set_value("Hello").run()
    (turn,) = app.session_state.chat
    turn.stop()
    finish(turn)
    app.run()
    assert "stopped by you" in " ".join(caption.value for caption in app.caption)
    assert not app.chat_input(key="chat_message").disabled


def test_a_thumb_is_kept_with_what_was_said_and_in_no_journal(talk: OpenApp, tmp_path: Path):
    heard: list[str] = []
    ear = logging.Handler()
    ear.emit = lambda record: heard.append(record.getMessage())
    record_event("begun")  # which makes the journal's own logger
    logging.getLogger(NAME).addHandler(ear)
    app = say(talk(), "Hello there")
    answer = app.session_state.chat[0].answers[1]
    thumb = next(one for one in app.get("feedback") if one.key == f"thumb/{answer.id}")
    thumb.set_value(1).run()
    (kept,) = opinions.read(tmp_path / "feedback-chat")
    assert (kept.is_good, kept.repo_id, kept.messages) == (True, TUNED, answer.messages)
    logging.getLogger(NAME).removeHandler(ear)
    assert any('"answer judged"' in line for line in heard), heard
    assert not any("Hello there" in line for line in heard), heard


def test_the_conversation_can_be_taken_away_and_forgotten(talk: OpenApp):
    app = say(talk(), "Hello")
    names = [button.label for button in app.get("download_button")]
    assert names == ["Download JSONL", "Download Markdown"]
    app.button(key="chat_clear").click().run()
    assert app.session_state.chat == () and not app.get("download_button")


@pytest.mark.parametrize(
    ("message", "environment", "expected"),
    [
        ("x" * 30, {"SPACE_MAX_CHARS": "20"}, "at most 20 are read"),
        ("x" * 1400, {}, "Shorten it, or ask for a shorter answer"),
        ("Hello", {"HF_ENDPOINT": NOBODY}, NOBODY),
    ],
)
def test_what_cannot_be_answered_gets_a_plain_reason(
    talk: OpenApp, message: str, environment: dict[str, str], expected: str
):
    assert expected in boxes(say(talk(**environment), message))


def test_a_broken_chat_yaml_is_said_on_the_page(
    open_app: OpenApp, talking_catalogue: Path, tmp_path: Path
):
    for path in talking_catalogue.glob("*.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "chat.yaml").write_text(json.dumps({"title": "x", "oops": 1}), "utf-8")
    app = open_app(SPACE_CATALOGUE=str(tmp_path)).switch_page(PAGE).run()
    assert "unknown key(s) oops" in boxes(app)


def test_it_survives_a_change_of_page(talk: OpenApp):
    app = say(talk(), "Hello")
    text = app.session_state.chat[0].answers[0].text
    app.switch_page("app_pages/leaderboard.py").run()
    app.switch_page(PAGE).run()
    # the page shows a text without the white space at its ends
    assert text.strip() in [one.value for one in app.text]
    assert app.slider(key="chat_length").value == 16
