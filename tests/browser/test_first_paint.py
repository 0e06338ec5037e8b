"""The first page needs no model: it is painted from stored results, whatever the Hub does."""

import re
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, screenshot
from tests.space_fixtures import MESSAGES, running_space, space_environment

HEAVY = {"torch", "transformers", "onnxruntime", "sklearn", "scipy", "accelerate", "datasets"}
NOBODY = "http://127.0.0.1:9"  # the discard port: nobody listens there
ROWS = ".st-key-results tbody tr"
FIRST_PAINT_LIMIT_S = 20.0


def painted(page: Page) -> Page:
    expect(page.locator(f"{ROWS} .text")).to_have_text(MESSAGES, timeout=30_000)
    return page


def test_first_paint_imports_no_engine(open_page: OpenPage, tiny_catalogue: Path, tmp_path: Path):
    log = tmp_path / "imports.log"
    environment = space_environment(tiny_catalogue, tmp_path / "home", NOBODY)
    # -X importtime: the interpreter writes every import of the server to stderr.
    with running_space(environment, log, python=("-X", "importtime")) as space:
        painted(open_page(space.url))
    imported = set(re.findall(r"^import time:.*\| +(\w+)", log.read_text("utf-8"), re.MULTILINE))
    assert "app_pages" in imported, "the log does not show the imports of the pages"
    assert not imported & HEAVY, imported & HEAVY


def test_without_a_hub_the_page_paints_and_says_what_is_wrong(
    open_page: OpenPage, tiny_catalogue: Path, tmp_path: Path
):
    environment = space_environment(tiny_catalogue, tmp_path / "home", NOBODY)
    started = time.monotonic()
    with running_space(environment, tmp_path / "space.log") as space:
        page = painted(open_page(space.url))
        waited_s = time.monotonic() - started
        assert waited_s < FIRST_PAINT_LIMIT_S, f"first paint after {waited_s:.1f} s"
        print(f"first paint after {waited_s:.1f} s, {space.rss_mb:.0f} MB")
        page.get_by_label("Your message").fill("anybody there?")
        page.keyboard.press("Control+Enter")
        alert = page.get_by_role("alert").first
        expect(alert).to_contain_text("cannot answer", timeout=60_000)
        expect(alert).to_contain_text("127.0.0.1:9")
        assert "Traceback" not in page.content()
        screenshot(page, "compare-no-hub")
