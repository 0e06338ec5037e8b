from app_pages.shared.headline import NO_RESULTS, answer, standings_html
from inference.evaluation.leaderboard import MccDifference
from tests.boards import board, row

BETTER = MccDifference(0.1, (0.02, 0.18), "better")


def test_the_answer_is_the_verdict():
    table = board(
        row("free", role="baseline"), row("ours", title="Ours", mcc=0.6, difference=BETTER)
    )
    assert answer(table).startswith("Better: Ours beats the best free one, Free, by 0.100 MCC")


def test_what_was_not_measured_is_not_answered():
    assert answer(None) == NO_RESULTS
    assert answer(board(row("free", role="baseline"))) == NO_RESULTS


def test_standings_are_best_first_and_escaped():
    html = standings_html(
        board(row("low", title="<b>low</b>", role="zero-shot", mcc=0.2), row("ours", mcc=0.7))
    )
    assert "<b>" not in html
    assert html.index("Ours") < html.index("&lt;b&gt;low")
    assert "zero-shot, the best free one · 95 %: 0.180 to 0.220" in html


def test_every_fine_tuned_model_stands_beside_the_four_best_free_ones():
    free = [row(f"free{n}", role="baseline", mcc=n / 10) for n in range(7)]
    html = standings_html(board(*free, row("poor", mcc=-0.3)))
    assert [n for n in range(7) if f"Free{n}<" in html] == [3, 4, 5, 6]
    assert "</small> -0.300" in html and "--share: 0.000; --low: 0.000" in html


def test_an_undefined_figure_has_no_bar():
    html = standings_html(board(row("ours", mcc=None)))
    assert "</small> n/a" in html and "no interval" in html and "--share: 0.000" in html
