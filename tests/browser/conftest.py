"""Chromium from Debian's package, and one Space for all browser tests of a worker."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from inference.core.errors import ConfigError
from space_config.chromium import find, launched
from space_config.screenshots import rest
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import PROJECT, RunningSpace, running_space, space_environment

ARTEFACTS = PROJECT / "test-artefacts"
# Nothing is held to the pictures, and they take a third of the time of these tests.
PICTURES = "TEST_PICTURES" in os.environ
WIDTHS = (1280, 768, 360)
# The paper of each mode. A page is opened in the dark; then the system turns light, which the app
# follows at once: to open it anew costs a second or two of JavaScript.
MODES = {"dark": "rgb(20, 21, 17)", "light": "rgb(251, 249, 245)"}
# Where nothing else is said. Playwright's own 5 s for an expectation are too few on a machine whose
# other workers train.
LIMIT_MS = 60_000
SERIOUS = ("serious", "critical")  # of what axe-core finds
# Opened below "/", Streamlit 1.67 looks for its server there too, and takes the one that answers.
LOOKED_FOR = re.compile(r"/\w+/_stcore/(health|host-config)$")
# Each is a function for page.evaluate that returns what is wrong.
CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
OVERFLOW = """() => document.documentElement.scrollWidth <= innerWidth ? []
  : [...document.querySelectorAll(".stApp *")]
    .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)
    .map((e) => e.outerHTML.slice(0, 80))"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


# Not for the session: while Playwright runs, its event loop stands in the way of asyncio.run in the
# tests of other files on the same worker.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium; without one the test is skipped, and fails under CI=true."""
    try:
        find()
    except ConfigError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{error}; CI=true asks for the browser tests")
        pytest.skip(f"{error}: the browser tests are skipped")
    expect.set_options(timeout=LIMIT_MS)
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def space(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSpace]:
    """A Space over two tiny models of the loopback Hub."""
    folder = tmp_path_factory.mktemp("space")
    environment = space_environment(tiny_catalogue, folder / "home", hub_server.endpoint)
    environment["SPACE_MAX_REQUESTS_PER_MINUTE"] = "10000"  # all visitors here have one address
    with running_space(environment, folder / "space.log") as running:
        yield running


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Opens a URL as a visitor of its own: `open_page(url, width=360, color_scheme="dark")`."""
    contexts = []

    def open_(url: str, width: int = 1280, height: int = 900, **options: object) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(LIMIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()


def open_from_menu(page: Page, section: str, title: str) -> None:
    """Go to another page of the app as a person does."""
    page.get_by_role("button", name=section, exact=True).click()
    page.get_by_role("menuitem", name=title, exact=True).click()


def settled(page: Page) -> Page:
    """The page of a Space once its script has ended and all that it draws is there."""
    rest(page, limit_ms=LIMIT_MS)
    return page


def turn(page: Page, mode: str) -> None:
    """Let the system that the browser runs on be dark or light, and the page follow."""
    page.emulate_media(color_scheme=mode)  # type: ignore[arg-type]
    expect(page.locator(".stApp")).to_have_css("background-color", MODES[mode])
    page.wait_for_timeout(500)  # colours fade


def check_look(
    page: Page, name: str, widths: Sequence[int] = WIDTHS, modes: Sequence[str] = tuple(MODES)
) -> None:
    """Hold a page in each mode and at every width.

    Nothing beyond its edge, no text too faint, no barrier that axe-core finds.
    """
    for mode in modes:
        turn(page, mode)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            page.mouse.move(0, 0)  # a tooltip would fade in and out
            page.wait_for_timeout(500)  # charts are drawn anew
            settled(page)
            assert not (overflow := page.evaluate(OVERFLOW)), (mode, width, overflow)
            assert not (too_faint := page.evaluate(CONTRAST)), (mode, width, too_faint)
            screenshot(page, f"{name}-{mode}-{width}")
        assert not (found := barriers(page)), "\n".join([mode, *found])


def barriers(page: Page) -> list[str]:
    """What axe-core calls serious or critical: rule, and the elements concerned."""
    # The list of pages that Streamlit 1.67 lays over a narrow window is its own, and not built of
    # list items alone.
    context = {"exclude": [["[data-testid=stSidebarNavItems]"]]}
    found = Axe().run(page, context=context).response["violations"]
    return [
        f"{one['id']}: {[node['html'][:120] for node in one['nodes'][:3]]}"
        for one in found
        if one["impact"] in SERIOUS
    ]


def screenshot(page: Page, name: str) -> None:
    """Keep the whole page as test-artefacts/NAME.png, where pictures are asked for."""
    if not PICTURES:
        return
    size = page.viewport_size
    assert size is not None, "a page without a viewport"
    # The page scrolls inside an element of its own, so the window must be as high as its content.
    # A data frame scrolls by itself: its rows are not all to be drawn.
    heights = """() => Math.max(...[...document.querySelectorAll("*")]
      .filter((e) => !e.closest(".stDataFrame")).map((e) => e.scrollHeight))"""
    page.set_viewport_size({"width": size["width"], "height": page.evaluate(heights) + 40})
    page.wait_for_timeout(300)
    page.screenshot(path=ARTEFACTS / f"{name}.png")
    page.set_viewport_size(size)


def looked_at(open_page: OpenPage, url: str) -> tuple[list[str], list[str]]:
    """Barriers of a page in both modes, and what its console or its requests should not show."""
    page = open_page("about:blank", color_scheme="dark")
    errors: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        address = said.location.get("url", "")
        if said.type == "error" and not LOOKED_FOR.search(address):
            errors.append(f"{said.text} {address}")

    def notice(request: Request) -> None:
        if urlsplit(request.url).netloc not in (home, ""):  # "" for data: and blob:
            errors.append(f"asks another site: {request.url}")

    home = urlsplit(url).netloc
    page.on("console", hear)
    page.on("request", notice)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    settled(page)
    found = []
    for mode in MODES:
        turn(page, mode)
        found += [f"{mode}: {one}" for one in barriers(settled(page))]
    return found, errors
