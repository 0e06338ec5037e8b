from app_pages.board.board_table import MEASURES, rank_rows, results_frame, rows_by_title
from tests.boards import row


def test_the_best_comes_first_and_what_is_undefined_last():
    rows = [row("low", mcc=0.1, ece=0.1), row("none", mcc=None), row("high", mcc=0.9, ece=0.3)]
    names = [found.model.name for found in rank_rows(rows, "mcc")]
    assert names == ["high", "low", "none"]
    assert rank_rows(rows, "ece")[0].model.name == "low", "less error is better"


def test_two_models_of_one_title_are_told_apart_by_their_repos():
    rows = [row("a", title="MiniLM", repo_id="me/a"), row("b", title="MiniLM", repo_id="me/b")]
    assert list(rows_by_title([*rows, row("c", title="Other")])) == [
        "MiniLM · me/a",
        "MiniLM · me/b",
        "Other",
    ]


def test_the_table_has_a_column_for_every_measure():
    table = results_frame(rows_by_title([row("a")]))
    assert set(MEASURES) <= set(table.columns) and table["mcc_interval"][0] == "0.480 to 0.520"
