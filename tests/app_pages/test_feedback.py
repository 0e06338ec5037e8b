from pathlib import Path

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from app_pages.shared import widgets
from hub.client import connect
from inference.feedback.log import Feedback, FeedbackLog, read_feedback
from tests.app_pages.conftest import OpenApp, analyze, boxes, html
from tests.hub.repos import new_name
from tests.hub_fixtures import RunningHub
from tests.inference.feedback.given import said
from tests.space_fixtures import LABELS, MESSAGES, TUNED
from tests.waiting import wait_for

TITLE = "Sentiment of toys"


def press(app: AppTest, kind: str) -> AppTest:
    """Press the button of this kind for the row that is looked at."""
    (button,) = [one for one in app.button if (one.key or "").startswith(f"{kind}/")]
    return button.click().run()


def pills(app: AppTest):
    (widget,) = [one for one in app.button_group if (one.key or "").startswith("labels/")]
    return widget


def kept(tmp_path: Path) -> tuple[Feedback, ...]:
    return read_feedback(tmp_path / "feedback").feedback


def texts(app: AppTest) -> str:
    return " ".join(one.value for one in [*app.text, *app.caption])


def feedback_page(app: AppTest) -> AppTest:
    return app.switch_page("app_pages/feedback.py").run()


def test_a_thumb_up_is_kept_with_the_message_and_the_model(open_app: OpenApp, tmp_path: Path):
    app = press(analyze(open_app(), "a good day"), "right")
    assert not boxes(app)
    (one,) = kept(tmp_path)
    assert one.fields == {"text": "a good day"}
    assert (one.repo_id, one.catalogue, one.is_confirmed) == (TUNED, TITLE, True)
    assert len(one.revision) == 40 and one.who
    assert "Kept: you agree." in texts(app)


def test_a_correction_is_kept_with_the_label_that_is_right(open_app: OpenApp, tmp_path: Path):
    app = press(analyze(open_app(), "a good day"), "wrong")
    assert not kept(tmp_path), "nothing is kept before the label is chosen"
    (decided,) = app.session_state.history[0].comparison.cells[0][0].decided
    assert decided not in pills(app).options
    right = pills(app).options[0]
    pills(app).set_value(right)
    app = press(app, "keep")
    (one,) = kept(tmp_path)
    assert (one.predicted, one.corrected) == ((decided,), (right,))
    assert f"Kept: you say {right}." in texts(app)


def test_no_label_chosen_gets_a_plain_answer_and_the_choice_stays_open(
    open_app: OpenApp, tmp_path: Path
):
    app = press(press(analyze(open_app(), "a good day"), "wrong"), "keep")
    assert "0 labels are chosen" in boxes(app)
    assert not kept(tmp_path) and pills(app).options


def test_cancel_brings_the_thumbs_back(open_app: OpenApp, tmp_path: Path):
    app = press(press(analyze(open_app(), "a good day"), "wrong"), "cancel")
    assert [one.label for one in app.button if (one.key or "").startswith("right/")] == ["Right"]
    assert not kept(tmp_path)


def test_what_is_taken_back_may_be_said_anew(open_app: OpenApp, tmp_path: Path):
    app = press(analyze(open_app(), "a good day"), "right")
    app = press(app, "undo")
    assert not kept(tmp_path) and read_feedback(tmp_path / "feedback").undone == 1
    press(app, "right")
    assert len(kept(tmp_path)) == 1


def test_a_disk_that_takes_nothing_is_said_and_nothing_counts_as_kept(
    open_app: OpenApp, tmp_path: Path
):
    (tmp_path / "taken").write_text("a file")
    app = open_app(SPACE_FEEDBACK=str(tmp_path / "taken" / "feedback"))
    app = press(analyze(app, "a good day"), "right")
    assert "Your answer was not kept" in boxes(app)
    assert app.session_state.own_feedback == ()


def test_a_session_has_a_limit_of_answers(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app_pages.message.corrections.MAX_ANSWERS", 0)
    app = press(analyze(open_app(), "a good day"), "right")
    assert "as many as one session may give" in boxes(app)
    assert not kept(tmp_path)


def test_the_page_says_that_nothing_was_said_yet(open_app: OpenApp):
    app = feedback_page(open_app())
    assert not app.exception
    assert "None yet" in texts(app) and "0 texts are ready to train on" in texts(app)
    assert not app.dataframe and not [one for one in app.get("download_button")]


def test_the_page_lists_this_session_and_offers_its_rows_for_training(
    open_app: OpenApp, tmp_path: Path
):
    app = feedback_page(press(analyze(open_app(), "<b>a</b> good day"), "right"))
    assert not app.exception
    assert "&lt;b&gt;a&lt;/b&gt; good day" in html(app)
    (table,) = app.dataframe
    assert table.value.to_dict("records") == [
        {"text": "<b>a</b> good day", "label": kept(tmp_path)[0].corrected[0]}
    ]
    assert "1 text is ready to train on, 0 corrected" in texts(app)
    app = press(app, "undo_listed")
    assert not app.dataframe and "taken back" in texts(app)


def test_a_prediction_can_be_corrected_on_the_page_itself(open_app: OpenApp, tmp_path: Path):
    app = press(feedback_page(open_app()), "right")
    assert kept(tmp_path)[0].fields == {"text": MESSAGES[0]}
    assert "1 text is ready" in texts(app)


def test_a_visitor_sees_numbers_of_others_and_never_their_texts(open_app: OpenApp, tmp_path: Path):
    FeedbackLog(tmp_path / "feedback").add(
        said("a secret", ("positive",), ("negative",), catalogue=TITLE)
    )
    app = feedback_page(open_app())
    assert "1 text is ready to train on, 1 corrected" in texts(app)
    assert [one.value for one in app.metric] == ["1", "0", "1"]
    assert not app.dataframe and "a secret" not in html(app) + texts(app)


def test_the_owner_sees_all_rows_and_the_commands(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app_pages.shared.auth.is_owner", lambda: True)
    FeedbackLog(tmp_path / "feedback").add(
        said("one", ("positive",), ("negative",), catalogue=TITLE)
    )
    (tmp_path / "feedback" / "cut.jsonl").write_text('{"kind"')
    app = feedback_page(open_app())
    assert app.dataframe[0].value.to_dict("records") == [{"text": "one", "label": "positive"}]
    assert f"--model {TUNED}" in app.code[0].value
    assert "nowhere else" in texts(app)
    assert "cut off" in app.warning[0].value


def test_answers_are_sent_to_the_private_dataset_of_the_settings(
    open_app: OpenApp, hub_server: RunningHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app_pages.shared.auth.is_owner", lambda: True)
    FeedbackLog(tmp_path / "feedback").add(
        said("one", ("positive",), ("negative",), catalogue=TITLE)
    )
    repo_id = new_name()
    app = feedback_page(open_app(HF_TOKEN=hub_server.token, SPACE_FEEDBACK_REPO=repo_id))
    assert "in a private dataset of its owner" in texts(app)
    sender = widgets.feedback_sender()
    try:
        wait_for(lambda: sender.state().is_all_sent, "the sending")
    finally:
        sender.stop()
    assert f"{repo_id}: all of it is there" in texts(app.run())
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "reader")
    folder = hub.resolve(repo_id, repo_type="dataset").folder
    assert [one.fields for one in read_feedback(folder).feedback] == [{"text": "one"}]
    assert hub_server.api().repo_info(repo_id, repo_type="dataset").private


def test_labels_of_another_catalogue_are_not_counted(open_app: OpenApp, tmp_path: Path):
    FeedbackLog(tmp_path / "feedback").add(said("one", ("spam",), ("ham",), catalogue="Mail"))
    app = feedback_page(open_app())
    assert [one.value for one in app.metric] == ["0", "0", "0"]


def test_files_that_cannot_be_read_are_said(open_app: OpenApp, tmp_path: Path):
    (tmp_path / "feedback" / "a.jsonl").mkdir(parents=True)
    assert "cannot be read" in boxes(feedback_page(open_app()))


def test_several_labels_may_be_right_or_none(
    open_app: OpenApp, tiny_catalogue: Path, tmp_path: Path
):
    folder = tmp_path / "catalogue"
    folder.mkdir()
    content = yaml.safe_load((tiny_catalogue / "models.yaml").read_text("utf-8"))
    content["task"]["problem_type"] = "multi_label_classification"
    content["models"] = [{**content["models"][0], "problem_type": "multi_label_classification"}]
    (folder / "models.yaml").write_text(yaml.safe_dump(content), "utf-8")
    (folder / "messages.yaml").write_text((tiny_catalogue / "messages.yaml").read_text("utf-8"))
    app = press(analyze(open_app(SPACE_CATALOGUE=str(folder)), "a good day"), "wrong")
    assert pills(app).options == LABELS
    pills(app).set_value(LABELS[:2])
    app = press(press(app, "keep"), "undo")
    app = press(app, "wrong")
    pills(app).set_value([])
    press(app, "keep")
    (one,) = kept(tmp_path)
    assert one.corrected == () and one.problem_type == "multi_label_classification"
