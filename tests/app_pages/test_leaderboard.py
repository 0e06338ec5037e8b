import shutil
from pathlib import Path

from tests.app_pages.conftest import OpenApp

PAGE = "app_pages/leaderboard.py"


def test_every_stored_row_is_shown_best_first(open_app: OpenApp):
    app = open_app().switch_page(PAGE).run()
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["title"]) == ["Tiny, tuned", "Tiny, bare"]
    assert list(table["size_mb"]) == [2.3, 9.1]
    assert list(table["revision"]) == ["a" * 8, "b" * 8]


def test_the_chart_has_a_text_alternative_that_says_what_it_shows(open_app: OpenApp):
    (chart,) = open_app().switch_page(PAGE).run().get("vega_lite_chart")
    assert "best is Tiny, tuned with 0.71, fastest is Tiny, tuned with 2.5 ms" in str(chart.proto)


def test_without_stored_results_it_says_when_they_come(
    open_app: OpenApp, tiny_catalogue: Path, tmp_path: Path
):
    folder = tmp_path / "catalogue"
    shutil.copytree(tiny_catalogue, folder)
    (folder / "leaderboard.json").unlink()
    app = open_app(SPACE_CATALOGUE=str(folder)).switch_page(PAGE).run()
    assert not app.exception and not app.dataframe
    assert "No results are stored" in app.text[0].value
