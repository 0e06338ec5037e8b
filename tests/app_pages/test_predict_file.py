"""The file page: a file is taken, scored in the background, judged and looked through."""

import json
import threading
import time

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app_pages.shared.widgets import job_queue
from inference.data import formats
from inference.jobs.queue import Job, JobState
from tests.app_pages.conftest import NOBODY, OpenApp, boxes
from tests.space_fixtures import BARE, MESSAGES, TUNED

PAGE = "app_pages/predict_file.py"
LIMIT_S = 60
TEXTS = ["i love it", "so bad", "", "a calm day"]
TRUTH = ["positive", "negative", "neutral", "neutral"]


@pytest.fixture
def page(open_app: OpenApp):
    def open_(**environment: str) -> AppTest:
        return open_app(**environment).switch_page(PAGE).run()

    return open_


def csv_of(**columns) -> bytes:
    return pd.DataFrame(columns).to_csv(index=False).encode()


def upload(app: AppTest, content: bytes, name: str = "reviews.csv") -> AppTest:
    return app.file_uploader(key="file").upload(name, content).run()


def score(app: AppTest) -> AppTest:
    """Press the button and wait for the job, as a visitor who stays does."""
    app.button(key="file_score").click().run()
    if app.session_state.file_job is not None:
        assert app.session_state.file_job.wait(LIMIT_S)
    return app.run()


def held_up() -> threading.Event:
    """Have the jobs of all visitors wait until what is returned is set."""
    may_go_on = threading.Event()

    def held():
        assert may_go_on.wait(LIMIT_S)
        yield

    job_queue().submit(held)
    return may_go_on


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in app.text)


def test_the_page_takes_a_file_of_every_ending(page):
    assert tuple(page().file_uploader(key="file").proto.type) == formats.SUFFIXES


def test_an_empty_page_says_what_it_takes_and_offers_the_examples(page):
    app = page(SPACE_MAX_ROWS="1234")
    (caption, *_) = [one.value for one in app.caption]
    assert "10 MB, 1,234 rows and 10,000 characters" in caption and not boxes(app)
    app.button(key="file_example").click().run()
    assert "examples.csv: 3 rows, 1 column" in texts(app)
    app = score(app)
    assert not boxes(app) and f"3 of 3 rows scored by {TUNED}" in texts(app)


def test_a_file_with_labels_is_scored_and_judged(page):
    app = upload(page(), csv_of(id=range(4), text=TEXTS, label=TRUTH))
    assert "reviews.csv: 4 rows, 3 columns divided by commas, UTF-8" in texts(app)
    assert [box.value for box in app.multiselect] == [["text"], ["label"]]
    app = score(app)
    assert not boxes(app)
    file = app.session_state.scored_file
    assert (file.rows, file.rejected, file.label_fields) == (4, 1, ("label",))
    assert "3 of 4 rows" in texts(app) and "1 could not be" in texts(app)
    assert [metric.label for metric in app.metric] == ["MCC", "Macro-F1", "Accuracy"]
    rows = app.dataframe[-1].value
    assert list(rows["text"]) == TEXTS and rows["Decided"][2] == "rejected: no text in 'text'"


def test_the_scores_are_those_of_the_first_page(page):
    app = score(upload(page(), csv_of(text=MESSAGES)))
    frame = pd.read_parquet(app.session_state.scored_file.path_parquet)
    app.switch_page("app_pages/compare.py").run()
    app.text_area(key="message").set_value(MESSAGES[0])
    app.button(key="analyze").click().run()
    cell = app.session_state.history[0].comparison.cells[0][0]
    assert frame.loc[0, "decided"] == cell.decided[0]
    assert [frame.loc[0, name] for name in frame if name.startswith("score:")] == pytest.approx(
        cell.scores, abs=1e-5
    )


def test_a_visitor_who_went_to_another_page_finds_the_scores(page):
    app = upload(page(), csv_of(text=MESSAGES))
    app.button(key="file_score").click().run()
    app.switch_page("app_pages/leaderboard.py").run()
    assert app.session_state.file_job.wait(LIMIT_S)
    app.run()
    assert app.session_state.scored_file.rows == len(MESSAGES)
    app.switch_page(PAGE).run()
    assert "3 of 3 rows scored" in texts(app)


def test_rows_can_be_narrowed_to_a_view(page):
    app = score(upload(page(), csv_of(text=TEXTS, label=TRUTH)))
    app.selectbox(key="file_view").set_value("rejected").run()
    assert list(app.dataframe[-1].value["Row"]) == [3]
    app.selectbox(key="file_view").set_value("mistakes").run()
    mistakes = app.session_state.file_result.grade.wrong
    assert list(app.dataframe[-1].value["Row"]) == [row + 1 for row in mistakes]


def test_a_stopped_file_goes_on_when_asked(page):
    app = upload(page(), csv_of(text=MESSAGES))
    may_go_on = held_up()
    app.button(key="file_score").click().run()
    job = app.session_state.file_job
    assert job.state is JobState.WAITING and not [
        one for one in app.button if one.key == "file_score"
    ]
    job.stop()
    assert job.wait(LIMIT_S) and job.state is JobState.STOPPED
    app.run()
    assert "Stopped after 0 of 3 rows, which are kept." in texts(app)
    app.button(key="file_go_on").click().run()
    may_go_on.set()
    again = app.session_state.file_job
    assert again.wait(LIMIT_S) and again.state is JobState.DONE
    assert "3 of 3 rows scored" in texts(app.run())


def test_a_job_that_ends_while_the_page_is_drawn_is_shown(page, monkeypatch):
    app = upload(page(), csv_of(text=MESSAGES))
    may_go_on = held_up()
    app.button(key="file_score").click().run()
    is_over = Job.is_over.fget

    def ends_when_asked(job: Job) -> bool:
        answer = is_over(job)
        may_go_on.set()
        while not is_over(job):
            time.sleep(0.01)
        return answer

    monkeypatch.setattr(Job, "is_over", property(ends_when_asked))
    assert "3 of 3 rows scored" in texts(app.run())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "a.csv is empty"),
        ("a.csv", b"text\n" + b"x\n" * 6, "a.csv has more than 5 rows"),
        ("a.parquet", b"no parquet", "a.parquet is not a parquet file"),
        ("a.csv", b"PK\x03\x04xlsx", "is an archive: zip"),
        ("a.csv", b"text,text\nx,y\n", "several columns named 'text'"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_without_a_path(page, name, content, said):
    app = upload(page(SPACE_MAX_ROWS="5"), content, name)
    assert said in boxes(app) and "/tmp" not in boxes(app)
    app = upload(app, csv_of(text=["fine"]), "b.csv")
    assert not boxes(app) and "b.csv: 1 row," in texts(app)


def test_a_file_that_is_scored_already_is_refused(page):
    app = score(upload(page(), csv_of(text=["x"], decided=["positive"])))
    assert "already has the column(s) decided" in boxes(app)
    assert app.session_state.scored_file is None


def test_one_column_cannot_be_text_and_label(page):
    app = upload(page(), csv_of(text=["positive"], label=["positive"]))
    app.multiselect[-1].set_value(["text"])
    app.button(key="file_score").click().run()
    assert "A column is named twice" in boxes(app) and app.session_state.file_job is None


def test_a_model_that_cannot_be_fetched_is_told_and_can_be_tried_again(page):
    app = score(upload(page(HF_ENDPOINT=NOBODY), csv_of(text=["x"])))
    assert "The file could not be scored" in boxes(app) and app.button(key="file_score")


def test_a_file_without_a_header_gets_numbered_columns(page):
    app = upload(page(), b"a good day\t1\na bad day\t2\n" * 5, "a.tsv")
    app.checkbox(key="file_has_header").uncheck().run()
    assert app.session_state.upload.columns == ("column 1", "column 2")
    assert app.session_state.upload.survey.rows == 10


def test_other_models_read_the_same_column(page):
    app = upload(page(), json.dumps({"id": 7, "text": "a good day"}).encode(), "a.jsonl")
    (model,) = [box for box in app.selectbox if box.label == "Model"]
    model.set_value(BARE)
    app = score(app)
    assert not boxes(app)
    file = app.session_state.scored_file
    assert (file.repo_id, file.text_fields, file.rejected) == (BARE, ("text",), 0)
