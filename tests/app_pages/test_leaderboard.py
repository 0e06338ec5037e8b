import shutil
from pathlib import Path

from tests.app_pages.conftest import OpenApp

PAGE = "app_pages/leaderboard.py"


def test_every_stored_row_is_shown_best_first(open_app: OpenApp):
    app = open_app().switch_page(PAGE).run()
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["title"]) == ["Tiny, tuned", "Words counted", "Tiny, bare"]
    assert list(table["size_mb"]) == [2.3, 2.3, 9.1]
    assert list(table["verdict"]) == ["better", "", ""]
    assert table["difference"][0] == "+0.110 (+0.060 to +0.160)"
    assert table["revision"][2] == "b" * 8


def test_the_charts_have_a_text_alternative_that_says_what_they_show(open_app: OpenApp):
    intervals, speed = open_app().switch_page(PAGE).run().get("vega_lite_chart")
    assert "Tiny, tuned 0.590 to 0.630; Words counted" in str(intervals.proto)
    assert "best is Tiny, tuned with 0.61, fastest is Words counted with 0.8 ms" in str(speed.proto)


def test_the_verdict_stands_above_the_table(open_app: OpenApp):
    app = open_app().switch_page(PAGE).run()
    assert app.text[0].value.startswith("Better: Tiny, tuned beats the best free one")


def test_each_label_has_its_figures_with_intervals(open_app: OpenApp):
    app = open_app().switch_page(PAGE).run()
    labels = app.dataframe[1].value
    assert list(labels["Label"]) == ["negative", "neutral", "positive"]
    assert labels["F1, 95 %"][0] == "0.480 to 0.520"
    app.selectbox(key="label_model").set_value("Tiny, bare").run()
    assert not app.exception


def test_without_stored_results_it_says_when_they_come(
    open_app: OpenApp, tiny_catalogue: Path, tmp_path: Path
):
    folder = tmp_path / "catalogue"
    shutil.copytree(tiny_catalogue, folder)
    (folder / "leaderboard.json").unlink()
    app = open_app(SPACE_CATALOGUE=str(folder)).switch_page(PAGE).run()
    assert not app.exception and not app.dataframe
    assert "No results are stored" in app.text[0].value
