"""The second page in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CONTRAST, OVERFLOW, WIDTHS, OpenPage, screenshot
from tests.space_fixtures import RunningSpace


def ready(page: Page) -> Page:
    page.locator("[role=graphics-document], svg.marks").first.wait_for(timeout=30_000)
    page.wait_for_timeout(500)
    return page


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_it_reads_well_at_every_width_and_in_both_modes(
    open_page: OpenPage, space: RunningSpace, color_scheme: str
):
    page = ready(open_page(f"{space.url}/leaderboard", color_scheme=color_scheme))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)  # the chart is drawn anew
        assert not (overflow := page.evaluate(OVERFLOW)), (width, overflow)
        assert not (too_faint := page.evaluate(CONTRAST)), (width, too_faint)
        screenshot(page, f"leaderboard-{color_scheme}-{width}")


def test_table_and_chart_have_a_name_for_those_who_cannot_see_them(
    open_page: OpenPage, space: RunningSpace
):
    page = ready(open_page(f"{space.url}/leaderboard"))
    chart = "MCC against milliseconds a message: best is Tiny, tuned with 0.61"
    assert page.locator(f'[aria-label^="{chart}"]').count() >= 1
    table = "Quality with intervals, size and speed of every model on the frozen test set"
    assert page.locator(f'[aria-label="{table}"]').count() >= 1


def test_each_column_is_explained_in_plain_words(open_page: OpenPage, space: RunningSpace):
    page = ready(open_page(f"{space.url}/leaderboard"))
    page.get_by_text("What the columns mean").click()
    expect(page.get_by_text("0 is no better than chance")).to_be_visible()
