"""The first page in a real browser: what a visitor sees, types, reads and keeps."""

import csv
from io import StringIO
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    OpenPage,
    check_look,
    open_from_menu,
    screenshot,
    settled,
)
from tests.space_fixtures import MESSAGES, RunningSpace

ROWS = ".st-key-results tbody tr"


def ready(page: Page) -> Page:
    page.locator(ROWS).first.wait_for()
    return page


def analyze(page: Page, text: str) -> None:
    before = page.locator(ROWS).count()
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Control+Enter")
    expect(page.locator(ROWS)).to_have_count(before + 1)
    # The rows come first: what is clicked below them while the page is still being drawn is lost.
    settled(page)


def test_the_table_is_there_before_anything_is_asked(open_page: OpenPage, space: RunningSpace):
    page = ready(open_page(space.url))
    expect(page.locator(f"{ROWS} .text")).to_have_text(MESSAGES)
    expect(page.locator(".st-key-results thead .model")).to_have_text(["Tiny, tuned", "Tiny, bare"])
    expect(page.get_by_text("Better: Tiny, tuned beats the best free one")).to_be_visible()


def test_a_message_is_analyzed_by_two_models_and_lands_on_top(
    open_page: OpenPage, space: RunningSpace
):
    page = ready(open_page(space.url))
    page.get_by_label("Your message").fill("what an awful service")
    page.get_by_role("button", name="Analyze").click()
    top = page.locator(ROWS).first
    expect(top.locator(".text")).to_have_text("what an awful service")
    cells = top.locator("td[data-role]")
    expect(cells).to_have_count(2)
    for index in range(2):
        values = cells.nth(index).locator(".value").all_inner_texts()
        assert len(values) == 2 and 0 <= float(values[1]) <= float(values[0]) <= 1, values
    expect(top.locator(".verdict")).to_have_text(
        "= agree"
        if len(set(top.locator(".decided .label").all_inner_texts())) == 1
        else "≠ disagree"
    )
    screenshot(page, "compare-analyzed")


def test_ctrl_enter_submits_once(open_page: OpenPage, space: RunningSpace):
    page = open_page("about:blank")
    sent: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.goto(space.url)
    ready(page)
    analyze(page, "a very good day")
    page.wait_for_timeout(1500)  # long enough for a second submission, if the key made two
    submissions = [frame for frame in sent if b"a very good day" in frame]
    assert len(submissions) == 1, submissions
    expect(page.locator(f"{ROWS} .text")).to_have_text(["a very good day", *MESSAGES])


def test_what_a_visitor_types_is_shown_and_never_run(open_page: OpenPage, space: RunningSpace):
    hostile = "<img src=x onerror=\"document.title='run'\"> **bold** :red[x] </td></table><b>b</b>"
    page = ready(open_page(space.url))
    analyze(page, hostile)
    expect(page.locator(f"{ROWS} .text").first).to_have_text(hostile)
    assert page.locator(".st-key-results").locator("img, b, strong, script").count() == 0
    assert page.title() == "Worth Tuning"


def test_history_survives_a_change_of_page(open_page: OpenPage, space: RunningSpace):
    page = ready(open_page(space.url))
    analyze(page, "kept for later")
    open_from_menu(page, "Trust", "Leaderboard")
    page.get_by_role("heading", name="Leaderboard").wait_for()
    open_from_menu(page, "Try", "Compare")
    expect(page.locator(f"{ROWS} .text").first).to_have_text("kept for later")
    expect(page.get_by_label("Your message")).to_have_value("kept for later")


def test_two_visitors_never_see_each_others_texts(open_page: OpenPage, space: RunningSpace):
    one, other = ready(open_page(space.url)), ready(open_page(space.url))
    analyze(one, "a secret of the first")
    analyze(other, "a secret of the second")
    one.reload()
    ready(one)
    assert "a secret of the first" not in other.content()
    assert "a secret of the second" not in one.content()


def test_clear_forgets_the_messages_and_keeps_the_examples(
    open_page: OpenPage, space: RunningSpace
):
    page = ready(open_page(space.url))
    expect(page.get_by_role("button", name="Clear")).to_be_disabled()
    analyze(page, "soon forgotten")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(f"{ROWS} .text")).to_have_text(MESSAGES)


def test_the_download_holds_the_table_and_no_formula(
    open_page: OpenPage, space: RunningSpace, tmp_path: Path
):
    page = ready(open_page(space.url))
    analyze(page, "=1+1")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    download.value.save_as(tmp_path / "table.csv")
    records = list(csv.DictReader(StringIO((tmp_path / "table.csv").read_text("utf-8-sig"))))
    assert len(records) == 2 * (1 + len(MESSAGES)), len(records)
    assert records[0]["message"] == "'=1+1"


def test_it_reads_well_at_every_width_and_in_both_modes(open_page: OpenPage, space: RunningSpace):
    page = ready(open_page(space.url, color_scheme="dark"))
    check_look(page, "compare")


def test_every_input_has_a_label(open_page: OpenPage, space: RunningSpace):
    page = ready(open_page(space.url))
    unnamed = page.evaluate(
        "() => [...document.querySelectorAll('.stApp :is(input, textarea, select, button)')]"
        ".filter(e => e.checkVisibility() && !(e.ariaLabel || e.innerText || e.labels?.length"
        " || e.title || e.getAttribute('aria-labelledby'))).map(e => e.outerHTML.slice(0, 120))"
    )
    assert not unnamed, unnamed


def test_reduced_motion_is_respected(open_page: OpenPage, space: RunningSpace):
    page = ready(open_page(space.url, reduced_motion="reduce"))
    moving = page.evaluate(
        "() => [...document.querySelectorAll('.st-key-hero *, .st-key-results *')].filter(e => "
        "parseFloat(getComputedStyle(e).transitionDuration) > 0 || "
        "getComputedStyle(e).animationName !== 'none').length"
    )
    assert moving == 0


def closer(page: Page, text: str) -> Page:
    """The page with a message of one's own analyzed and its words asked for."""
    analyze(page, text)
    # Until then the words would be those of the example that was looked at before.
    looked_at = page.get_by_role("combobox", name="Message", exact=True)
    expect(looked_at).to_have_value(text)
    page.get_by_text("Which words moved it?").click()
    page.get_by_role("button", name="Show the words").click()
    page.locator(".st-key-words p").wait_for()
    return page


def test_a_closer_look_reads_well_at_every_width_and_in_both_modes(
    open_page: OpenPage, space: RunningSpace
):
    page = closer(ready(open_page(space.url, color_scheme="dark")), "i really love this awful day")
    page.get_by_text("Share", exact=True).click()
    page.get_by_role("button", name="Make a link").click()
    page.get_by_text("text=i+really+love").wait_for()
    check_look(page, "closer")


def test_the_words_of_a_message_are_marked_with_numbers_and_never_run(
    open_page: OpenPage, space: RunningSpace
):
    hostile = "<img/src=x/onerror=alert(1)> **awful** :red[day] good"
    page = closer(ready(open_page(space.url)), hostile)
    words = page.locator(".st-key-words")
    expect(words.locator("small").first).to_be_visible()
    numbers = words.locator("small").all_inner_texts()
    assert numbers and all(number[0] in "+−" for number in numbers), numbers
    assert words.locator("img, b, strong, script").count() == 0
    for word in ("<img/src=x/onerror=alert(1)>", "**awful**", ":red[day]"):
        assert word in words.inner_text()


def test_a_shared_link_shows_another_visitor_the_same_message_and_models(
    open_page: OpenPage, space: RunningSpace
):
    page = ready(open_page(space.url))
    page.get_by_role("button", name="Tiny, bare", exact=True).click()
    analyze(page, "what a good day")
    assert "what" not in page.url, page.url
    page.get_by_text("Share", exact=True).click()
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("code", has_text="text=what+a+good+day")
    expect(link).to_be_visible()
    assert "what" not in page.url, page.url
    other = open_page(link.inner_text())
    top = other.locator(ROWS).first
    expect(top.locator(".text")).to_have_text("what a good day")
    expect(top.locator('td[data-role="zero-shot"]')).to_have_text("not asked")
