"""Pictures of every page of a Space that runs, for docs/: light, and the first page in more.

Needs Chromium (Debian's package) and playwright, which the tests install. Each picture shows what a
visitor sees after the first useful step: a message analyzed, a file scored, a question answered.

    make demo DEMO_ARGS=--chat                                      # in another terminal
    python -m space_config.screenshots http://localhost:8501 docs
    python -m space_config.screenshots http://localhost:8501 docs chat about    # these two alone
"""

import argparse
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from hub.errors import UserError
from inference.core.errors import ConfigError, run_command
from space_config import chromium

try:
    from playwright.sync_api import Browser, Page, expect
    from playwright.sync_api import Error as BrowserError
except ModuleNotFoundError:
    raise SystemExit(
        "error: pictures need the package playwright, which is not installed; run `make setup` "
        "and use .venv/bin/python"
    ) from None

PROJECT = Path(__file__).parent.parent
MESSAGE = "The crew was lovely, but we landed two hours late and nobody said why."
QUESTION = "Who are you?"
FILE = """text
"Lovely crew, smooth flight, home early!"
"Two hours late and nobody says why."
"How do I change the seat of my booking?"
"Lost my bag for the second time this year. Great."
"Boarding at gate 12 from 9:40."
"Thank you for the upgrade, it made our anniversary."
"""
_WIDTH, _HEIGHT, _PHONE = 1280, 900, 390
_LIMIT_MS = 120_000  # the first answer may have to load a model
_STILL = ".stApp[data-test-script-state=notRunning]"
_UNFINISHED = "[data-testid=stSkeleton], [data-stale=true]"
_NOTHING = re.compile("Page not found|There is nothing to tune yet")


def analyzed(page: Page) -> None:
    """The first page with a message on top of its examples."""
    rows = page.locator(".st-key-results tbody tr")
    before = rows.count()
    page.get_by_label("Your message").fill(MESSAGE)
    page.get_by_role("button", name="Analyze").click()
    expect(rows).to_have_count(before + 1, timeout=_LIMIT_MS)


def scored(page: Page) -> None:
    """The page of files with the answers for a small one."""
    upload = {"name": "messages.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    page.locator("input[type=file]").set_input_files(upload)  # type: ignore[arg-type]
    page.get_by_role("button", name=re.compile(r"Score \d+ rows")).click(timeout=_LIMIT_MS)
    page.get_by_role("heading", name="Row by row").wait_for(timeout=_LIMIT_MS)


def talked(page: Page) -> None:
    """The page of the chat with both answers to a question, judged as they can be then."""
    box = page.get_by_test_id("stChatInputTextArea")
    expect(box).to_be_enabled(timeout=_LIMIT_MS)
    box.fill(QUESTION)
    box.press("Enter")
    expect(page.locator("[class*=st-key-chat_answer_]")).to_have_count(2, timeout=_LIMIT_MS)
    expect(page.locator(".st-key-chat_stop")).to_have_count(0, timeout=_LIMIT_MS)


FIRST, CHAT = "compare", "chat"
STEPS: dict[str, Callable[[Page], None]] = {FIRST: analyzed, "predict_file": scored, CHAT: talked}


@dataclass(frozen=True)
class Shot:
    """A picture to be: a page by the name of its file, in one mode and one width."""

    page: str
    is_dark: bool = False
    width: int = _WIDTH

    @property
    def file_name(self) -> str:
        dark, phone = "-dark" * self.is_dark, "-phone" * (self.width == _PHONE)
        return f"{self.page}{dark}{phone}.png"


def take(url: str, folder: Path, pages: Collection[str] = ()) -> list[Path]:
    """Write NAME.png of every page that the Space at `url` shows; return the files.

    pages: the only ones to take, by the names of their files; none: all of them.

    Raises:
        UserError: there is no such page or no browser, or a page does not come to rest.
    """
    names = re.findall(r'"app_pages/(\w+)\.py"', (PROJECT / "app.py").read_text("utf-8"))
    if unknown := ", ".join(sorted({*pages} - {*names})):
        raise ConfigError(f"there is no page {unknown}; the pages are {', '.join(names)}")
    folder.mkdir(parents=True, exist_ok=True)
    shots = [
        *(Shot(name) for name in names),
        Shot(FIRST, is_dark=True),
        Shot(FIRST, width=_PHONE),
    ]
    shots = [shot for shot in shots if not pages or shot.page in pages]
    with chromium.launched() as browser:
        return [path for shot in shots if (path := _shoot(browser, url, shot, folder))]


def _shoot(browser: Browser, url: str, shot: Shot, folder: Path) -> Path | None:
    """Take one picture; None for a page that is not offered, or that has nothing to show yet."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": _HEIGHT},
        color_scheme="dark" if shot.is_dark else "light",
    )
    try:
        return _picture(context.new_page(), url, shot, folder)
    except (BrowserError, AssertionError) as error:  # the latter is what expect raises
        reason = str(error).strip().splitlines()[0]
        raise UserError(
            f"the page {shot.page} of {url} did not come to rest: {reason}. See that the Space "
            "runs and that its pages open in a browser, then try again."
        ) from error
    finally:
        context.close()


def _picture(page: Page, url: str, shot: Shot, folder: Path) -> Path | None:
    page.goto(f"{url}/{'' if shot.page == FIRST else shot.page}")
    rest(page)
    if page.get_by_text(_NOTHING).count():
        return None
    if shot.page in STEPS:
        STEPS[shot.page](page)
        rest(page)
    # The page scrolls inside an element of its own: the window must be as high as its content.
    # Left out: a data frame, which scrolls by itself and need not be drawn whole, and Plotly, which
    # measures its letters far below the page.
    heights = """() => Math.max(...[...document.querySelectorAll("*")]
      .filter(e => !e.closest(".stDataFrame, .js-plotly-plot, #js-plotly-tester"))
      .map(e => e.scrollHeight))"""
    page.set_viewport_size({"width": shot.width, "height": page.evaluate(heights) + 40})
    rest(page)
    page.mouse.move(0, 0)  # away from the button of the last step
    page.wait_for_timeout(700)  # charts are drawn anew in the new size
    path = folder / shot.file_name
    page.screenshot(path=path)
    return path


def rest(page: Page, limit_ms: int = _LIMIT_MS) -> None:
    """Wait until the script has ended and all that it draws is there.

    Raises:
        AssertionError: it takes longer.
    """
    # until then there may be two headings, that of the first view and the page's
    expect(page.locator("#first-view")).to_have_count(0, timeout=limit_ms)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=limit_ms)
    expect(page.locator(_STILL)).to_be_visible(timeout=limit_ms)
    expect(page.locator(_UNFINISHED)).to_have_count(0, timeout=limit_ms)


def main() -> None:
    """Take the pictures of the Space that the flags name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="where the Space runs, such as http://localhost:8501")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("page", nargs="*", help="the only pages to take, such as chat")
    flags = parser.parse_args()
    for path in take(flags.url.rstrip("/"), flags.folder, flags.page):
        print(f"{path}  {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    run_command(main)
