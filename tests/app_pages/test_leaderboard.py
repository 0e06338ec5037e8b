import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from inference.data.problem_types import MULTI, SINGLE
from inference.evaluation import stored_results
from inference.evaluation.leaderboard import MccDifference, save_leaderboard
from inference.models.bundle import Bundle, save_bundle
from tests.app_pages.conftest import OpenApp
from tests.results_files import write_results
from tests.space_fixtures import LABELS, TUNED, leaderboard
from tests.tiny import make_tiny_model

PAGE = "app_pages/leaderboard.py"


@pytest.fixture
def page(open_app: OpenApp) -> AppTest:
    app = open_app().switch_page(PAGE).run()
    assert not app.exception, app.exception
    return app


def alts(app: AppTest) -> list[str]:
    """What each chart says in words."""
    return [str(chart.proto.alt) for chart in app.get("vega_lite_chart")]


def said(app: AppTest) -> str:
    assert not app.exception, app.exception
    return "\n".join(text.value for text in app.text)


def test_every_stored_row_is_shown_best_first(page: AppTest):
    table = page.dataframe[0].value
    assert list(table["title"]) == ["Tiny, tuned", "Words counted", "Tiny, bare"]
    assert list(table["size_mb"]) == [2.3, 2.3, 9.1]
    assert list(table["verdict"]) == ["better", "", ""]
    assert table["difference"][0] == "+0.110 (+0.060 to +0.160)"
    assert table["revision"][2] == "b" * 8


def test_the_charts_have_a_text_alternative_that_says_what_they_show(page: AppTest):
    intervals, speed = alts(page)
    assert "Tiny, tuned 0.590 to 0.630; Words counted" in intervals
    assert "best is Tiny, tuned with 0.61, fastest is Words counted with 0.8 ms" in speed


def test_the_verdict_stands_above_the_table(page: AppTest):
    assert page.text[0].value.startswith("Better: Tiny, tuned beats the best free one")
    assert "int8 against float32" not in said(page), "only one of them was measured"


def test_what_the_int8_copy_costs_is_said_where_its_original_was_measured_too(
    open_app: OpenApp, tiny_catalogue: Path, tmp_path: Path
):
    folder = copied(tiny_catalogue, tmp_path)
    cost = MccDifference(-0.004, (-0.0121, 0.0033), "cannot tell")
    save_leaderboard(replace(leaderboard(), int8=cost), folder / "leaderboard.json")
    app = open_app(SPACE_CATALOGUE=str(folder)).switch_page(PAGE).run()
    assert "-0.0040 MCC (95 % interval of the difference -0.0121 to +0.0033)" in said(app)


def test_each_label_has_its_figures_with_intervals(page: AppTest):
    labels = page.dataframe[1].value
    assert list(labels["Label"]) == ["negative", "neutral", "positive"]
    assert labels["F1, 95 %"][0] == "0.480 to 0.520"
    page.selectbox(key="label_model").set_value("Tiny, bare").run()
    assert not page.exception


def test_table_and_charts_follow_the_measure_that_is_chosen(page: AppTest):
    page.selectbox(key="board_measure").set_value("ece").run()
    assert alts(page)[0].startswith("Calibration error with its 95 % interval")
    assert any("Down is better" in caption.value for caption in page.caption)


def test_kinds_of_models_can_be_left_out(page: AppTest):
    page.pills(key="board_roles").set_value(["fine-tuned", "baseline"]).run()
    assert list(page.dataframe[0].value["title"]) == ["Tiny, tuned", "Words counted"]
    page.pills(key="board_roles").set_value([]).run()
    assert "choose at least one kind" in said(page) and not page.dataframe


def test_one_model_alone_cannot_be_compared(page: AppTest):
    page.pills(key="board_roles").set_value(["fine-tuned"]).run()
    assert "It takes two models" in said(page)


@pytest.mark.parametrize(
    ("view", "told"),
    [
        ("Confusion", "of 2,000 rows on the diagonal"),
        ("Precision and recall", "Precision against recall: negative falls to 0.3"),
        ("Reliability", "How often scores of a height are right"),
        ("Thresholds", "negative: MCC is highest"),
    ],
)
def test_behind_the_figures_lie_curves_of_the_stored_answers(page: AppTest, view: str, told: str):
    page.segmented_control(key="detail").set_value(view).run()
    assert told in alts(page)[-1], said(page)


def test_no_label_chosen_says_what_to_do(page: AppTest):
    page.segmented_control(key="detail").set_value("Precision and recall").run()
    page.pills(key="curve_labels").set_value([]).run()
    assert "0 labels are chosen; choose one to 6" in said(page)


def test_rows_on_which_two_models_differ_are_listed_by_who_is_right(page: AppTest):
    counts = {metric.label: int(metric.value.replace(",", "")) for metric in page.metric}
    assert sum(counts.values()) == 2000
    page.segmented_control(key="rows_view").set_value("Only the first is right").run()
    table = page.dataframe[-1].value
    assert len(table) == min(500, counts["Only the first is right"])
    assert (table["Truth"] == table["Tiny, tuned"]).all()
    assert (table["Truth"] != table["Words counted"]).all()
    assert table["Row"].str.match(r"test.csv:\d+").all()
    assert "Tiny, tuned is right on more of them" in said(page)


def test_a_model_is_not_compared_with_itself(page: AppTest):
    page.selectbox(key="second_model").set_value("Tiny, tuned").run()
    assert "These are the same model" in said(page)


def copied(catalogue: Path, to: Path) -> Path:
    shutil.copytree(catalogue, to / "catalogue")
    return to / "catalogue"


def test_a_catalogue_without_answers_says_so_and_shows_the_rest(
    open_app: OpenApp, tiny_catalogue: Path, tmp_path: Path
):
    folder = copied(tiny_catalogue, tmp_path)
    shutil.rmtree(folder / "results")
    app = open_app(SPACE_CATALOGUE=str(folder)).switch_page(PAGE).run()
    assert "said of each row is not stored here" in said(app) and len(alts(app)) == 2
    app.segmented_control(key="detail").set_value("Reliability").run()
    assert said(app).count("said of each row is not stored here") == 2


def test_damaged_answers_get_a_box_in_their_section(
    open_app: OpenApp, tiny_catalogue: Path, tmp_path: Path
):
    folder = copied(tiny_catalogue, tmp_path)
    (path,) = folder.glob("results/*/results/predictions/torch.parquet")
    path.write_bytes(b"broken")
    app = open_app(SPACE_CATALOGUE=str(folder)).switch_page(PAGE).run()
    assert len(app.error) == 1 and "is no parquet file" in app.error[0].value.replace("\\", "")
    assert len(alts(app)) == 2


def test_without_stored_results_it_says_when_they_come(
    open_app: OpenApp, tiny_catalogue: Path, tmp_path: Path
):
    folder = copied(tiny_catalogue, tmp_path)
    (folder / "leaderboard.json").unlink()
    app = open_app(SPACE_CATALOGUE=str(folder)).switch_page(PAGE).run()
    assert not app.exception and not app.dataframe
    assert "No results are stored" in app.text[0].value


def test_of_several_labels_at_once_each_has_its_matrix_and_its_threshold(
    open_app: OpenApp, tiny_catalogue: Path, tmp_path: Path
):
    folder = copied(tiny_catalogue, tmp_path)
    models = (folder / "models.yaml").read_text("utf-8")
    (folder / "models.yaml").write_text(models.replace(SINGLE, MULTI), "utf-8")
    board = replace(leaderboard(), problem_type=MULTI)
    save_leaderboard(board, folder / "leaderboard.json")
    repo = write_results(make_tiny_model(tmp_path / "repo", LABELS, MULTI), board)
    thresholds = (0.31, 0.42, 0.53)
    save_bundle(Bundle(tuple(LABELS), MULTI, max_tokens=64, thresholds=thresholds), repo)
    stored_results.keep(repo, folder, TUNED)
    app = open_app(SPACE_CATALOGUE=str(folder)).switch_page(PAGE).run()
    app.segmented_control(key="detail").set_value("Confusion").run()
    app.selectbox(key="confusion_label").set_value("positive").run()
    assert "of 2,000 rows on the diagonal" in alts(app)[-1], said(app)
    app.segmented_control(key="detail").set_value("Thresholds").run()
    assert "0.31 is used, chosen on validation" in alts(app)[-1], said(app)
    app.selectbox(key="label_model").set_value("Words counted").run()
    assert "is used" not in alts(app)[-1], "a baseline stores no thresholds"
