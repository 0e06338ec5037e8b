"""The page of searches in a real browser: a real search, live, and its pictures."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from inference.runs.runs import Run, Runs
from inference.runs.study import save_study
from tests.browser.conftest import OpenPage, check_look, screenshot
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import RunningSpace, owner_space
from tests.studies import study
from tests.tiny import make_tiny_model
from tests.training.toy import write_toy_csv
from tests.waiting import wait_for

LIMIT_MS = 120_000


def make_run(home: Path, runs: str, texts: int = 150) -> Run:
    """A run over toy tweets whose settings are chosen; one of an earlier try is gone."""
    shutil.rmtree(home / runs, ignore_errors=True)
    data = write_toy_csv(home / f"{runs}.csv", texts)
    base = home / "base"
    if not base.exists():
        make_tiny_model(base, labels=None)
    run = Runs(home / runs).make("tweets", "tweets.csv", data)
    chosen = {"text_fields": ["text"], "label_fields": ["label"], "num_train_epochs": 2}
    run.configure({**chosen, "model_name_or_path": str(base), "max_seq_length": 32})
    return run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tuner")


@pytest.fixture(scope="module")
def searched(home: Path, hub_server: RunningHub, tiny_catalogue: Path) -> Iterator[RunningSpace]:
    """A Space with a search that has ended."""
    save_study(study(), make_run(home, "ended").tuning)
    with owner_space(home, hub_server, tiny_catalogue, "ended") as space:
        yield space


def shown(page: Page) -> Page:
    page.get_by_role("heading", name="Tune a model").wait_for(timeout=LIMIT_MS)
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=LIMIT_MS)
    return page


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_it_reads_well_at_every_width_and_in_both_modes(
    open_page: OpenPage, searched: RunningSpace, color_scheme: str
):
    page = shown(open_page(f"{searched.url}/tuning", color_scheme=color_scheme))
    check_look(page, "tuning", modes=(color_scheme,))


def test_every_picture_is_drawn_by_plotly_and_told_in_words(
    open_page: OpenPage, searched: RunningSpace
):
    page = shown(open_page(f"{searched.url}/tuning"))
    for view, said in (
        ("Importance", "Importance of the settings by fANOVA: most"),
        ("Course of the trials", "MCC after each validation of 7 trials"),
        ("All settings", "Settings and MCC of 4 complete trials"),
        ("One by one", "MCC over each setting"),
        ("Two together", "MCC over learning_rate and class_weights"),
    ):
        page.get_by_role("radio", name=view).or_(
            page.get_by_role("button", name=view, exact=True)
        ).first.click()
        expect(page.get_by_text(said)).to_be_visible(timeout=LIMIT_MS)
        page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=LIMIT_MS)
        screenshot(page, f"tuning-{view.lower().replace(' ', '-')}")


@pytest.mark.timeout(600)  # most of it is the start of processes
def test_a_search_runs_is_watched_stopped_and_carried_on(
    open_page: OpenPage, home: Path, hub_server: RunningHub, tiny_catalogue: Path
):
    # large enough for a trial of seconds: a search ends by itself when ten in turn gain nothing
    run = make_run(home, "live", texts=3000)
    with owner_space(home, hub_server, tiny_catalogue, "live") as space:
        page = open_page(f"{space.url}/tuning")
        page.get_by_role("heading", name="Tune a model").wait_for(timeout=LIMIT_MS)
        page.get_by_role("spinbutton", name="Trials in all").fill("400")
        page.get_by_role("button", name="Start the search").click()
        shown(page)
        expect(page.get_by_text("of 400, at most about")).to_be_visible(timeout=LIMIT_MS)
        screenshot(page, "tuning-running")
        page.get_by_role("button", name="Stop the search").click()
        expect(page.get_by_text(re.compile("^Tuning was stopped"))).to_be_visible(timeout=LIMIT_MS)
        tried = len(run.study.trials)
        page.get_by_role("spinbutton", name="Trials in all").fill(str(tried + 1))
        page.get_by_role("button", name="Carry on with the search").click()
        expect(page.get_by_text(re.compile("^On test, looked at once"))).to_be_visible(
            timeout=LIMIT_MS
        )
        expect(page.get_by_text(re.compile(r"^Tuned \("))).to_be_visible(timeout=LIMIT_MS)
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_text(re.compile(r"^Published \("))).to_be_visible(timeout=LIMIT_MS)
    wait_for(lambda: Runs(home / "live").at_work() is None, "the release")
    assert run.is_tuned and len(run.study.trials) == tried + 1
    files = hub_server.api().list_repo_files("demo/tweets")
    assert {"results/study/study.json", "results/study/trials.csv"} <= set(files)
