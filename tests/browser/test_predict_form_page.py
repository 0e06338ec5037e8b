"""The form for one object, and the switch between catalogues, in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, check_look, screenshot
from tests.catalogue_fixtures import two_catalogues as two_catalogues  # a fixture
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import RunningSpace, running_space, space_environment

WAIT_MS = 60_000
TABLE = ".st-key-bars tbody tr"


@pytest.fixture(scope="module")
def catalogues_space(
    hub_server: RunningHub, two_catalogues: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSpace]:
    """A Space of two catalogues."""
    folder = tmp_path_factory.mktemp("catalogues-space")
    environment = space_environment(two_catalogues, folder / "home", hub_server.endpoint)
    with running_space(environment, folder / "space.log") as running:
        yield running


def form(page: Page) -> Page:
    expect(page.get_by_label("prefix")).to_be_visible(timeout=WAIT_MS)
    return page


def fill(page: Page) -> None:
    page.get_by_label("prefix").fill("rain")
    page.get_by_label("title").fill("a good raincoat")
    page.get_by_label("tag").fill("shop")
    page.get_by_label("predicted (JSON)").fill('{"rain coat": 0.37, "raincoat": "0.11"}')


def test_fields_are_filled_in_by_keyboard_alone_and_every_class_is_scored(
    open_page: OpenPage, catalogues_space: RunningSpace
):
    page = form(open_page(f"{catalogues_space.url}/predict_form"))
    page.get_by_label("prefix").focus()
    for text in ("rain", "a good raincoat", "shop", '{"rain coat": 0.37}'):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Control+Enter")
    expect(page.locator(TABLE)).to_have_count(2, timeout=WAIT_MS)
    expect(page.locator(f"{TABLE} .threshold")).to_have_count(2)
    page.get_by_text("What the model read").click()
    expect(
        page.get_by_text("rain [SEP] a good raincoat [SEP] shop [SEP] rain coat 37%")
    ).to_be_visible()


def test_a_pasted_line_keeps_its_tabs(open_page: OpenPage, catalogues_space: RunningSpace):
    page = form(open_page(f"{catalogues_space.url}/predict_form"))
    page.get_by_role("radio", name="One line of a file").click()
    line = page.get_by_label("A line, with tabs between its columns")
    line.fill('rain\t{"rain coat": 0.37}\ta good raincoat\tshop\t0')
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(TABLE)).to_have_count(2, timeout=WAIT_MS)


def test_a_mistake_is_said_beside_the_form(open_page: OpenPage, catalogues_space: RunningSpace):
    page = form(open_page(f"{catalogues_space.url}/predict_form"))
    fill(page)
    page.get_by_label("predicted (JSON)").fill("{**not JSON**")
    page.get_by_role("button", name="Predict").click()
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("'predicted' is not JSON", timeout=WAIT_MS)
    assert alert.locator("strong").count() == 0


def test_it_reads_well_at_every_width_and_in_both_modes(
    open_page: OpenPage, catalogues_space: RunningSpace
):
    page = form(open_page(f"{catalogues_space.url}/predict_form", color_scheme="dark"))
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    fill(page)
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(TABLE)).to_have_count(2, timeout=WAIT_MS)
    check_look(page, "predict-form")
    assert not errors, errors


def test_a_visitor_switches_between_catalogues_and_the_choice_holds_on_every_page(
    open_page: OpenPage, catalogues_space: RunningSpace
):
    page = open_page(catalogues_space.url)
    expect(page.get_by_text("Worth Tuning · Clicks on toys")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator(TABLE)).to_have_count(2, timeout=WAIT_MS)
    screenshot(page, "catalogues")
    page.get_by_role("radio", name="Sentiment of toys").click()
    expect(page.get_by_text("Worth Tuning · Sentiment of toys")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("link", name="All measurements").click()
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("radio", name="Sentiment of toys")).to_be_checked()
    expect(page.get_by_text("Tiny, tuned beats the best free one")).to_be_visible(timeout=WAIT_MS)


def test_a_link_brings_catalogue_text_and_models(
    open_page: OpenPage, catalogues_space: RunningSpace
):
    text = "50 % & <b>more</b> 线"
    page = open_page(
        f"{catalogues_space.url}/?catalogue=toys&model=demo%2Ftiny-bare&text={quote(text)}"
    )
    top = page.locator(".st-key-results tbody tr").first
    expect(top.locator(".text")).to_have_text(text, timeout=WAIT_MS)
    expect(top.locator(".note")).to_have_text(["not asked"])
    expect(page.get_by_label("Your message")).to_have_value(text)
