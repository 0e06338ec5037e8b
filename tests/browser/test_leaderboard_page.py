"""The leaderboard in a real browser."""

import csv
import io
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    OpenPage,
    check_look,
    open_from_menu,
)
from tests.space_fixtures import RunningSpace

LIMIT_MS = 60_000
VIEWS = {
    "Confusion": "confusion",
    "Precision and recall": "precision_recall",
    "Reliability": "reliability",
    "Thresholds": "thresholds",
}


def drawn(page: Page, key: str) -> None:
    """Wait for a chart."""
    page.locator(f".st-key-{key}_plot :is(canvas, svg.marks)").first.wait_for(timeout=LIMIT_MS)


def ready(page: Page) -> Page:
    drawn(page, "intervals")
    drawn(page, "quality_against_speed")
    page.locator(".st-key-rows_data").wait_for(timeout=LIMIT_MS)  # the last element
    return page


def view(page: Page, name: str) -> None:
    page.locator(".st-key-detail").get_by_text(name, exact=True).click()
    drawn(page, VIEWS[name])


def test_it_reads_well_at_every_width_and_in_both_modes(open_page: OpenPage, space: RunningSpace):
    page = ready(open_page(f"{space.url}/leaderboard", color_scheme="dark"))
    check_look(page, "leaderboard")


def test_every_view_behind_the_figures_reads_well(open_page: OpenPage, space: RunningSpace):
    page = ready(open_page(f"{space.url}/leaderboard", color_scheme="dark"))
    for name in VIEWS:
        view(page, name)
        check_look(page, f"leaderboard-{VIEWS[name]}", (360, 1280), modes=("dark",))


def test_tables_charts_and_columns_are_told_in_words(open_page: OpenPage, space: RunningSpace):
    page = ready(open_page(f"{space.url}/leaderboard"))
    chart = "MCC against milliseconds a message: best is Tiny, tuned with 0.61"
    page.locator(f'[aria-label^="{chart}"]').first.wait_for(state="attached", timeout=LIMIT_MS)
    table = "Quality with intervals, size and speed of every model on the frozen test set"
    page.locator(f'[aria-label="{table}"]').first.wait_for(state="attached", timeout=LIMIT_MS)
    page.get_by_text("What the columns mean").click()
    expect(page.get_by_text("0 is no better than chance")).to_be_visible()


def test_what_was_chosen_is_kept_while_another_page_is_looked_at(
    open_page: OpenPage, space: RunningSpace
):
    page = ready(open_page(f"{space.url}/leaderboard"))
    view(page, "Reliability")
    open_from_menu(page, "Trust", "Analysis")
    page.get_by_role("heading", name="Analysis").wait_for(timeout=LIMIT_MS)
    open_from_menu(page, "Trust", "Leaderboard")
    drawn(page, "reliability")


def test_the_rows_that_differ_can_be_taken_along(
    open_page: OpenPage, space: RunningSpace, tmp_path: Path
):
    page = ready(open_page(f"{space.url}/leaderboard"))
    with page.expect_download() as download:
        page.locator(".st-key-rows_data").get_by_role("button").click()
    download.value.save_as(tmp_path / "rows.csv")
    records = list(csv.DictReader(io.StringIO((tmp_path / "rows.csv").read_text("utf-8-sig"))))
    assert len(records) > 500, "the page shows 500 of them, the file holds all"
    assert all(record["Tiny, tuned"] != record["Words counted"] for record in records)
