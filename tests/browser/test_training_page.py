"""The owner's page in a real browser: from a file to a trained model, with real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from inference.runs import process
from inference.runs.progress import read_progress
from inference.runs.runs import CHECK, TRAIN, Run, Runs
from tests.browser.conftest import OpenPage, check_look, screenshot
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import RunningSpace, owner_space
from tests.tiny import make_tiny_model
from tests.training.toy import write_toy_csv
from tests.waiting import wait_for

LIMIT_MS = 120_000


@pytest.fixture(scope="module")
def home(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A folder with toy texts, a tiny model to start from, and the runs."""
    folder = tmp_path_factory.mktemp("owner")
    with write_toy_csv(folder / "tweets.csv", 150).open("a") as file:
        file.write("the same text,negative\nthe same text,positive\n")
    make_tiny_model(folder / "base", labels=None, layers=1)
    yield folder
    runs = Runs(folder / "runs")
    if (name := runs.at_work()) is not None:
        runs.find(name).stop()
        wait_for(lambda: runs.at_work() is None, "the end of the last command")


def ready(page: Page) -> Page:
    page.get_by_role("heading", name="Train a model").wait_for(timeout=LIMIT_MS)
    return page


def upload(page: Page, home: Path, name: str) -> None:
    page.locator("input[type=file]").set_input_files(home / "tweets.csv")
    page.get_by_role("textbox", name="Name of the run").fill(name)
    expect(page.get_by_text("tweets.csv")).to_be_visible(timeout=LIMIT_MS)  # uploaded
    page.get_by_role("button", name="Look at the data").click()
    expect(page.get_by_text("tweets.csv: 152 rows, 2 columns")).to_be_visible(timeout=LIMIT_MS)


def choose_columns(page: Page, home: Path, epochs: int) -> None:
    for label, column in (("Text", "text"), ("Label", "label")):
        box = page.get_by_role("combobox", name=label, exact=True)
        box.click()
        page.get_by_role("option", name=column, exact=True).click()
        page.keyboard.press("Escape")
    page.get_by_role("textbox", name="Pretrained model").fill(str(home / "base"))
    page.get_by_role("spinbutton", name="Passes over the texts").fill(str(epochs))


LOSS = '[aria-label^="Loss from"]'


def test_a_training_is_stopped_and_carried_on_by_another_server(
    open_page: OpenPage, home: Path, hub_server: RunningHub, tiny_catalogue: Path
):
    run = Runs(home / "runs").folder / "tweets-a" / "output"
    with owner_space(home, hub_server, tiny_catalogue, "runs") as space:
        page = ready(open_page(f"{space.url}/training"))
        page.locator("input[type=file]").wait_for(state="attached", timeout=LIMIT_MS)
        screenshot(page, "training-new")
        upload(page, home, "tweets-a")
        choose_columns(page, home, epochs=1000)
        page.get_by_role("button", name="Start the training").click()
        page.locator(LOSS).first.wait_for(timeout=LIMIT_MS)
        screenshot(page, "training-running")
        page.get_by_role("button", name="Stop the run").click()
        expect(page.get_by_text("Training was stopped")).to_be_visible(timeout=LIMIT_MS)
    stopped_at = read_progress(run).share
    assert stopped_at is not None and 0 < stopped_at < 1, stopped_at
    with owner_space(home, hub_server, tiny_catalogue, "runs") as space:  # which remembers nothing
        page = ready(open_page(f"{space.url}/training"))
        page.get_by_role("button", name="Carry on with the training").click()
        wait_for(lambda: (read_progress(run).share or 0) > stopped_at, "the way on")
        page.reload()
        expect(page.get_by_text("then it is measured")).to_be_visible(timeout=LIMIT_MS)
        page.get_by_role("button", name="Stop the run").click()
        expect(page.get_by_text("Training was stopped")).to_be_visible(timeout=LIMIT_MS)


@pytest.fixture(scope="module")
def trained(
    home: Path, hub_server: RunningHub, tiny_catalogue: Path
) -> Iterator[tuple[RunningSpace, Run]]:
    """A Space whose newest run was checked and trained by the commands that its page starts."""
    run = Runs(home / "finished").make("trained", "tweets.csv", home / "tweets.csv")
    chosen = {"text_fields": ["text"], "label_fields": ["label"], "num_train_epochs": 6}
    run.configure({**chosen, "model_name_or_path": str(home / "base"), "max_seq_length": 32})
    for kind in (CHECK, TRAIN):
        run.start(kind)
        wait_for(lambda: run.work.state != process.RUNNING, kind, LIMIT_MS / 1000)
        assert run.work.state == process.DONE, (run.folder / process.LOG).read_text("utf-8")
        wait_for(lambda: process.at_work(run.folder.parent) is None, "the release")
    with owner_space(home, hub_server, tiny_catalogue, "finished") as space:
        yield space, run


def shown(page: Page) -> Page:
    ready(page).get_by_text("Trained (").wait_for(timeout=LIMIT_MS)
    page.locator(LOSS).first.wait_for(timeout=LIMIT_MS)
    page.locator('[aria-label^="Texts by label"]').first.wait_for(timeout=LIMIT_MS)
    return page


def test_it_reads_well_at_every_width_and_in_both_modes(
    open_page: OpenPage, trained: tuple[RunningSpace, Run]
):
    page = shown(open_page(f"{trained[0].url}/training", color_scheme="dark"))
    check_look(page, "training")


def test_a_trained_model_shows_its_verdict_and_is_published(
    open_page: OpenPage, trained: tuple[RunningSpace, Run], hub_server: RunningHub
):
    page = shown(open_page(f"{trained[0].url}/training"))
    expect(page.get_by_role("heading", name="Is it better?")).to_be_visible()
    expect(page.get_by_text("Findings: 1 warning")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published (")).to_be_visible(timeout=LIMIT_MS)
    assert hub_server.api().repo_exists("demo/trained")
    # ---- where it lies, and what is to be done for it to be on show
    place = page.locator(".st-key-publish_published")
    expect(place).to_contain_text("Last published: demo/trained, v1")
    link = place.get_by_role("link", name="Open on the Hub")
    expect(link).to_have_attribute("href", f"{hub_server.endpoint}/demo/trained")
    place.get_by_text("Put it on show in a Space").click()
    sha = hub_server.api().model_info("demo/trained").sha
    expect(place.get_by_text(f"revision: {sha}")).to_be_visible(timeout=LIMIT_MS)
    place.get_by_text("Use it from code").click()
    expect(place.get_by_text('"demo/trained",')).to_be_visible(timeout=LIMIT_MS)
    check_look(page, "training-published", modes=("light",))
