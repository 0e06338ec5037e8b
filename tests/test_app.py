import pytest
from streamlit.testing.v1 import AppTest

from tests.app_pages.conftest import open_app  # noqa: F401 (the fixture)

pytestmark = pytest.mark.slow


def test_the_app_opens_on_the_question_and_every_page_runs(open_app):  # noqa: F811
    app: AppTest = open_app()
    assert app.title[0].value.replace("\N{NON-BREAKING HYPHEN}", "-") == "Was fine-tuning worth it?"
    for page in ("app_pages/leaderboard.py", "app_pages/compare.py"):
        app.switch_page(page).run()
        assert not app.exception, (page, app.exception)


def test_a_new_visitor_starts_with_an_empty_history(open_app):  # noqa: F811
    assert open_app().session_state.history == ()
