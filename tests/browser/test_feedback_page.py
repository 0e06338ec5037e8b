"""Corrections in a real browser: said on the first page, listed, taken back, ready for training."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from inference.feedback.log import read_feedback
from tests.browser.conftest import (
    CONTRAST,
    MODES,
    OVERFLOW,
    WIDTHS,
    OpenPage,
    check_look,
    open_from_menu,
    screenshot,
    settled,
    turn,
)
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import MESSAGES, RunningSpace, running_space, space_environment

VERDICTS = ".st-key-verdicts"
WAIT_MS = 60_000


def ready(page: Page) -> Page:
    """The page once it is drawn to its end."""
    expect(page.locator(VERDICTS).get_by_role("button", name="Right")).to_be_visible(
        timeout=WAIT_MS
    )
    return settled(page)


def to_feedback(page: Page) -> Page:
    open_from_menu(page, "Improve", "Feedback")
    page.get_by_role("heading", name="What will enter the next run").wait_for(timeout=WAIT_MS)
    return settled(page)


def correct(page: Page) -> str:
    """Say that the model is wrong on the message that is looked at; the label that is chosen."""
    verdicts = page.locator(VERDICTS)
    verdicts.get_by_role("button", name="Wrong").click()
    label = verdicts.get_by_role("radio").first
    chosen = label.inner_text()
    label.click()
    verdicts.get_by_role("button", name="Keep my answer").click()
    expect(verdicts.get_by_text(f"Kept: you say {chosen}.")).to_be_visible(timeout=WAIT_MS)
    settled(page)
    return chosen


def test_a_correction_is_kept_listed_downloaded_and_taken_back(
    open_page: OpenPage, space: RunningSpace, tmp_path: Path
):
    hostile = "<img src=x onerror=\"document.title='run'\"> **bold** :red[x]"
    page = ready(open_page(space.url))
    page.get_by_label("Your message").fill(hostile)
    page.get_by_role("button", name="Analyze").click()
    expect(page.locator(".st-key-results tbody .text").first).to_have_text(hostile, timeout=WAIT_MS)
    label = correct(settled(page))
    to_feedback(page)
    given = page.locator(".st-key-own_feedback")
    expect(given.locator(".text")).to_have_text(hostile)
    assert given.locator("img, script, strong").count() == 0
    with page.expect_download() as download:
        page.get_by_role("button", name="Download for training").click()
    download.value.save_as(tmp_path / "next.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "next.jsonl").read_text("utf-8").splitlines()]
    assert rows == [{"text": hostile, "label": label}]
    given.get_by_role("button", name="Take it back").click()
    expect(given.get_by_text("taken back")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Download for training")).to_have_count(0)


def test_answers_outlive_a_killed_server_and_are_in_no_log(
    open_page: OpenPage, hub_server: RunningHub, tiny_catalogue: Path, tmp_path: Path
):
    environment = space_environment(tiny_catalogue, tmp_path / "home", hub_server.endpoint)
    with running_space(environment, tmp_path / "first.log") as space:
        correct(ready(open_page(space.url)))
        space.process.kill()
    (one,) = read_feedback(tmp_path / "home" / "feedback").feedback
    assert one.fields == {"text": MESSAGES[0]}
    log = (tmp_path / "first.log").read_text("utf-8")
    assert '"event": "feedback kept"' in log and MESSAGES[0] not in log
    with running_space(environment, tmp_path / "second.log") as space:
        page = ready(open_page(f"{space.url}/feedback"))
        expect(page.get_by_text("1 text is ready to train on")).to_be_visible(timeout=WAIT_MS)


def test_it_reads_well_at_every_width_and_in_both_modes(open_page: OpenPage, space: RunningSpace):
    page = ready(open_page(f"{space.url}/feedback", color_scheme="dark"))
    expect(page.get_by_text("None yet.")).to_be_visible()
    correct(page)
    page.locator("[role=graphics-document], svg.marks").first.wait_for(timeout=WAIT_MS)
    check_look(page, "feedback", (*WIDTHS, 390))


def test_the_choice_of_labels_is_legible_in_both_modes(open_page: OpenPage, space: RunningSpace):
    page = ready(open_page(space.url, width=360, color_scheme="dark"))
    page.locator(VERDICTS).get_by_role("button", name="Wrong").click()
    page.locator(VERDICTS).get_by_role("radio").first.click()
    for mode in MODES:
        turn(settled(page), mode)
        assert not (overflow := page.evaluate(OVERFLOW)), overflow
        assert not (too_faint := page.evaluate(CONTRAST)), too_faint
        screenshot(page, f"verdicts-{mode}-360")
