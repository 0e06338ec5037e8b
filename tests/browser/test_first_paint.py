"""The first page needs no model: it is painted from stored results, whatever the Hub does."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, screenshot
from tests.space_fixtures import MESSAGES, RunningSpace, running_space, space_environment

HEAVY = {"torch", "transformers", "onnxruntime", "sklearn", "scipy", "accelerate", "datasets"}
NOBODY = "http://127.0.0.1:9"  # the discard port: nobody listens there
ROWS = ".st-key-results tbody tr"
FIRST_PAINT_LIMIT_S = 20.0


def painted(page: Page) -> Page:
    expect(page.locator(f"{ROWS} .text")).to_have_text(MESSAGES)
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


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, {"width": 360}], ids=str)
def test_what_is_seen_before_any_script_is_what_the_page_then_shows(
    open_page: OpenPage, space: RunningSpace, look: dict[str, object]
):
    page = open_page("about:blank", **look)
    page.route("**/*.js", lambda route: route.abort())
    page.goto(space.url)
    view = page.locator("#first-view")
    expect(view.locator(".first-results .text")).to_have_text(MESSAGES)
    parts = (
        ".{}-hero h1",
        ".{}-answer",
        ".{}-hero li",
        ".{}-results tbody tr",
        ".{}-results thead",
    )

    def seen(prefix: str) -> list[tuple[str, float, str]]:
        found = []
        for part in parts:
            one = page.locator(part.format(prefix)).first
            box = one.bounding_box()
            assert box is not None, part
            color = one.evaluate("one => getComputedStyle(one).color")
            found.append((" ".join((one.text_content() or "").split()), box["y"], color))
        return found

    before = seen("first")
    screenshot(page, "-".join(["first-view", *map(str, look.values())]))
    page.unroute("**/*.js")
    page.reload()
    painted(page)
    expect(view).to_have_count(0)
    page.wait_for_timeout(1000)  # for the fonts
    after = seen("st-key")
    for (text, top, color), (same_text, same_top, same_color) in zip(before, after, strict=True):
        assert (text, color) == (same_text, same_color)
        assert abs(top - same_top) < 60, f"{text} jumps from {top} to {same_top}"


def test_the_first_view_takes_the_theme_of_the_address(open_page: OpenPage, space: RunningSpace):
    page = open_page("about:blank", color_scheme="light")
    page.route("**/*.js", lambda route: route.abort())
    page.goto(f"{space.url}/?__theme=dark")
    paper = page.locator("#first-view").evaluate("view => getComputedStyle(view).backgroundColor")
    assert paper == "rgb(20, 21, 17)"


def test_what_a_visitor_must_see_is_not_hidden_by_the_first_view(
    open_page: OpenPage, space: RunningSpace
):
    page = open_page(f"{space.url}/?text=a%20good%20day&models=nobody/nothing")
    expect(page.locator(".st-key-outcome")).to_be_visible(timeout=60_000)
    expect(page.locator("#first-view")).to_have_count(0)


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
