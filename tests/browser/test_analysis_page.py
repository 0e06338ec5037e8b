"""The page of analysis in a real browser: the test set at first, then a visitor's own file."""

import csv
import hashlib
import io
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from inference.data.problem_types import SINGLE
from inference.models.bundle import Bundle, save_bundle
from tests.browser.conftest import (
    CONTRAST,
    WIDTHS,
    OpenPage,
    check_look,
    open_from_menu,
)
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import LABELS, RunningSpace, running_space, space_environment
from tests.tiny import WORDS

LIMIT_MS = 60_000
CHARTS = ("categories", "lengths", "scores", "map", "slices")
HOSTILE = "<img src=x onerror=\"document.title='run'\"> **bold** :red[x]"


def table(rows: int, first: str = "a good day") -> bytes:
    """A CSV of toy texts with their labels; the first text is given."""
    chance = random.Random(0)
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(("text", "label"))
    for number in range(rows):
        text = " ".join(chance.choices(WORDS, k=chance.randint(1, 30))) if number else first
        writer.writerow((text, chance.choice(LABELS)))
    return file.getvalue().encode()


@pytest.fixture(scope="module")
def space(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSpace]:
    """A Space whose owner has put the file of the test rows beside the stored answers."""
    folder = tmp_path_factory.mktemp("analysis")
    catalogue = folder / "catalogue"
    shutil.copytree(tiny_catalogue, catalogue)
    (run,) = (catalogue / "results").iterdir()
    save_bundle(Bundle(tuple(LABELS), SINGLE, max_tokens=64), run)
    (catalogue / "texts").mkdir()
    (catalogue / "texts" / "test.csv").write_bytes(content := table(2000, HOSTILE))
    receipt = json.loads((run / "run.json").read_text())
    receipt["data"]["sources"][0]["sha256"] = hashlib.sha256(content).hexdigest()
    (run / "run.json").write_text(json.dumps(receipt))
    environment = space_environment(catalogue, folder / "home", hub_server.endpoint)
    with running_space(environment, folder / "space.log") as running:
        yield running


def ready(page: Page) -> Page:
    """Wait until the last chart is drawn."""
    for name in CHARTS:
        drawn = page.locator(f".st-key-{name}_plot :is(canvas, svg.marks)")
        drawn.first.wait_for(timeout=LIMIT_MS)
    return page


def test_it_reads_well_at_every_width_and_in_both_modes(open_page: OpenPage, space: RunningSpace):
    page = ready(open_page(f"{space.url}/analysis", color_scheme="dark"))
    check_look(page, "analysis", (*WIDTHS, 390))


def test_a_file_that_was_scored_is_shown_in_place_of_the_test_set(
    open_page: OpenPage, space: RunningSpace
):
    page = ready(open_page(f"{space.url}/analysis"))
    expect(page.get_by_text("2,000 texts of the frozen test set")).to_be_visible()
    page.get_by_role("link", name="Score a file of your own").click()
    upload = page.locator("input[type=file]")
    upload.wait_for(state="attached", timeout=LIMIT_MS)
    given = {"name": "mine.csv", "mimeType": "text/csv", "buffer": table(60)}
    upload.set_input_files(given)
    page.get_by_role("button", name="Score 60 rows").click(timeout=LIMIT_MS)
    page.get_by_role("heading", name="Row by row").wait_for(timeout=LIMIT_MS)
    open_from_menu(page, "Trust", "Analysis")
    expect(page.get_by_text("60 texts of mine.csv")).to_be_visible(timeout=LIMIT_MS)
    ready(page)


def test_the_data_of_a_plot_is_a_table(open_page: OpenPage, space: RunningSpace, tmp_path: Path):
    page = ready(open_page(f"{space.url}/analysis"))
    with page.expect_download() as download:
        page.locator(".st-key-map_data").get_by_role("button").click()
    download.value.save_as(tmp_path / "map.csv")
    records = list(csv.DictReader(io.StringIO((tmp_path / "map.csv").read_text("utf-8-sig"))))
    assert len(records) == 2000 and records[0]["text"] == HOSTILE
    assert {record["decided"] for record in records} == set(LABELS)


def test_the_text_of_a_point_is_shown_on_hovering_and_never_run(
    open_page: OpenPage, space: RunningSpace
):
    page = ready(open_page(f"{space.url}/analysis", height=2000))
    chart = page.locator(".st-key-map_plot :is(canvas, svg.marks)").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    tip = page.locator("#vg-tooltip-element.visible")
    for x in range(20):
        page.mouse.move(box["x"] + box["width"] * (0.3 + 0.02 * x), box["y"] + 160)
        page.mouse.move(box["x"] + box["width"] * (0.3 + 0.02 * x), box["y"] + 162)
        if tip.count():
            break
    expect(tip).to_contain_text("decided")
    assert page.locator("#vg-tooltip-element img").count() == 0
    assert page.title() == "Worth Tuning"


def test_without_anything_to_show_it_leads_to_the_page_that_scores(
    open_page: OpenPage, tiny_catalogue: Path, hub_server: RunningHub, tmp_path: Path
):
    environment = space_environment(tiny_catalogue, tmp_path / "home", hub_server.endpoint)
    with running_space(environment, tmp_path / "space.log") as bare:
        page = open_page(f"{bare.url}/analysis")
        expect(page.get_by_text("There is nothing to analyze yet")).to_be_visible(timeout=LIMIT_MS)
        assert not page.evaluate(CONTRAST)
        page.get_by_role("link", name="Score a file").click()
        expect(page.get_by_role("heading", name="A file", exact=True)).to_be_visible(
            timeout=LIMIT_MS
        )
