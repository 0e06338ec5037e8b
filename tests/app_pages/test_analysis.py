import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from inference.batch.scored_file import ScoredFile
from inference.evaluation import stored_results
from tests.app_pages.conftest import OpenApp
from tests.scored_files import write_scored
from tests.space_fixtures import TUNED

PAGE = "app_pages/analysis.py"
CHARTS = ("categories", "lengths", "scores", "map", "slices")


@pytest.fixture
def scored(tmp_path: Path) -> ScoredFile:
    return write_scored(tmp_path / "scored.parquet", rows=200, rejected=(3,), repo_id=TUNED)


def open_page(open_app: OpenApp, file: ScoredFile | None, **environment: str) -> AppTest:
    app = open_app(**environment)
    app.session_state.scored_file = file
    return app.switch_page(PAGE).run()


def said(app: AppTest) -> str:
    assert not app.exception, app.exception
    return "\n".join(element.value for element in (*app.text, *app.caption))


def alts(app: AppTest) -> str:
    """What all charts say in words."""
    return "\n".join(chart.proto.alt for chart in app.get("vega_lite_chart"))


def test_without_a_scored_file_it_says_what_to_do(open_app: OpenApp):
    app = open_page(open_app, None)
    assert "There is nothing to analyze yet. Score a file first" in said(app)
    assert not app.get("vega_lite_chart")


def test_a_scored_file_is_shown_from_all_sides(open_app: OpenApp, scored: ScoredFile):
    app = open_page(open_app, scored)
    assert "199 texts of shops <b>.csv, scored by Tiny, tuned." in said(app)
    assert "1 of 200 rows have no scores" in said(app)
    assert len(app.get("vega_lite_chart")) == len(CHARTS)
    for told in (
        "Share of each label in training and truth and decided",
        "Words in a text of training and this file",
        "Strongest score in test set and this file",
        "199 texts as points",
        "Share decided right: ",
    ):
        assert told in alts(app), alts(app)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"config": {}}', "data is absent, expected an object"),
        ('{"config": {}, "data": {"sources": 3}}', "data.sources is 3, expected a list"),
        ("{", "it is not valid JSON"),
    ],
)
def test_a_damaged_receipt_is_told_by_its_key(
    open_app: OpenApp, scored: ScoredFile, tiny_catalogue: Path, tmp_path: Path, content, said
):
    catalogue = shutil.copytree(tiny_catalogue, tmp_path / "catalogue")
    run = stored_results.folder_of(catalogue, TUNED)
    (run / "run.json").write_text(content)
    app = open_page(open_app, scored, SPACE_CATALOGUE=str(catalogue))
    assert not app.exception and len(app.error) == 1
    shown = app.error[0].value.replace("\\", "")
    assert "run.json is no receipt of a run: " in shown and said in shown
    assert "fetch the run again, or train again" in shown


def test_every_plot_offers_its_data(open_app: OpenApp, scored: ScoredFile):
    app = open_page(open_app, scored)
    keys = {button.key for button in app.get("download_button")}
    assert {f"{name}_data" for name in (*CHARTS, "drift", "new_words")} <= keys, keys


def test_what_has_moved_by_more_than_chance_is_named(open_app: OpenApp, scored: ScoredFile):
    app = open_page(open_app, scored)
    table = app.dataframe[0].value
    findings = dict(zip(table["What"], table["Finding"], strict=True))
    assert findings["Words in a text"] == "has moved", table
    assert "By more than chance: words in a text against training" in said(app)


def test_new_and_missing_words_stand_against_training(open_app: OpenApp, scored: ScoredFile):
    app = open_page(open_app, scored)
    new, missing = (set(frame.value["Word"]) for frame in app.dataframe[1:3])
    assert "awful" in new and missing == {"an", "umbrella"}, (new, missing)


def test_slices_follow_the_column_and_the_share_that_are_chosen(
    open_app: OpenApp, scored: ScoredFile
):
    app = open_page(open_app, scored)
    by = app.selectbox(key="slice_by")
    assert by.options == ["Words in the text", "label", "shop", "price"]
    by.set_value("shop").run()
    app.selectbox(key="slice_measure").select_index(3).run()
    assert "Share decided positive: south 40% of 67; north" in alts(app)
    app.selectbox(key="slice_by").set_value("price").run()
    assert alts(app).count(" to ") >= 4


def test_the_scores_of_one_label_can_be_chosen(open_app: OpenApp, scored: ScoredFile):
    app = open_page(open_app, scored)
    app.selectbox(key="scores_of").select_index(2).run()
    assert "Score of neutral in test set and this file" in alts(app)


def test_without_truth_decisions_are_counted(open_app: OpenApp, tmp_path: Path):
    file = write_scored(tmp_path / "scored.parquet", label_fields=(), repo_id=TUNED)
    app = open_page(open_app, file)
    assert app.selectbox(key="slice_measure").options[0] == "decided negative"
    assert "in training and decided" in alts(app)


def test_a_model_whose_training_is_unknown_leaves_the_file_alone(open_app: OpenApp, tmp_path: Path):
    file = write_scored(tmp_path / "scored.parquet", repo_id="somebody/else")
    app = open_page(open_app, file)
    assert "What this model was trained on is not stored here" in said(app)
    assert "words of the training texts are not stored" in said(app)
    assert len(app.get("vega_lite_chart")) == len(CHARTS)


def test_a_file_that_is_gone_gets_a_box(open_app: OpenApp, scored: ScoredFile):
    scored.path_parquet.unlink()
    app = open_page(open_app, scored)
    assert not app.exception and "no longer stored" in app.error[0].value.replace("\\", "")


def test_it_is_read_once_for_as_long_as_it_stays_the_same(
    open_app: OpenApp, scored: ScoredFile, tmp_path: Path
):
    app = open_page(open_app, scored)
    _, rows = app.session_state.analyzed
    app.selectbox(key="scores_of").select_index(2).run()
    assert app.session_state.analyzed[1] is rows
    app.session_state.scored_file = write_scored(tmp_path / "other.parquet", repo_id=TUNED)
    assert "60 texts of" in said(app.run())


def test_texts_can_be_placed_by_their_meaning(open_app: OpenApp, scored: ScoredFile):
    app = open_page(open_app, scored)
    app.segmented_control(key="map_by").set_value("similar in meaning").run()
    assert "Tiny, bare reads 199 texts for this" in said(app)
    assert "as points" not in alts(app)
    app.button(key="draw_map").click().run()
    assert not app.error, app.error
    assert "199 texts as points" in alts(app)
    app.selectbox(key="scores_of").select_index(2).run()
    assert "199 texts as points" in alts(app), "the map is kept"


def test_a_map_of_meanings_without_a_hub_gets_a_box(open_app: OpenApp, scored: ScoredFile):
    app = open_page(open_app, scored, HF_ENDPOINT="http://127.0.0.1:9")
    app.segmented_control(key="map_by").set_value("similar in meaning").run()
    app.button(key="draw_map").click().run()
    assert not app.exception and "127.0.0.1:9" in app.error[0].value.replace("\\", "")
