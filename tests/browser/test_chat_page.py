"""A conversation in a real browser: streamed, stopped, judged, and beside it the other pages."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from inference.feedback import opinions
from tests.browser.conftest import OpenPage, check_look, looked_at, open_from_menu, settled
from tests.chat_fixtures import talking_catalogue as talking_catalogue  # a fixture
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import RunningSpace, running_space, space_environment

WAIT_MS = 60_000
LONG = 31  # presses of a key that make an answer as long as the page allows
ANSWERS = "[data-testid=stChatMessage]"
# By its key: while a page is drawn, Streamlit shows a button of this name itself.
STOP = ".st-key-chat_stop button"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the Space keeps what it is told."""
    return tmp_path_factory.mktemp("talking-space") / "home"


@pytest.fixture(scope="module")
def talking(hub_server: RunningHub, talking_catalogue: Path, home: Path) -> Iterator[RunningSpace]:
    """A Space with a chat of two tiny models."""
    environment = space_environment(talking_catalogue, home, hub_server.endpoint)
    with running_space(environment, home.with_name("space.log")) as running:
        yield running


def opened(open_page: OpenPage, space: RunningSpace, **options: object) -> Page:
    page = open_page(f"{space.url}/chat", **options)
    return settled(page)


def length(page: Page, presses: int) -> None:
    """Ask for an answer as long as the slider says after some presses of a key from its least."""
    page.get_by_text("How they answer").click()
    slider = page.get_by_role("slider", name="Length at most, in tokens")
    slider.press("Home")
    for _ in range(presses):
        slider.press("ArrowRight")
    page.get_by_text("How they answer").click()


def say(page: Page, message: str) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    expect(box).to_be_enabled(timeout=WAIT_MS)
    box.fill(message)
    box.press("Enter")


def answered(page: Page, count: int = 2) -> None:
    """Wait until so many answers have ended."""
    ended = page.get_by_text("cut at the length you chose").or_(page.get_by_text("ended by itself"))
    expect(ended).to_have_count(count, timeout=WAIT_MS)
    settled(page)


def stop(page: Page) -> None:
    """Stop both answers; none may be left to the next test, whose visitor would wait for it."""
    page.locator(STOP).click()
    expect(page.locator(STOP)).to_have_count(0, timeout=WAIT_MS)
    settled(page)


def analyze(page: Page, message: str) -> None:
    """Ask on the first page, and see the answer."""
    page.get_by_role("button", name="Analyze").wait_for()
    settled(page).get_by_label("Your message").fill(message)
    page.get_by_role("button", name="Analyze").click()
    texts = page.locator(".st-key-results tbody .text")
    expect(texts.first).to_have_text(message, timeout=4 * WAIT_MS)


def grown(page: Page) -> None:
    """Wait until the last answer has become longer than it is now."""
    now = page.locator(ANSWERS).last.inner_text()
    longer = "(length) => [...document.querySelectorAll('[data-testid=stChatMessage]')].at(-1)"
    page.wait_for_function(f"{longer}.innerText.length > length", arg=len(now), timeout=WAIT_MS)


def test_answers_grow_while_they_are_read_and_can_be_stopped(
    open_page: OpenPage, talking: RunningSpace
):
    page = opened(open_page, talking)
    length(page, LONG)
    say(page, "Hello")
    expect(page.locator(ANSWERS)).to_have_count(3, timeout=WAIT_MS)
    for _ in range(3):
        grown(page)
    stop(page)
    expect(page.get_by_text("stopped by you")).to_have_count(2, timeout=WAIT_MS)
    say(page, "Once more")
    expect(page.locator(ANSWERS)).to_have_count(6, timeout=WAIT_MS)
    stop(page)


def test_a_thumb_does_not_stop_a_running_answer(
    open_page: OpenPage, talking: RunningSpace, home: Path
):
    page = opened(open_page, talking)
    length(page, 0)
    say(page, "A short one")
    answered(page)
    before = len(opinions.read(home / "feedback-chat"))
    length(page, LONG)
    say(page, "A long one")
    expect(page.locator(ANSWERS)).to_have_count(6, timeout=WAIT_MS)
    thumb = page.get_by_role("radio", name="Thumbs up").first
    thumb.click()
    expect(thumb).to_be_checked(timeout=WAIT_MS)
    grown(page)
    stop(page)
    assert len(opinions.read(home / "feedback-chat")) == before + 1


def test_a_second_visitor_waits_visibly_and_other_pages_stay_usable(
    open_page: OpenPage, talking: RunningSpace
):
    first, second = opened(open_page, talking), open_page(talking.url)
    analyze(second, "a bad movie")  # the first to ask loads torch, which takes a busy machine long
    open_from_menu(second, "Try", "Chat")
    settled(second)
    for page in (first, second):
        length(page, LONG)
    say(first, "Hello")
    expect(first.locator(ANSWERS)).to_have_count(3, timeout=WAIT_MS)
    say(second, "Me too")
    waiting = second.get_by_text("In the queue: 1 answer is before this one")
    expect(waiting).to_have_count(2, timeout=WAIT_MS)
    open_from_menu(second, "Try", "Compare")
    analyze(second, "a good movie")
    open_from_menu(second, "Try", "Chat")
    if first.locator(STOP).is_visible():
        stop(first)
    expect(waiting).to_have_count(0, timeout=WAIT_MS)
    stop(second)


def test_what_is_written_and_said_stays_plain_text_and_can_be_taken_away(
    open_page: OpenPage, talking: RunningSpace, tmp_path: Path
):
    hostile = "<img src=x onerror=\"document.title='run'\"> **bold** ![x](http://127.0.0.1:9/x.png)"
    page = opened(open_page, talking)
    length(page, 0)
    say(page, hostile)
    answered(page)
    shown = page.locator(ANSWERS).first
    expect(shown).to_contain_text("**bold**")
    assert page.locator(f"{ANSWERS} img[src], {ANSWERS} [data-testid=stText] a").count() == 0
    with page.expect_download() as download:
        page.get_by_role("button", name="Download JSONL").click()
    download.value.save_as(tmp_path / "talk.jsonl")
    talks = [json.loads(line) for line in (tmp_path / "talk.jsonl").read_text().splitlines()]
    assert [talk["messages"][0] for talk in talks] == [{"role": "user", "content": hostile}] * 2
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Nothing said yet.")).to_be_visible(timeout=WAIT_MS)


def test_it_reads_well_at_every_width_and_in_both_modes(open_page: OpenPage, talking: RunningSpace):
    page = opened(open_page, talking, color_scheme="dark")
    expect(page.get_by_text("Nothing said yet.")).to_be_visible(timeout=WAIT_MS)
    check_look(page, "chat-empty", (1280, 390))
    length(page, 3)
    say(page, "Who are you?")
    answered(page)
    check_look(page, "chat", (1280, 768, 390, 360))


def test_no_barrier_no_console_error_and_no_other_site(open_page: OpenPage, talking: RunningSpace):
    found, errors = looked_at(open_page, f"{talking.url}/chat")
    assert not found, "\n".join(found)
    assert not errors, errors
