"""The file page in a real browser: upload, progress, results, downloads, the end of a visit."""

import csv
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, check_look, screenshot
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import RunningSpace, running_space, space_environment
from tests.tiny import LABELS, WORDS

LIMIT_MS = 120_000  # the first job of a Space loads torch, which takes a busy machine long
LONG = 60_000  # rows that no machine scores before the test has looked at the progress
HOSTILE = "<img src=x onerror=\"document.title='run'\"> **bold** =1+1"


def table(rows: int) -> bytes:
    """A file with texts, labels and a row that has no text."""
    chance = random.Random(0)
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(("id", "text", "label"))
    for number in range(rows):
        text = " ".join(chance.choices(WORDS, k=12)) if number != 3 else ""
        writer.writerow((number, text, chance.choice(LABELS)))
    return file.getvalue().encode()


def ready(page: Page) -> Page:
    page.get_by_role("heading", name="A file", exact=True).wait_for(timeout=LIMIT_MS)
    page.get_by_label("Your file").wait_for(state="attached", timeout=LIMIT_MS)
    return page


def upload(page: Page, content: bytes, name: str = "reviews.csv") -> None:
    given = {"name": name, "mimeType": "text/csv", "buffer": content}
    page.locator("input[type=file]").set_input_files(given)


def score(page: Page, rows: int) -> None:
    page.get_by_role("button", name=f"Score {rows:,} rows").click(timeout=LIMIT_MS)
    page.get_by_role("heading", name="Row by row").wait_for(timeout=LIMIT_MS)


def stop(page: Page) -> None:
    # By its key: while a page is drawn, Streamlit shows a button of this name itself.
    page.locator(".st-key-file_stop button").click(timeout=LIMIT_MS)


def open_file_page(open_page: OpenPage, space: RunningSpace, **options: object) -> Page:
    return ready(open_page(f"{space.url}/predict_file", **options))


def test_it_reads_well_at_every_width_and_in_both_modes(open_page: OpenPage, space: RunningSpace):
    page = open_file_page(open_page, space, color_scheme="dark")
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    screenshot(page, "file-empty")
    upload(page, table(80))
    page.get_by_text("80 rows, 3 columns").wait_for(timeout=LIMIT_MS)
    screenshot(page, "file-chosen")
    score(page, 80)
    page.locator("[role=graphics-document], svg.marks").first.wait_for(timeout=LIMIT_MS)
    check_look(page, "file-scored")
    assert not said


def test_the_downloads_hold_every_row_and_run_nothing(
    open_page: OpenPage, space: RunningSpace, tmp_path: Path
):
    page = open_file_page(open_page, space)
    upload(page, f'text\n"{HOSTILE.replace(chr(34), chr(34) * 2)}"\n=1+1\n" "\n'.encode())
    score(page, 3)
    assert page.title() == "Worth Tuning" and page.locator(".stApp img[src=x]").count() == 0
    found = {}
    for title, ending in (("CSV", "csv"), ("JSON lines", "jsonl"), ("Parquet", "parquet")):
        with page.expect_download(timeout=LIMIT_MS) as download:
            page.get_by_role("button", name=title, exact=True).click()
        assert download.value.suggested_filename == f"reviews-scored.{ending}"
        found[ending] = tmp_path / ending
        download.value.save_as(found[ending])
    rows = list(csv.DictReader(io.StringIO(found["csv"].read_text("utf-8-sig"), newline="")))
    assert [row["text"] for row in rows] == [HOSTILE, "'=1+1", " "]
    lines = [json.loads(line) for line in found["jsonl"].read_text("utf-8").splitlines()]
    assert [line["text"] for line in lines] == [HOSTILE, "=1+1", " "]
    assert pq.read_table(found["parquet"])["text"].to_pylist() == [HOSTILE, "=1+1", " "]
    assert [line["rejected"] for line in lines] == [None, None, "no text in 'text'"]


def test_a_long_file_shows_its_progress_and_can_be_stopped_and_taken_up(
    open_page: OpenPage, space: RunningSpace
):
    page = open_file_page(open_page, space)
    upload(page, table(LONG), "long.csv")
    page.get_by_role("button", name="Score 60,000 rows").click(timeout=LIMIT_MS)
    progress = page.locator(".st-key-file_progress")
    expect(progress).to_contain_text("of 60,000 rows", timeout=LIMIT_MS)
    expect(progress).to_contain_text("left", timeout=LIMIT_MS)
    screenshot(page, "file-progress")
    stop(page)
    expect(page.locator(".st-key-file_stopped")).to_contain_text("of 60,000 rows", timeout=LIMIT_MS)
    page.get_by_role("button", name="Go on").click()
    expect(progress).to_contain_text("of 60,000 rows", timeout=LIMIT_MS)
    stop(page)
    expect(page.locator(".st-key-file_stopped")).to_be_visible(timeout=LIMIT_MS)


def test_another_visitor_waits_in_the_queue_and_is_answered_meanwhile(
    open_page: OpenPage, space: RunningSpace
):
    visitor = open_page(space.url)
    visitor.get_by_label("Your message").fill("a good day", timeout=LIMIT_MS)
    one, other = (open_file_page(open_page, space) for _ in range(2))
    upload(one, table(LONG), "long.csv")
    one.get_by_role("button", name="Score 60,000 rows").click(timeout=LIMIT_MS)
    expect(one.locator(".st-key-file_progress")).to_contain_text("of 60,000", timeout=LIMIT_MS)
    upload(other, table(20))
    other.get_by_role("button", name="Score 20 rows").click(timeout=LIMIT_MS)
    queued = other.locator(".st-key-file_progress")
    expect(queued).to_contain_text("1 file is before yours", timeout=LIMIT_MS)
    screenshot(other, "file-queued")
    visitor.get_by_role("button", name="Analyze").click()
    expect(visitor.locator(".st-key-results .text").first).to_have_text(
        "a good day", timeout=LIMIT_MS
    )
    expect(queued).to_contain_text("1 file is before yours")
    stop(one)
    other.get_by_role("heading", name="Row by row").wait_for(timeout=LIMIT_MS)


def test_a_file_over_the_limit_is_refused_before_it_is_sent(
    open_page: OpenPage, space: RunningSpace
):
    page = open_file_page(open_page, space)
    upload(page, b"text\n" + b"x" * (10 * 2**20), "big.csv")
    expect(page.get_by_text("File must be", exact=False)).to_be_visible(timeout=LIMIT_MS)
    screenshot(page, "file-too-big")


@pytest.fixture
def short_space(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path: Path
) -> Iterator[tuple[RunningSpace, Path]]:
    """A Space that ends a visit a second after the browser left, and its temporary folder."""
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    environment = space_environment(tiny_catalogue, tmp_path / "home", hub_server.endpoint)
    more = {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "1", "TMPDIR": str(rooms)}
    with running_space(environment | more, tmp_path / "space.log") as running:
        yield running, rooms


def test_the_files_of_a_visit_are_gone_when_it_ends(
    open_page: OpenPage, short_space: tuple[RunningSpace, Path]
):
    space, rooms = short_space
    page = open_file_page(open_page, space)
    upload(page, table(20))
    score(page, 20)
    assert list(rooms.rglob("upload.csv")) and list(rooms.rglob("scored.parquet"))
    page.context.close()
    other = open_file_page(open_page, space)
    for _ in range(60):
        if not list(rooms.rglob("scored.parquet")):
            break
        other.reload()
        ready(other)
        other.wait_for_timeout(500)
    assert not list(rooms.rglob("upload.csv")), list(rooms.rglob("*"))


def test_the_files_of_every_visit_are_gone_when_the_server_is_told_to_end(
    open_page: OpenPage, short_space: tuple[RunningSpace, Path]
):
    space, rooms = short_space
    page = open_file_page(open_page, space)
    upload(page, table(20))
    score(page, 20)
    assert list(rooms.rglob("upload.csv"))
    space.process.terminate()  # what an orchestrator does, while the visitor is still there
    space.process.wait(timeout=10)
    assert not list(rooms.iterdir())
